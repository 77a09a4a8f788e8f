// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Knex } from 'knex';
import { DbNoticeRow, dbNow, dbNowPlus, tables, Tx } from '../database';

/** Something that a person is told, once. */
export interface Notice {
  /** An entity ref: a person, or what the people own. */
  readonly recipientRef: string;
  /** One line, without a full stop. */
  readonly title: string;
  readonly description: string;
  /** A path in the portal. */
  readonly link?: string;
  readonly severity: 'normal' | 'high';
}

/**
 * Notices: what waits to be sent, and what was. A row is written with the
 * change that it tells of, and marked once it has been sent, so none is missed,
 * whoever dies when. Whoever sends it takes it first, for a while: a replica
 * that is just as fast sends another one, and one is sent twice only where its
 * sender died in between.
 */
export class NoticeStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Writes a notice down, to be sent soon.
   *
   * @param key - what became of what; the same a second time is no news
   * @param db - the transaction of the change that it tells of
   */
  async add(
    key: { readonly subject: string; readonly transition: string },
    notice: Notice,
    db: Knex = this.#db,
  ): Promise<void> {
    await db<DbNoticeRow>(tables.notices)
      .insert({
        id: randomUUID(),
        subject: key.subject,
        transition: key.transition,
        recipient_ref: notice.recipientRef,
        title: notice.title,
        description: notice.description,
        link: notice.link ?? null,
        severity: notice.severity,
        created_at: dbNow(db),
      } as {})
      .onConflict(['subject', 'transition'])
      .ignore();
  }

  /** The transition of a subject that is last in the order of characters. */
  async findLast(tx: Tx, subject: string): Promise<string | undefined> {
    const row = await tx<DbNoticeRow>(tables.notices)
      .where({ subject })
      .orderBy('transition', 'desc')
      .first('transition');
    return row?.transition;
  }

  /** The ids of notices that wait and that nobody is sending, oldest first. */
  async listWaiting(limit: number): Promise<string[]> {
    const rows = await this.#waiting().orderBy('created_at').limit(limit);
    return rows.map(({ id }) => id);
  }

  /**
   * Takes a notice for `holdMs`, to send it: nobody else does meanwhile.
   *
   * @returns undefined where somebody else has
   */
  async take(id: string, holdMs: number): Promise<Notice | undefined> {
    const [row] = await this.#waiting()
      .andWhere({ id })
      .update({ taken_until: dbNowPlus(this.#db, holdMs) } as {})
      .returning('*');
    return row && fromRow(row);
  }

  /** Notes that a notice was sent: it waits no more. */
  async markSent(id: string): Promise<void> {
    await this.#rows()
      .where({ id })
      .update({ sent_at: dbNow(this.#db) } as {});
  }

  /** Removes notices that are older than `ageMs`; at most `limit`. */
  async removeOld(options: { ageMs: number; limit: number }): Promise<number> {
    const old = this.#rows()
      .where('created_at', '<', dbNowPlus(this.#db, -options.ageMs))
      .orderBy('created_at')
      .limit(options.limit)
      .select('id');
    return this.#rows().whereIn('id', old).delete();
  }

  #waiting() {
    return this.#rows()
      .whereNull('sent_at')
      .andWhere(free =>
        free
          .whereNull('taken_until')
          .orWhere('taken_until', '<', dbNow(this.#db)),
      );
  }

  #rows() {
    return this.#db<DbNoticeRow>(tables.notices);
  }
}

function fromRow(row: DbNoticeRow): Notice {
  return {
    recipientRef: row.recipient_ref,
    title: row.title,
    description: row.description,
    link: row.link ?? undefined,
    severity: row.severity === 'high' ? 'high' : 'normal',
  };
}
