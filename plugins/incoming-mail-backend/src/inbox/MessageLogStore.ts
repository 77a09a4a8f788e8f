// SPDX-License-Identifier: Apache-2.0
import {
  MessageState,
  MessageSummary,
  Page,
  PageQuery,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbInboxMessageRow,
  DbInteger,
  dbNowPlus,
  readPage,
  tables,
} from '../database';
import {
  getMessageRow,
  toMessageSummary,
  toWaitingMessage,
} from './messageRows';
import { WaitingMessage } from './types';

const DAY_MS = 86_400_000;

/** What came into mailboxes and what became of it, as people see it. */
export class MessageLogStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** The mails of a mailbox for the mail log, newest first. */
  async list(
    mailboxId: string,
    page: PageQuery,
  ): Promise<Page<MessageSummary>> {
    return readPage<DbInboxMessageRow, MessageSummary>(
      this.#db(tables.inboxMessages).where({ mailbox_id: mailboxId }),
      { page, order: ['seq'], direction: 'desc', toItem: toMessageSummary },
    );
  }

  /** One mail of a mailbox. @throws NotFoundError */
  async get(mailboxId: string, messageId: string): Promise<MessageSummary> {
    return toMessageSummary(
      await getMessageRow(this.#db, mailboxId, messageId),
    );
  }

  /** What handling has to know of a mail in whatever state. @throws NotFoundError */
  async getFacts(
    mailboxId: string,
    messageId: string,
  ): Promise<WaitingMessage> {
    return toWaitingMessage(
      await getMessageRow(this.#db, mailboxId, messageId),
    );
  }

  /**
   * How many mails came in the last 24 hours, wait, are held for a person, and
   * are stored at all.
   */
  async count(mailboxId: string): Promise<{
    lastDay: number;
    waiting: number;
    held: number;
    stored: number;
  }> {
    const of = (query: Knex.QueryBuilder) =>
      query
        .from(tables.inboxMessages)
        .where({ mailbox_id: mailboxId })
        .count({ n: '*' })
        .first()
        .then((row: { n: DbInteger }) => Number(row.n));
    return {
      lastDay: await of(
        this.#db
          .queryBuilder()
          .where('accepted_at', '>', dbNowPlus(this.#db, -DAY_MS)),
      ),
      waiting: await of(this.#db.queryBuilder().where({ state: 'stored' })),
      held: await of(
        this.#db
          .queryBuilder()
          .whereIn('state', ['held', 'quarantined'] satisfies MessageState[]),
      ),
      stored: await of(this.#db.queryBuilder()),
    };
  }
}
