// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  JournalEntry,
  Page,
  PageQuery,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbJournalEntryRow,
  dbNow,
  dbNowOnce,
  fromDbTimeToIso,
  readPage,
  tables,
  timeOrderedId,
  toSafeError,
  Tx,
} from '../database';

/** A line to be written. */
export type NewJournalEntry = Omit<JournalEntry, 'id' | 'at'> & {
  readonly mailboxId: string;
};

/**
 * What happened to mailboxes, for people. Written from outcomes, by the loops
 * and the services, and only when something changed.
 */
export class JournalStore {
  readonly #db: Knex;
  readonly #logger: LoggerService;

  constructor(options: { db: Knex; logger: LoggerService }) {
    this.#db = options.db;
    this.#logger = options.logger;
  }

  /**
   * Writes a line. Never throws: a journal that cannot be written must not
   * stop what it tells about.
   */
  async append(entry: NewJournalEntry): Promise<void> {
    try {
      await insert(this.#db, entry);
    } catch (error) {
      this.#logger.warn('A journal entry could not be written', {
        mailboxId: entry.mailboxId,
        event: entry.event,
        reason: toSafeError(error).message,
      });
    }
  }

  /** Writes a line as part of a transaction, and with its fate. */
  async appendIn(tx: Tx, entry: NewJournalEntry): Promise<void> {
    await insert(tx, entry);
  }

  /**
   * Removes lines that are older than `ageMs`, at most `limit` of them.
   *
   * @returns how many were removed
   */
  async removeOld(options: { ageMs: number; limit: number }): Promise<number> {
    const old = this.#db<DbJournalEntryRow>(tables.journalEntries)
      .where('at', '<', dbNowOnce(this.#db, -options.ageMs))
      .orderBy('at')
      .limit(options.limit)
      .select('seq');
    return this.#db<DbJournalEntryRow>(tables.journalEntries)
      .whereIn('seq', old)
      .delete();
  }

  /** The lines of a mailbox, newest first. */
  async list(mailboxId: string, page: PageQuery): Promise<Page<JournalEntry>> {
    return readPage<DbJournalEntryRow, JournalEntry>(
      this.#db(tables.journalEntries).where({ mailbox_id: mailboxId }),
      { page, order: ['seq'], direction: 'desc', toItem: fromRow },
    );
  }
}

async function insert(db: Knex, entry: NewJournalEntry) {
  await db<DbJournalEntryRow>(tables.journalEntries).insert({
    id: timeOrderedId(),
    mailbox_id: entry.mailboxId,
    at: dbNow(db),
    event: entry.event,
    failure_code: entry.failure ?? null,
    count: entry.count ?? null,
    detail: entry.detail ?? null,
  } as {});
}

function fromRow(row: DbJournalEntryRow): JournalEntry {
  return {
    id: row.id,
    at: fromDbTimeToIso(row.at),
    event: row.event as JournalEntry['event'],
    failure: (row.failure_code ?? undefined) as JournalEntry['failure'],
    count: row.count ?? undefined,
    detail: row.detail ?? undefined,
  };
}
