// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Knex } from 'knex';
import {
  DbCursorRow,
  DbInteger,
  dbNow,
  fromDbTime,
  tables,
  Tx,
} from '../database';
import { KeyedBy } from '../transport';

/**
 * How far a folder was read while it kept its UIDVALIDITY; or, with `keyedBy`,
 * what all that is known of a POP3 mailbox hangs on.
 */
export interface Cursor {
  readonly id: string;
  /** 0 for POP3, which IMAP never has. */
  readonly uidValidity: number;
  /** POP3: what its source keys are made of; absent for IMAP. */
  readonly keyedBy?: KeyedBy;
  /** Mails up to here are not read: they were there before. */
  readonly baseUid: number;
  /** Mails up to here have been read. */
  readonly lastUid: number;
  /**
   * Mails up to here were there when the server numbered its mails anew; absent
   * where it was not seen to do so.
   */
  readonly renumberedUpTo?: number;
  /**
   * What arrived before is for a person to look at, unless it is known; only
   * where the server numbered its mails anew.
   */
  readonly reviewBefore?: Date;
  readonly createdAt: Date;
}

// Of former numberings it is only asked whether there are any. A server may
// have another one in each session (UIDNOTSTICKY, RFC 4315 section 2).
const KEPT_CURSORS = 20;

/**
 * How far mailboxes were read. A cursor moves in the transaction that stores
 * the mails it moved over, and never back.
 */
export class CursorStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** All cursors of a folder, newest first: the current one and former ones. */
  async list(mailboxId: string, folder: string): Promise<Cursor[]> {
    const rows = await this.#db<DbCursorRow>(tables.mailboxCursors)
      .where({ mailbox_id: mailboxId, folder })
      .orderBy('created_at', 'desc')
      .limit(100);
    return rows.map(fromRow);
  }

  /** Begins to read a folder after `baseUid`. */
  async create(
    tx: Tx,
    options: {
      mailboxId: string;
      folder: string;
      uidValidity: number;
      baseUid: number;
      keyedBy?: KeyedBy;
      renumberedUpTo?: number;
      reviewBefore?: Date;
    },
  ): Promise<Cursor> {
    const [row] = await tx<DbCursorRow>(tables.mailboxCursors)
      .insert({
        id: randomUUID(),
        mailbox_id: options.mailboxId,
        folder: options.folder,
        uid_validity: options.uidValidity,
        base_uid: options.baseUid,
        last_uid: options.baseUid,
        keyed_by: options.keyedBy ?? null,
        renumbered_up_to: options.renumberedUpTo ?? null,
        review_before: options.reviewBefore?.getTime() ?? null,
        created_at: dbNow(tx),
      } as {})
      .returning('*');
    return fromRow(row);
  }

  /**
   * Begins to read a folder with mail that arrives from now on, if it was
   * never read before.
   *
   * @param options.keyedBy - for a folder that has no numbering that lasts
   *   (UIDVALIDITY 0): what is known of it hangs on the cursor
   * @returns undefined where it was: reading goes on where it stopped
   */
  async createBaseline(
    tx: Tx,
    options: {
      mailboxId: string;
      folder: string;
      uidValidity: number;
      uidNext: number;
      keyedBy?: KeyedBy;
    },
  ): Promise<Cursor | undefined> {
    const { uidNext, ...folder } = options;
    const known = await tx<DbCursorRow>(tables.mailboxCursors)
      .where({ mailbox_id: folder.mailboxId, folder: folder.folder })
      .modify(query => {
        if (folder.keyedBy) {
          // What was read by IMAP says nothing of what stands here by POP3.
          query.whereNotNull('keyed_by');
        }
      })
      .first('id');
    return known
      ? undefined
      : this.create(tx, { ...folder, baseUid: uidNext - 1 });
  }

  /**
   * Forgets the oldest numberings of a folder; what hangs on them is of no use
   * any more.
   *
   * @param former - newest first
   */
  async prune(tx: Tx, former: readonly Cursor[]): Promise<void> {
    const ids = former.slice(KEPT_CURSORS).map(({ id }) => id);
    if (ids.length > 0) {
      await tx<DbCursorRow>(tables.mailboxCursors).whereIn('id', ids).delete();
    }
  }

  /** The names that a POP3 server gives do not last: digests do. */
  async keyByDigest(tx: Tx, cursorId: string): Promise<void> {
    await tx<DbCursorRow>(tables.mailboxCursors)
      .where({ id: cursorId })
      .update({ keyed_by: 'digest' satisfies KeyedBy });
  }

  /**
   * The mailbox is another account's from now on: what was read of the former
   * one says nothing. Its stored mail stays.
   */
  async forget(tx: Tx, mailboxId: string): Promise<void> {
    await this.#of(tx, mailboxId).delete();
  }

  /**
   * The account has moved to another server, which numbers its mails anew,
   * even where it happens to name the same UIDVALIDITY: the next visit looks
   * at everything again and knows by its content what was read. What is known
   * of POP3 stays: there, mail is compared by name and header at each visit.
   */
  async retire(tx: Tx, mailboxId: string): Promise<void> {
    // No server has a UIDVALIDITY below 1, so no folder is taken for one of
    // these. One generation of them is enough to know that mail was read.
    await this.#of(tx, mailboxId)
      .andWhere('uid_validity', '<', 0)
      .whereIn(
        'folder',
        this.#of(tx, mailboxId)
          .andWhere('uid_validity', '>', 0)
          .select('folder'),
      )
      .delete();
    await this.#of(tx, mailboxId)
      .andWhere('uid_validity', '>', 0)
      .update({ uid_validity: tx.raw('-??', ['uid_validity']) } as {});
  }

  /**
   * Begins a folder where another mailbox would, unless it was read before:
   * that mailbox is a draft, which knows the place from its test.
   */
  async adopt(
    tx: Tx,
    mailboxes: { readonly from: string; readonly to: string },
  ): Promise<void> {
    const { from, to } = mailboxes;
    await this.#of(tx, from)
      .whereNotIn('folder', this.#of(tx, to).select('folder'))
      .update({ mailbox_id: to });
  }

  #of(tx: Tx, mailboxId: string) {
    return tx<DbCursorRow>(tables.mailboxCursors).where({
      mailbox_id: mailboxId,
    });
  }

  /**
   * Up to which UID mail was there before a folder was read; undefined where
   * it was never read under its numbering.
   */
  async findBase(
    mailboxId: string,
    opened: { readonly folder: string; readonly uidValidity: number },
  ): Promise<number | undefined> {
    const cursors = await this.list(mailboxId, opened.folder);
    return cursors.find(
      ({ uidValidity, keyedBy }) =>
        keyedBy === undefined && uidValidity === opened.uidValidity,
    )?.baseUid;
  }

  /** Moves a cursor forward; a smaller UID leaves it where it is. */
  async advance(tx: Tx, cursorId: string, lastUid: number): Promise<void> {
    await tx<DbCursorRow>(tables.mailboxCursors)
      .where({ id: cursorId })
      .andWhere('last_uid', '<', lastUid)
      .update({ last_uid: lastUid });
  }
}

function fromRow(row: DbCursorRow): Cursor {
  return {
    id: row.id,
    uidValidity: Number(row.uid_validity),
    baseUid: Number(row.base_uid),
    lastUid: Number(row.last_uid),
    keyedBy: (row.keyed_by ?? undefined) as KeyedBy | undefined,
    renumberedUpTo: toOptional(row.renumbered_up_to, Number),
    reviewBefore: toOptional(row.review_before, fromDbTime),
    createdAt: fromDbTime(row.created_at),
  };
}

function toOptional<T>(
  value: DbInteger | null,
  to: (value: DbInteger) => T,
): T | undefined {
  return value === null ? undefined : to(value);
}
