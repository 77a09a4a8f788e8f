// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import {
  DbKnownSourceRow,
  dbNow,
  dbNowPlus,
  ROWS_PER_STATEMENT,
  tables,
  Tx,
} from '../database';

const DAY_MS = 86_400_000;

// A name that the server has not listed for so long is not kept any more.
const FORGOTTEN_AFTER_MS = 90 * DAY_MS;

const MAX_DIGESTS = 10_000;

/** A mail that is not to be read, as it was there before or was read. */
export interface KnownSource {
  readonly sourceKey: string;
  readonly sizeBytes: number;
  /** See `headDigest`. */
  readonly headDigest?: string;
}

/**
 * What is known of POP3 mailboxes, where no cursor can say what was read. A
 * row is written in the transaction that stores its mail, and outlives it: a
 * mail that was removed here and is still there does not come again.
 */
export class KnownSourceStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Which of these names are known, with their sizes; a mail of another size
   * under a known name is another mail (RFC 1939 section 7 lets a server give
   * a name again).
   *
   * @returns also whether any was last noted as listed more than a day ago
   */
  async find(
    cursorId: string,
    sourceKeys: readonly string[],
  ): Promise<{ sizes: Map<string, number>; stale: boolean }> {
    const sizes = new Map<string, number>();
    let stale = false;
    for (const keys of slices(sourceKeys)) {
      const rows: Array<DbKnownSourceRow & { stale: number | boolean }> =
        await this.#db<DbKnownSourceRow>(tables.knownSources)
          .where({ cursor_id: cursorId })
          .whereIn('source_key', keys)
          .select(
            'source_key',
            'size_bytes',
            this.#db.raw('?? < ? as stale', [
              'listed_at',
              dbNowPlus(this.#db, -DAY_MS),
            ]),
          );
      for (const row of rows) {
        sizes.set(row.source_key, Number(row.size_bytes));
        stale ||= Boolean(row.stale);
      }
    }
    return { sizes, stale };
  }

  /**
   * What is known with a digest, those that were listed last, at most 10,000.
   *
   * @param db - the transaction, inside one
   */
  async listDigests(
    cursorId: string,
    db: Knex = this.#db,
  ): Promise<Array<Required<KnownSource>>> {
    const rows = await db<DbKnownSourceRow>(tables.knownSources)
      .where({ cursor_id: cursorId })
      .whereNotNull('head_digest')
      .orderBy([{ column: 'listed_at', order: 'desc' }, 'source_key'])
      .limit(MAX_DIGESTS);
    return rows.map(row => ({
      sourceKey: row.source_key,
      sizeBytes: Number(row.size_bytes),
      headDigest: row.head_digest!,
    }));
  }

  /** Whether anything is known. */
  async isEmpty(cursorId: string): Promise<boolean> {
    const row = await this.#db<DbKnownSourceRow>(tables.knownSources)
      .where({ cursor_id: cursorId })
      .first('source_key');
    return row === undefined;
  }

  /** Makes mails known; a name that is known now means these. */
  async add(
    tx: Tx,
    cursorId: string,
    sources: readonly KnownSource[],
  ): Promise<void> {
    for (const some of slices(sources)) {
      await tx<DbKnownSourceRow>(tables.knownSources)
        .insert(
          some.map(source => ({
            cursor_id: cursorId,
            source_key: source.sourceKey,
            size_bytes: source.sizeBytes,
            head_digest: source.headDigest ?? null,
            listed_at: dbNow(tx),
          })) as {}[],
        )
        .onConflict(['cursor_id', 'source_key'])
        .merge(['size_bytes', 'head_digest', 'listed_at']);
    }
  }

  /**
   * Notes that the server still lists mails, and forgets what it has not
   * listed for 90 days.
   */
  async keepListed(
    tx: Tx,
    cursorId: string,
    sourceKeys: readonly string[],
  ): Promise<void> {
    for (const keys of slices(sourceKeys)) {
      await tx<DbKnownSourceRow>(tables.knownSources)
        .where({ cursor_id: cursorId })
        .whereIn('source_key', keys)
        .update({ listed_at: dbNow(tx) } as {});
    }
    await tx<DbKnownSourceRow>(tables.knownSources)
      .where({ cursor_id: cursorId })
      .andWhere('listed_at', '<', dbNowPlus(tx, -FORGOTTEN_AFTER_MS))
      .delete();
  }

  /** Forgets everything under a cursor. */
  async clear(tx: Tx, cursorId: string): Promise<void> {
    await tx<DbKnownSourceRow>(tables.knownSources)
      .where({ cursor_id: cursorId })
      .delete();
  }
}

function slices<T>(all: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += ROWS_PER_STATEMENT) {
    parts.push(all.slice(at, at + ROWS_PER_STATEMENT));
  }
  return parts;
}
