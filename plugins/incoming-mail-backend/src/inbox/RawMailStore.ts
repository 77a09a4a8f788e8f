// SPDX-License-Identifier: Apache-2.0
import { NotFoundError } from '@backstage/errors';
import { MessageState } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbInboxChunkRow,
  DbInboxMessageRow,
  DbInteger,
  dbNow,
  dbNowOnce,
  insertRows,
  inTransaction,
  ROWS_PER_STATEMENT,
  tables,
  Tx,
} from '../database';
import { RecentRaws } from './RecentRaws';

const CHUNK_BYTES = 1_048_576;
// The driver holds a statement's values twice.
const BYTES_PER_INSERT = 4 * CHUNK_BYTES;

// Not an interface: those have no index signature.
type ChunkRow = Pick<DbInboxChunkRow, 'message_id' | 'n' | 'bytes'>;

/** The bytes of mails, apart from what is known of them. */
export class RawMailStore {
  readonly #db: Knex;
  readonly #recent = new RecentRaws();

  constructor(db: Knex) {
    this.#db = db;
  }

  /** Stores the bytes of mails, in the transaction that accepts them. */
  async insert(
    tx: Tx,
    mails: ReadonlyArray<{ id: string; raw: Buffer }>,
  ): Promise<void> {
    let rows: ChunkRow[] = [];
    let bytes = 0;
    for (const row of mails.flatMap(toChunks)) {
      if (
        rows.length === ROWS_PER_STATEMENT ||
        bytes + row.bytes.length > BYTES_PER_INSERT
      ) {
        await insertRows(tx, tables.inboxChunks, rows);
        rows = [];
        bytes = 0;
      }
      rows.push(row);
      bytes += row.bytes.length;
    }
    if (rows.length > 0) {
      await insertRows(tx, tables.inboxChunks, rows);
    }
  }

  /** Keeps bytes at hand that are soon asked for; see {@link RecentRaws}. */
  keepAtHand(messageId: string, raw: Buffer): void {
    this.#recent.add(messageId, raw);
  }

  /** Waits while much is kept at hand; see {@link RecentRaws}. */
  async whenRoom(signal: AbortSignal): Promise<void> {
    await this.#recent.whenRoom(signal);
  }

  /** The stored bytes of several mails, by their ids. */
  async readAll(
    messageIds: readonly string[],
  ): Promise<ReadonlyMap<string, Buffer>> {
    const raws = new Map<string, Buffer>();
    const others: string[] = [];
    for (const id of messageIds) {
      const recent = this.#recent.take(id);
      if (recent) {
        raws.set(id, recent);
      } else {
        others.push(id);
      }
    }
    for (const [id, chunks] of await this.#readChunks(others)) {
      const [first, ...rest] = chunks;
      raws.set(id, rest.length === 0 ? first : Buffer.concat(chunks));
    }
    return raws;
  }

  async #readChunks(
    messageIds: readonly string[],
  ): Promise<ReadonlyMap<string, Buffer[]>> {
    if (messageIds.length === 0) {
      return new Map();
    }
    const rows = await this.#db<DbInboxChunkRow>(tables.inboxChunks)
      .whereIn('message_id', [...messageIds])
      .orderBy(['message_id', 'n'])
      .select('message_id', 'bytes');
    const chunks = new Map<string, Buffer[]>();
    for (const row of rows) {
      const before = chunks.get(row.message_id);
      if (before) {
        before.push(row.bytes);
      } else {
        chunks.set(row.message_id, [row.bytes]);
      }
    }
    return chunks;
  }

  /**
   * The stored bytes of a mail, read piece by piece into where they stay.
   *
   * @throws NotFoundError where they were removed because of their age
   */
  async read(messageId: string): Promise<Buffer> {
    const chunks = () =>
      this.#db<DbInboxChunkRow>(tables.inboxChunks).where({
        message_id: messageId,
      });
    const all = await chunks()
      // Both engines count the bytes of a binary column.
      .select<Array<{ n: number; length: DbInteger }>>(
        'n',
        this.#db.raw('length(bytes) as length'),
      )
      .orderBy('n');
    if (all.length === 0) {
      throw noLongerKept(messageId);
    }
    const size = all.reduce((sum, chunk) => sum + Number(chunk.length), 0);
    // Memory of its own, as it may be handed on to a thread.
    const raw = Buffer.allocUnsafeSlow(size);
    let length = 0;
    for (const { n } of all) {
      const row = await chunks().andWhere({ n }).first('bytes');
      if (!row) {
        // They never change, but go at any moment, all at once.
        throw noLongerKept(messageId);
      }
      length += row.bytes.copy(raw, length);
    }
    return raw;
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
}

function toChunks({ id, raw }: { id: string; raw: Buffer }): ChunkRow[] {
  // At least one chunk, so that an empty mail is told from a lost one.
  const count = Math.max(1, Math.ceil(raw.length / CHUNK_BYTES));
  return Array.from({ length: count }, (_, n) => ({
    message_id: id,
    n,
    bytes: raw.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES),
  }));
}

function noLongerKept(messageId: string): NotFoundError {
  return new NotFoundError(
    `The mail ${messageId} is no longer kept: mails are removed when they are old enough, what became of them stays`,
  );
}
