// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import {
  DbFetchGapRow,
  dbNow,
  dbNowPlus,
  fromDbTime,
  tables,
  Tx,
} from '../database';
import { MessageSource } from '../inbox';

const MINUTE_MS = 60_000;

// Mail that a server scans may not be delivered for half an hour (Exchange
// Online, Dynamic Delivery). The last attempt comes an hour after that.
const RETRY_AFTER_MS = [5 * MINUTE_MS, 60 * MINUTE_MS] as const;

/** How often a mail is asked for before it is given up. */
export const MAX_FETCHES = RETRY_AFTER_MS.length + 1;

// More than a server that works has; the others wait.
const MAX_GAPS = 1000;

/** A mail that the server lists and did not deliver. */
export interface Gap extends MessageSource {
  readonly attempts: number;
  /** Whether it is time to ask again. */
  readonly due: boolean;
}

/**
 * Mails that reading moved over without them, as the server did not deliver
 * them. A gap is written with the cursor that moves over it, and goes when the
 * mail comes, is no longer there, or was asked for often enough.
 */
export class GapStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** The gaps under a cursor, those due longest first; at most 1,000. */
  async list(cursorId: string): Promise<Gap[]> {
    const rows: Array<DbFetchGapRow & { due: number | boolean }> =
      await this.#db<DbFetchGapRow>(tables.fetchGaps)
        .where({ cursor_id: cursorId })
        .orderBy('due_at')
        .limit(MAX_GAPS)
        .select(
          '*',
          this.#db.raw('?? <= ? as due', ['due_at', dbNow(this.#db)]),
        );
    return rows.map(row => ({
      sourceKey: row.source_key,
      sizeBytes: Number(row.size_bytes),
      receivedAt:
        row.received_at === null ? undefined : fromDbTime(row.received_at),
      attempts: row.attempts,
      due: Boolean(row.due),
    }));
  }

  /**
   * Counts a refusal of each mail, in the transaction that moves over them.
   *
   * @returns those that were asked for often enough; they are no gaps any more
   */
  async count<T extends MessageSource>(
    tx: Tx,
    cursorId: string,
    refused: readonly T[],
  ): Promise<T[]> {
    const lost: T[] = [];
    for (const source of refused) {
      const { sourceKey } = source;
      const row = await tx<DbFetchGapRow>(tables.fetchGaps)
        .where({ cursor_id: cursorId, source_key: sourceKey })
        .first('attempts');
      const attempts = (row?.attempts ?? 0) + 1;
      if (attempts >= MAX_FETCHES) {
        lost.push(source);
        await this.remove(tx, cursorId, [sourceKey]);
      } else {
        await tx<DbFetchGapRow>(tables.fetchGaps)
          .insert({
            cursor_id: cursorId,
            source_key: sourceKey,
            size_bytes: source.sizeBytes,
            received_at: source.receivedAt?.getTime() ?? null,
            attempts,
            due_at: dbNowPlus(tx, RETRY_AFTER_MS[attempts - 1]),
          } as {})
          .onConflict(['cursor_id', 'source_key'])
          .merge(['attempts', 'due_at']);
      }
    }
    return lost;
  }

  /** Mails that came after all, or have gone. */
  async remove(
    tx: Tx,
    cursorId: string,
    sourceKeys: readonly string[],
  ): Promise<void> {
    if (sourceKeys.length > 0) {
      await tx<DbFetchGapRow>(tables.fetchGaps)
        .where({ cursor_id: cursorId })
        .whereIn('source_key', [...sourceKeys])
        .delete();
    }
  }
}
