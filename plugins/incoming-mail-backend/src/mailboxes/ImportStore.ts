// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  FailureCode,
  failureCodeSchema,
  MailImport,
  mailImportSchema,
  StartImport,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbImportRow,
  dbNow,
  fromDbTimeToIso,
  isUniqueViolation,
  tables,
  Tx,
} from '../database';

// The life of an import
//
// waiting ─ plan ─► running ─ advance … ─► done
//
// A visit plans it (which mails, in which numbering), and each visit reads a
// part, oldest first: how far it came moves in the transaction that stores the
// mails. It ends by having read everything, by a person who cancels it, or by
// something that no visit can mend. What has ended stays ended: every step
// names the state that it expects, so a visit that goes on after somebody
// cancelled stores nothing.

/** Thrown inside a visit's transaction when the import has ended meanwhile. */
export class ImportEndedError extends Error {
  name = 'ImportEndedError' as const;
}

/** What a visit has to know of an import. */
export interface OpenImport {
  readonly id: string;
  readonly wanted: StartImport;
  /** Absent until it is planned. */
  readonly window?: ImportWindow;
}

/** Which mails an import is about. */
export interface ImportWindow {
  /** Whose numbering the UIDs are of. */
  readonly cursorId: string;
  /** Read up to here. */
  readonly afterUid: number;
  /** What comes after was, or is, read as new mail. */
  readonly upToUid: number;
}

/** Imports of older mail, at most one under way per mailbox. */
export class ImportStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Asks for an import, which begins with the next visit.
   *
   * @throws ConflictError where one is under way
   */
  async create(options: {
    mailboxId: string;
    wanted: StartImport;
    userRef: string;
  }): Promise<MailImport> {
    const { mailboxId, wanted, userRef } = options;
    try {
      const [row] = await this.#rows()
        .insert({
          id: randomUUID(),
          mailbox_id: mailboxId,
          state: 'waiting' satisfies MailImport['state'],
          since: wanted.since ?? null,
          last_count: wanted.last ?? null,
          imported: 0,
          created_by: userRef,
          created_at: dbNow(this.#db),
        } as {})
        .returning('*');
      return fromRow(row);
    } catch (error) {
      if (isUniqueViolation(error)) {
        throw new ConflictError(
          'Older mail is being imported already; wait for it or cancel it',
        );
      }
      throw error;
    }
  }

  /** The one that was asked for last, whether or not it has ended. */
  async findLatest(mailboxId: string): Promise<MailImport | undefined> {
    const row = await this.#rows()
      .where({ mailbox_id: mailboxId })
      .orderBy('created_at', 'desc')
      .first();
    return row && fromRow(row);
  }

  /** The one that is under way. */
  async findOpen(mailboxId: string): Promise<OpenImport | undefined> {
    const row = await this.#rows()
      .where({ mailbox_id: mailboxId })
      .whereNull('finished_at')
      .first();
    return row && toOpenImport(row);
  }

  /** @throws ImportEndedError */
  async plan(
    tx: Tx,
    id: string,
    plan: ImportWindow & { readonly found: number },
  ): Promise<void> {
    await this.#change(tx, id, {
      state: 'running' satisfies MailImport['state'],
      cursor_id: plan.cursorId,
      after_uid: plan.afterUid,
      up_to_uid: plan.upToUid,
      found: plan.found,
    });
  }

  /**
   * Moves over mails, in the transaction that stores them.
   *
   * @throws ImportEndedError
   */
  async advance(
    tx: Tx,
    id: string,
    by: { readonly afterUid: number; readonly accepted: number },
  ): Promise<void> {
    await this.#change(tx, id, {
      after_uid: by.afterUid,
      imported: tx.raw('?? + ?', ['imported', by.accepted]) as never,
    });
  }

  /** @throws ImportEndedError */
  async finish(tx: Tx, id: string): Promise<void> {
    await this.#change(tx, id, {
      state: 'done' satisfies MailImport['state'],
      finished_at: dbNow(tx) as never,
    });
  }

  /** @throws ImportEndedError */
  async fail(
    tx: Tx,
    id: string,
    failure: { readonly code: FailureCode; readonly detail?: string },
  ): Promise<void> {
    await this.#change(tx, id, {
      state: 'failed' satisfies MailImport['state'],
      failure_code: failure.code,
      failure_detail: failure.detail ?? null,
      finished_at: dbNow(tx) as never,
    });
  }

  /**
   * Ends the import that is under way; what was read stays.
   *
   * @throws NotFoundError where there is none
   */
  async cancel(mailboxId: string): Promise<void> {
    if ((await this.cancelAny(this.#db, mailboxId)) === 0) {
      throw new NotFoundError('No import of older mail is under way');
    }
  }

  /** The same where there need not be one, such as for another account. */
  async cancelAny(db: Knex, mailboxId: string): Promise<number> {
    return this.#rows(db)
      .where({ mailbox_id: mailboxId })
      .whereNull('finished_at')
      .update({
        state: 'cancelled' satisfies MailImport['state'],
        finished_at: dbNow(db),
      } as {});
  }

  async #change(
    tx: Tx,
    id: string,
    columns: Partial<DbImportRow>,
  ): Promise<void> {
    const changed = await this.#rows(tx)
      .where({ id })
      .whereNull('finished_at')
      .update(columns);
    if (changed !== 1) {
      throw new ImportEndedError('The import has ended meanwhile');
    }
  }

  #rows(db: Knex = this.#db) {
    return db<DbImportRow>(tables.mailboxImports);
  }
}

function toOpenImport(row: DbImportRow): OpenImport {
  const { cursor_id: cursorId, after_uid: after, up_to_uid: upTo } = row;
  return {
    id: row.id,
    wanted: {
      since: row.since ?? undefined,
      last: row.last_count ?? undefined,
    },
    window:
      cursorId === null || after === null || upTo === null
        ? undefined
        : { cursorId, afterUid: Number(after), upToUid: Number(upTo) },
  };
}

function fromRow(row: DbImportRow): MailImport {
  return {
    id: row.id,
    state: mailImportSchema.shape.state.parse(row.state),
    since: row.since ?? undefined,
    last: row.last_count ?? undefined,
    found: row.found ?? undefined,
    imported: row.imported,
    failure:
      row.failure_code === null
        ? undefined
        : {
            code: failureCodeSchema.parse(row.failure_code),
            detail: row.failure_detail ?? undefined,
          },
    createdAt: fromDbTimeToIso(row.created_at),
    finishedAt: fromDbTimeToIso(row.finished_at),
  };
}
