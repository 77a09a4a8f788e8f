// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import {
  MessageState,
  runnableStates,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbInboxMessageRow,
  DbInteger,
  dbNow,
  dbNowOnce,
  scheduleWork,
  tables,
  Tx,
} from '../database';
import { NOT_DELIVERED } from './InboxStore';
import { getMessageRow, toWaitingMessage } from './messageRows';
import { WaitingMessage } from './types';

/** How much mail waits to be handled. */
export interface Backlog {
  readonly count: number;
  /** How long the one that came first has been here; 0 where none waits. */
  readonly oldestAgeMs: number;
}

/** The mails that wait to be handled. */
export class MessageQueueStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** Mails of a mailbox whose turn has come, in the order of acceptance. */
  async listWaiting(
    mailboxId: string,
    limit: number,
  ): Promise<WaitingMessage[]> {
    const rows = await this.#db<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId, state: 'stored' })
      .andWhere('next_attempt_at', '<=', dbNowOnce(this.#db))
      .orderBy('seq')
      .limit(limit);
    return rows.map(toWaitingMessage);
  }

  /** How many mails of a mailbox wait, due or not, counted up to `limit`. */
  async countWaiting(mailboxId: string, limit: number): Promise<number> {
    const some = this.#db<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId, state: 'stored' })
      .limit(limit)
      .select('id')
      .as('some');
    const row = await this.#db
      .from(some)
      .count<{ n: DbInteger }>({ n: '*' })
      .first();
    return Number(row?.n ?? 0);
  }

  /**
   * How long until the next mail of a mailbox is to be tried again, in
   * milliseconds; undefined where none waits.
   */
  async nextAttemptInMs(mailboxId: string): Promise<number | undefined> {
    const row = await this.#db<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId, state: 'stored' })
      .min<{ wait: DbInteger | null }>({
        wait: this.#db.raw('next_attempt_at - ?', [dbNow(this.#db)]),
      } as {})
      .first();
    return row?.wait === null || row?.wait === undefined
      ? undefined
      : Math.max(0, Number(row.wait));
  }

  /** How much mail of all mailboxes waits, by one look at an index of just these. */
  async readBacklog(): Promise<Backlog> {
    const db = this.#db;
    const [row] = await db(tables.inboxMessages)
      .select<Array<{ count: DbInteger; age: DbInteger | null }>>(
        db.raw('count(*) as ??', ['count']),
        db.raw('? - min(??) as ??', [dbNow(db), 'accepted_at', 'age']),
      )
      // Not as a value: SQLite takes an index of a part of the rows only where
      // the statement itself says that it is about these.
      .where(db.raw("state = 'stored'"));
    return {
      count: Number(row.count),
      oldestAgeMs: Math.max(0, Number(row.age ?? 0)),
    };
  }

  /**
   * Has a mail that waits for a person handled again, with all its attempts
   * before it. What handlers are done with is not repeated.
   *
   * @throws NotFoundError
   * @throws ConflictError where it is neither held nor quarantined, as when
   *   somebody else has just asked for the same; or where there is nothing to
   *   handle, as the server did not deliver it or it is no longer kept
   */
  async runAgain(tx: Tx, mailboxId: string, messageId: string): Promise<void> {
    const changed = await tx<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId, id: messageId })
      .whereIn('state', [...runnableStates])
      .whereNull('raw_removed_at')
      .andWhere(ours =>
        ours
          .whereNull('failure_code')
          .orWhereNot({ failure_code: NOT_DELIVERED }),
      )
      .update({
        state: 'stored' satisfies MessageState,
        attempts: 0,
        failure_code: null,
        next_attempt_at: dbNow(tx),
        finished_at: null,
      } as {});
    if (changed === 0) {
      const row = await getMessageRow(tx, mailboxId, messageId);
      throw new ConflictError(
        row.raw_removed_at === null
          ? 'The mail is neither held nor quarantined, or was never delivered; load it again'
          : 'The mail is no longer kept, so it cannot be handled again',
      );
    }
    await scheduleWork(tx, 'process', mailboxId);
  }
}
