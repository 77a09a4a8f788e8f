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
 * change that it tells of, so none is missed; it is marked before it is sent,
 * so a replica that dies, and one that is just as fast, send none twice.
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

  /** Takes notices that wait, oldest first: nobody else sends these. */
  async takeWaiting(limit: number): Promise<Notice[]> {
    const waiting = await this.#rows()
      .whereNull('sent_at')
      .orderBy('created_at')
      .limit(limit);
    const taken: Notice[] = [];
    for (const row of waiting) {
      const marked = await this.#rows()
        .where({ id: row.id })
        .whereNull('sent_at')
        .update({ sent_at: dbNow(this.#db) } as {});
      if (marked === 1) {
        taken.push(fromRow(row));
      }
    }
    return taken;
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
