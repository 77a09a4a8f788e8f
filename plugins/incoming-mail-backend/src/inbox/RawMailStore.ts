// SPDX-License-Identifier: Apache-2.0
import { MessageState } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbInboxChunkRow,
  DbInboxMessageRow,
  DbInteger,
  dbNow,
  dbNowOnce,
  inTransaction,
  tables,
} from '../database';

/** How much mail waits to be handled. */
export interface Backlog {
  readonly count: number;
  /** How long the one that came first has been here; 0 where none waits. */
  readonly oldestAgeMs: number;
}

/**
 * The bytes of mails, apart from what is known of them: when they go, and how
 * many wait.
 */
export class RawMailStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Removes the bytes of mails that ended in one of `states` more than `ageMs`
   * ago, those that ended first first. The mails themselves stay in the mail
   * log, and so do the keys by which a second arrival is known: a mailbox that
   * still holds such a mail does not bring it again.
   *
   * A mail that somebody has handled again at this moment is not touched: both
   * name the state that they expect.
   *
   * @returns of how many mails
   */
  async removeOld(options: {
    ageMs: number;
    limit: number;
    states: readonly MessageState[];
  }): Promise<number> {
    const { ageMs, limit, states } = options;
    return inTransaction(this.#db, async tx => {
      const removable = () =>
        tx<DbInboxMessageRow>(tables.inboxMessages)
          .whereIn('state', [...states])
          .whereNull('raw_removed_at')
          .whereNotNull('finished_at');
      const old = removable()
        .andWhere('finished_at', '<', dbNowOnce(tx, -ageMs))
        .orderBy('finished_at')
        .limit(limit)
        .select('id');
      const removed: Array<{ id: string }> = await removable()
        .whereIn('id', old)
        .update({ raw_removed_at: dbNow(tx) } as {})
        .returning('id');
      if (removed.length > 0) {
        await tx<DbInboxChunkRow>(tables.inboxChunks)
          .whereIn(
            'message_id',
            removed.map(({ id }) => id),
          )
          .delete();
      }
      return removed.length;
    });
  }

  /** How much mail of all mailboxes waits, by one look at an index of just these. */
  async readBacklog(): Promise<Backlog> {
    const [row] = await selectBacklog(this.#db);
    return {
      count: Number(row.count),
      oldestAgeMs: Math.max(0, Number(row.age ?? 0)),
    };
  }
}

/** Exported for the test of its query plan. */
export function selectBacklog(db: Knex) {
  return db(tables.inboxMessages)
    .select<Array<{ count: DbInteger; age: DbInteger | null }>>(
      db.raw('count(*) as ??', ['count']),
      db.raw('? - min(??) as ??', [dbNow(db), 'accepted_at', 'age']),
    )
    .where(
      // Not as a value: SQLite takes an index of a part of the rows only where
      // the statement itself says that it is about these.
      db.raw("state = 'stored'"),
    );
}
