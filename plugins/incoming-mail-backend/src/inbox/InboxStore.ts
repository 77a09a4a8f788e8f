// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  FailureCode,
  MessageState,
  MessageSummary,
  Page,
  PageQuery,
  runnableStates,
  TraceStep,
  traceStepSchema,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { z } from 'zod';
import {
  DbAcknowledgementRow,
  DbInboxChunkRow,
  DbInboxMessageRow,
  DbInteger,
  dbNow,
  dbNowOnce,
  dbNowPlus,
  fromDbTime,
  fromDbTimeToIso,
  fromJson,
  heldLease,
  holdLease,
  insertRows,
  inTransaction,
  LeaseLostError,
  LeaseTicket,
  readPage,
  rowsByKeys,
  rowsOfRaw,
  scheduleWork,
  tables,
  Tx,
} from '../database';
import { contentHash } from './contentHash';
import { dedupeKey, isUid } from './dedupeKey';
import { RecentRaws } from './RecentRaws';
import {
  ArrivedMessage,
  MessageEnd,
  MessageMarks,
  MessagePostponement,
  MessageSource,
  WaitingMessage,
} from './types';

const DAY_MS = 86_400_000;
const CHUNK_BYTES = 1_048_576;
// Both engines bound the number of values in one statement (PostgreSQL 65,535,
// SQLite 32,766).
const ROWS_PER_INSERT = 500;
// The driver holds a statement's values twice.
const BYTES_PER_INSERT = 4 * CHUNK_BYTES;

const DELETABLE = ['done', 'ignored', 'duplicate'] satisfies MessageState[];

const NOT_DELIVERED = 'message-not-delivered' satisfies FailureCode;

const NOT_DELIVERED_TRACE: readonly TraceStep[] = [
  {
    step: 'fetch',
    verdict: 'failed',
    reason: 'The server lists it and did not deliver it, asked three times',
  },
];

const TO_REVIEW = 'message-to-review' satisfies FailureCode;

const TO_REVIEW_TRACE: readonly TraceStep[] = [
  {
    step: 'fetch',
    verdict: 'stopped',
    reason:
      'The server renumbered its mail, and this one is old and not known: it may have been restored from a backup',
  },
];

/**
 * The mails that are ours: the one place where fetching and handling meet.
 *
 * A mail enters by {@link InboxStore.accept}, once, whatever the server or
 * another replica does; it leaves the state `stored` once, by
 * {@link InboxStore.finish}, in the transaction that also holds what became of
 * it. Neither half knows the other.
 */
export class InboxStore {
  readonly #db: Knex;
  readonly #recent = new RecentRaws();

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Stores mails under their unique keys and remembers that the server is
   * still to be told. Part of the visit's transaction, together with the
   * cursor: either all of it stands or nothing.
   *
   * @param options.recognisesBytes - the server's names for its mails do not
   *   last, so a mail whose very bytes are stored already is the same mail
   * @param options.acknowledges - whether the server is to be told anything
   * @param options.imported - a person asked for this older mail, and it is
   *   marked as such
   * @returns how many were new; the others had been accepted before. A copy of
   *   a mail, in content, is new here and ends as its duplicate
   */
  async accept(
    tx: Tx,
    options: {
      mailboxId: string;
      cursorId: string;
      messages: readonly ArrivedMessage[];
      recognisesBytes: boolean;
      acknowledges: boolean;
      imported?: boolean;
    },
  ): Promise<number> {
    const { mailboxId, cursorId, imported = false } = options;
    const now = dbNow(tx);
    const arrivals = options.messages.map(message => ({
      message,
      row: { ...toRow(now, mailboxId, cursorId, message), imported },
    }));
    const known = options.recognisesBytes
      ? await knownContents(tx, mailboxId, arrivals)
      : new Set<string>();
    const candidates = arrivals.filter(({ row }) => !known.has(row.sha256));
    const originals = await findOriginals(tx, mailboxId, candidates);
    const inserted = await insertNew(
      tx,
      candidates.map(({ message, row }) => ({
        ...row,
        ...endAtOnce(tx, { message, original: originals.get(row.id) }),
      })),
    );
    const accepted = candidates.filter(({ row }) => inserted.has(row.id));
    await insertChunks(
      tx,
      accepted.map(({ message, row }) => ({ id: row.id, raw: message.raw })),
    );
    if (options.acknowledges) {
      await insertAcknowledgements(
        tx,
        // What a person still has to look at stays there as it is.
        accepted
          .filter(({ message }) => !message.review)
          .map(({ message: { sourceKey }, row }) => ({
            message_id: row.id,
            cursor_id: cursorId,
            uid: isUid(sourceKey) ? Number(sourceKey) : 0,
            source_key: sourceKey,
          })),
      );
    }
    for (const { message, row } of accepted) {
      // The others are not handled, or not soon.
      if (!message.review && !originals.has(row.id)) {
        this.#recent.add(row.id, message.raw);
      }
    }
    if (accepted.length > 0) {
      await scheduleWork(tx, 'process', mailboxId);
    }
    return accepted.length;
  }

  /**
   * Which of these mails are stored, whatever they were called then: by what
   * the server calls them for good, or by header and size. Two mails with one
   * header are copies of one, as it holds the trace of their delivery.
   *
   * @param sources - at most 500
   * @returns their source keys
   */
  async recognise(
    mailboxId: string,
    sources: ReadonlyArray<MessageSource & MessageMarks>,
  ): Promise<ReadonlySet<string>> {
    const stableIds = await this.#findMarks(mailboxId, 'stable_id', sources);
    const heads = await this.#findMarks(mailboxId, 'head_digest', sources);
    const isKnown = ({
      stableId,
      headDigest,
      sizeBytes,
    }: (typeof sources)[0]) =>
      stableIds.has(`${stableId}`) || heads.has(`${headDigest} ${sizeBytes}`);
    return new Set(sources.filter(isKnown).map(({ sourceKey }) => sourceKey));
  }

  async #findMarks(
    mailboxId: string,
    column: 'stable_id' | 'head_digest',
    sources: readonly MessageMarks[],
  ): Promise<ReadonlySet<string>> {
    const wanted = sources.flatMap(
      source =>
        (column === 'stable_id' ? source.stableId : source.headDigest) ?? [],
    );
    if (wanted.length === 0) {
      return new Set();
    }
    const rows = await this.#db<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId })
      .whereIn(column, wanted)
      .select(column, 'size_bytes');
    return new Set(
      rows.map(row =>
        column === 'stable_id'
          ? `${row.stable_id}`
          : `${row.head_digest} ${Number(row.size_bytes)}`,
      ),
    );
  }

  /**
   * Has mails that the server lists and does not deliver seen by people: each
   * is an entry of the mail log, quarantined and without a byte. Nothing is
   * told to the server, and nothing of it is ever deleted there.
   */
  async acceptUndelivered(
    tx: Tx,
    options: {
      mailboxId: string;
      cursorId: string;
      sources: readonly MessageSource[];
    },
  ): Promise<void> {
    const { mailboxId, cursorId, sources } = options;
    const now = dbNow(tx);
    const inserted = await insertNew(
      tx,
      sources.map(source => ({
        ...toRow(now, mailboxId, cursorId, {
          ...source,
          raw: Buffer.alloc(0),
          truncated: true,
        }),
        state: 'quarantined' satisfies MessageState,
        next_attempt_at: null,
        failure_code: NOT_DELIVERED,
        trace: JSON.stringify(NOT_DELIVERED_TRACE),
        finished_at: now,
      })),
    );
    await insertChunks(
      tx,
      [...inserted].map(id => ({ id, raw: Buffer.alloc(0) })),
    );
  }

  /**
   * Source keys under a cursor that the server is still to be told of; of IMAP
   * in the order of their UIDs.
   *
   * @param options.deletable - only of mails that may be deleted there: those
   *   that are processed and that we have whole. What is held or quarantined
   *   may still be wanted
   */
  async listAcknowledgements(
    cursorId: string,
    options: { limit: number; deletable: boolean },
  ): Promise<string[]> {
    const rows: Array<Pick<DbAcknowledgementRow, 'uid' | 'source_key'>> =
      await this.#db(`${tables.acknowledgements} as a`)
        .where('a.cursor_id', cursorId)
        .modify(query => {
          if (options.deletable) {
            query
              .join(`${tables.inboxMessages} as m`, 'm.id', 'a.message_id')
              .whereIn('m.state', DELETABLE)
              .andWhere('m.truncated', false);
          }
        })
        .orderBy(['a.uid', 'a.message_id'])
        .limit(options.limit)
        .select('a.uid', 'a.source_key');
    // The former version named a mail by its UID alone.
    return rows.map(row => row.source_key ?? `${row.uid}`);
  }

  /** The server has been told, or is not to be told any more. */
  async removeAcknowledgements(
    cursorId: string,
    sourceKeys: readonly string[],
  ): Promise<void> {
    for (let at = 0; at < sourceKeys.length; at += ROWS_PER_INSERT) {
      const some = sourceKeys.slice(at, at + ROWS_PER_INSERT);
      const uids = some.filter(isUid).map(Number);
      await this.#db<DbAcknowledgementRow>(tables.acknowledgements)
        .where({ cursor_id: cursorId })
        .andWhere(named =>
          named
            .whereIn('source_key', some)
            .orWhere(former =>
              former.whereNull('source_key').whereIn('uid', uids),
            ),
        )
        .delete();
    }
  }

  /**
   * Tells the server nothing of mails under cursors that are no longer current:
   * their names may mean other mails by now.
   */
  async forgetAcknowledgements(
    tx: Tx,
    cursorIds: readonly string[],
  ): Promise<void> {
    await tx<DbAcknowledgementRow>(tables.acknowledgements)
      .whereIn('cursor_id', [...cursorIds])
      .delete();
  }

  /** Mails of a mailbox whose turn has come, in the order of acceptance. */
  async listWaiting(
    mailboxId: string,
    limit: number,
  ): Promise<WaitingMessage[]> {
    const rows = await this.#db<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId, state: 'stored' })
      .andWhere('next_attempt_at', '<=', dbNowOnce(this.#db))
      .orderBy('seq')
      .limit(limit);
    return rows.map(fromWaitingRow);
  }

  /** How many mails of a mailbox wait, due or not, counted up to `limit`. */
  async countWaiting(mailboxId: string, limit: number): Promise<number> {
    const some = this.#db<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId, state: 'stored' })
      .limit(limit)
      .select('id')
      .as('some');
    const row = await this.#db
      .from(some)
      .count<{ n: DbInteger }>({ n: '*' })
      .first();
    return Number(row?.n ?? 0);
  }

  /**
   * How long until the next mail of a mailbox is to be tried again, in
   * milliseconds; undefined where none waits.
   */
  async nextAttemptInMs(mailboxId: string): Promise<number | undefined> {
    const row = await this.#db<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId, state: 'stored' })
      .min<{ wait: DbInteger | null }>({
        wait: this.#db.raw('next_attempt_at - ?', [dbNow(this.#db)]),
      } as {})
      .first();
    return row?.wait === null || row?.wait === undefined
      ? undefined
      : Math.max(0, Number(row.wait));
  }

  /**
   * Counts an attempt before it begins, so that a mail that kills the process
   * is counted too. Committed on its own.
   *
   * @returns which attempt it is, from 1
   * @throws LeaseLostError where another replica took over
   */
  async startAttempt(ticket: LeaseTicket, messageId: string): Promise<number> {
    return inTransaction(this.#db, async tx => {
      await holdLease(tx, ticket);
      const [row] = await whereStored(tx, messageId)
        .update({ attempts: tx.raw('?? + 1', ['attempts']) } as {})
        .returning('attempts');
      if (!row) {
        throw new LeaseLostError(ticket);
      }
      return row.attempts;
    });
  }

  /**
   * Counts an attempt at each of several mails; see
   * {@link InboxStore.startAttempt}.
   *
   * @returns which attempt it is, by the mail's id
   */
  async startAttempts(
    ticket: LeaseTicket,
    messageIds: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#db<DbInboxMessageRow>(tables.inboxMessages)
      .with('held', heldLease(this.#db, ticket))
      .whereIn('id', [...messageIds])
      .andWhere({ state: 'stored' })
      .whereExists(this.#db('held'))
      .update({ attempts: this.#db.raw('?? + 1', ['attempts']) } as {})
      .returning(['id', 'attempts']);
    if (rows.length !== messageIds.length) {
      throw new LeaseLostError(ticket);
    }
    return new Map(rows.map(row => [row.id, row.attempts]));
  }

  /**
   * Takes attempts back that were begun and given up before their end: neither
   * the mails nor their handlers are to blame. Those that ended stay counted.
   *
   * @throws LeaseLostError where another replica took over; they then count
   */
  async returnAttempts(
    ticket: LeaseTicket,
    messageIds: readonly string[],
  ): Promise<void> {
    await inTransaction(this.#db, async tx => {
      await holdLease(tx, ticket);
      await tx<DbInboxMessageRow>(tables.inboxMessages)
        .whereIn('id', [...messageIds])
        .andWhere({ state: 'stored' })
        .andWhere('attempts', '>', 0)
        .update({ attempts: tx.raw('?? - 1', ['attempts']) } as {});
    });
  }

  /** The stored bytes of several mails, by their ids. */
  async readRaws(
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
  async readRaw(messageId: string): Promise<Buffer> {
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
   * Ends a mail, in the transaction of what became of it. Expects it to be
   * `stored`: a mail ends once.
   *
   * @throws NotFoundError where it is not, or was removed with its mailbox;
   *   the transaction must then not commit
   */
  async finish(tx: Tx, messageId: string, end: MessageEnd): Promise<void> {
    const finished = await whereStored(tx, messageId).update({
      state: end.state,
      subject: end.head.subject ?? null,
      sender: end.head.sender ?? null,
      target: end.target ?? null,
      failure_code: end.failure ?? null,
      trace: JSON.stringify(end.trace),
      next_attempt_at: null,
      finished_at: dbNow(tx),
    } as {});
    expectOne(finished, messageId);
  }

  /**
   * Ends several mails and remembers their conversations, in the transaction of
   * what became of them; see {@link InboxStore.finish}.
   *
   * @throws NotFoundError where one of them is not `stored`
   */
  async finishAll(
    tx: Tx,
    ends: ReadonlyArray<
      MessageEnd & { readonly id: string; readonly threadId?: string }
    >,
  ): Promise<void> {
    const rows = ends.map(end => [
      end.id,
      end.state,
      end.head.subject ?? null,
      end.head.sender ?? null,
      end.target ?? null,
      end.failure ?? null,
      end.threadId ?? null,
      JSON.stringify(end.trace),
    ]);
    const values = rows.map(row => `(${row.map(() => '?').join(', ')})`);
    // Both engines call the columns of VALUES column1, column2, ….
    const finished = await rowsOfRaw(
      tx,
      `UPDATE ${tables.inboxMessages}
       SET state = ends.column2, subject = ends.column3, sender = ends.column4,
         target = ends.column5, failure_code = ends.column6,
         thread_id = ends.column7, trace = ends.column8,
         next_attempt_at = NULL, finished_at = ?
       FROM (VALUES ${values.join(', ')}) AS ends
       WHERE id = ends.column1 AND ${tables.inboxMessages}.state = 'stored'
       RETURNING id`,
      [dbNow(tx), ...rows.flat()],
    );
    if (finished.length !== ends.length) {
      throw new NotFoundError('One of the mails does not wait any more');
    }
  }

  /** Has a mail wait for its next attempt; see {@link InboxStore.finish}. */
  async postpone(
    tx: Tx,
    messageId: string,
    postponement: MessagePostponement,
  ): Promise<void> {
    const postponed = await whereStored(tx, messageId).update({
      subject: postponement.head.subject ?? null,
      sender: postponement.head.sender ?? null,
      failure_code: postponement.failure,
      trace: JSON.stringify(postponement.trace),
      next_attempt_at: dbNowPlus(tx, postponement.dueInMs),
    } as {});
    expectOne(postponed, messageId);
  }

  /** Remembers the conversation of a mail, so that it is the same at the next attempt. */
  async setThread(tx: Tx, messageId: string, threadId: string): Promise<void> {
    const changed = await whereStored(tx, messageId).update({
      thread_id: threadId,
    });
    expectOne(changed, messageId);
  }

  /**
   * Has a mail that waits for a person handled again, with all its attempts
   * before it. What handlers are done with is not repeated.
   *
   * @throws NotFoundError
   * @throws ConflictError where it is neither held nor quarantined, as when
   *   somebody else has just asked for the same; or where there is nothing to
   *   handle, as the server did not deliver it or it is no longer kept
   */
  async runAgain(tx: Tx, mailboxId: string, messageId: string): Promise<void> {
    const changed = await tx<DbInboxMessageRow>(tables.inboxMessages)
      .where({ mailbox_id: mailboxId, id: messageId })
      .whereIn('state', [...runnableStates])
      .whereNull('raw_removed_at')
      .andWhere(ours =>
        ours
          .whereNull('failure_code')
          .orWhereNot({ failure_code: NOT_DELIVERED }),
      )
      .update({
        state: 'stored' satisfies MessageState,
        attempts: 0,
        failure_code: null,
        next_attempt_at: dbNow(tx),
        finished_at: null,
      } as {});
    if (changed === 0) {
      const row = await getRow(tx, mailboxId, messageId);
      throw new ConflictError(
        row.raw_removed_at === null
          ? 'The mail is neither held nor quarantined, or was never delivered; load it again'
          : 'The mail is no longer kept, so it cannot be handled again',
      );
    }
    await scheduleWork(tx, 'process', mailboxId);
  }

  /** What handling has to know of a mail in whatever state. @throws NotFoundError */
  async getFacts(
    mailboxId: string,
    messageId: string,
  ): Promise<WaitingMessage> {
    return fromWaitingRow(await getRow(this.#db, mailboxId, messageId));
  }

  /** The mails of a mailbox for the mail log, newest first. */
  async list(
    mailboxId: string,
    page: PageQuery,
  ): Promise<Page<MessageSummary>> {
    return readPage<DbInboxMessageRow, MessageSummary>(
      this.#db(tables.inboxMessages).where({ mailbox_id: mailboxId }),
      { page, order: ['seq'], direction: 'desc', toItem: fromRow },
    );
  }

  /** One mail of a mailbox. @throws NotFoundError */
  async get(mailboxId: string, messageId: string): Promise<MessageSummary> {
    return fromRow(await getRow(this.#db, mailboxId, messageId));
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

async function getRow(
  db: Knex,
  mailboxId: string,
  messageId: string,
): Promise<DbInboxMessageRow> {
  const row = await db<DbInboxMessageRow>(tables.inboxMessages)
    .where({ mailbox_id: mailboxId, id: messageId })
    .first();
  if (!row) {
    throw new NotFoundError(`There is no mail ${messageId}`);
  }
  return row;
}

function whereStored(tx: Tx, messageId: string) {
  return tx<DbInboxMessageRow>(tables.inboxMessages).where({
    id: messageId,
    state: 'stored',
  });
}

function expectOne(changed: number, messageId: string) {
  if (changed !== 1) {
    throw new NotFoundError(`The mail ${messageId} does not wait any more`);
  }
}

type Arrival = {
  message: ArrivedMessage;
  row: ReturnType<typeof toRow> & { imported: boolean };
};

async function knownContents(
  tx: Tx,
  mailboxId: string,
  arrivals: readonly Arrival[],
): Promise<Set<string>> {
  const among = {
    table: tables.inboxMessages,
    where: { mailbox_id: mailboxId },
    select: ['sha256'],
  };
  type Found = Pick<DbInboxMessageRow, 'sha256'>;
  // Equal bytes have equal headers.
  const alike = await rowsByKeys<Found>(tx, {
    ...among,
    column: 'head_digest',
    keys: arrivals.flatMap(({ row }) => row.head_digest ?? []),
  });
  // Rows of former versions have no digest of theirs.
  const former = await rowsByKeys<Found>(tx, {
    ...among,
    column: 'sha256',
    keys: arrivals.map(({ row }) => row.sha256),
    where: { ...among.where, head_digest: null },
  });
  return new Set([...alike, ...former].map(row => row.sha256));
}

/**
 * The mails, by the ids of their copies, that others are copies of in content:
 * stored ones, and those that come first among these.
 */
async function findOriginals(
  tx: Tx,
  mailboxId: string,
  arrivals: readonly Arrival[],
): Promise<ReadonlyMap<string, string>> {
  const hashes = arrivals.flatMap(({ row }) => row.content_hash ?? []);
  const first = new Map<string, string>();
  if (hashes.length > 0) {
    const stored = await rowsByKeys<
      Pick<DbInboxMessageRow, 'id' | 'content_hash' | 'duplicate_of'>
    >(tx, {
      table: tables.inboxMessages,
      column: 'content_hash',
      keys: hashes,
      where: { mailbox_id: mailboxId },
      select: ['id', 'content_hash', 'duplicate_of'],
    });
    stored
      .filter(row => row.duplicate_of === null)
      .forEach(row => first.set(row.content_hash!, row.id));
  }
  const originals = new Map<string, string>();
  for (const { row } of arrivals) {
    const original = row.content_hash && first.get(row.content_hash);
    if (original) {
      originals.set(row.id, original);
    } else if (row.content_hash) {
      first.set(row.content_hash, row.id);
    }
  }
  return originals;
}

/** What a mail has from the start that is not to be handled, or not yet. */
function endAtOnce(
  tx: Tx,
  { message, original }: { message: ArrivedMessage; original?: string },
) {
  if (original === undefined && !message.review) {
    return { duplicate_of: null, failure_code: null, finished_at: null };
  }
  return {
    next_attempt_at: null,
    finished_at: dbNow(tx),
    duplicate_of: original ?? null,
    ...(original === undefined
      ? {
          state: 'held' satisfies MessageState,
          failure_code: TO_REVIEW,
          trace: JSON.stringify(TO_REVIEW_TRACE),
          // Nobody is written to because of it, should it be handled.
          imported: true,
        }
      : {
          state: 'duplicate' satisfies MessageState,
          failure_code: null,
          trace: JSON.stringify([duplicateStep(original)]),
        }),
  };
}

function duplicateStep(original: string): TraceStep {
  return {
    step: 'accept',
    verdict: 'stopped',
    reason: `The same mail, sender, subject and text alike, came before as ${original}`,
  };
}

async function insertNew(
  tx: Tx,
  rows: Parameters<typeof insertRows>[2],
): Promise<Set<string>> {
  const inserted: Array<{ id: string }> = [];
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    inserted.push(
      ...(await insertRows<{ id: string }>(
        tx,
        tables.inboxMessages,
        rows.slice(start, start + ROWS_PER_INSERT),
        { unless: ['mailbox_id', 'dedupe_key'], returning: 'id' },
      )),
    );
  }
  return new Set(inserted.map(row => row.id));
}

async function insertAcknowledgements(
  tx: Tx,
  rows: Parameters<typeof insertRows>[2],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    const some = rows.slice(start, start + ROWS_PER_INSERT);
    await insertRows(tx, tables.acknowledgements, some);
  }
}

// Not an interface: those have no index signature.
type ChunkRow = Pick<DbInboxChunkRow, 'message_id' | 'n' | 'bytes'>;

async function insertChunks(
  tx: Tx,
  mails: ReadonlyArray<{ id: string; raw: Buffer }>,
) {
  let rows: ChunkRow[] = [];
  let bytes = 0;
  for (const row of mails.flatMap(toChunks)) {
    if (
      rows.length === ROWS_PER_INSERT ||
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

function toChunks({ id, raw }: { id: string; raw: Buffer }): ChunkRow[] {
  // At least one chunk, so that an empty mail is told from a lost one.
  const count = Math.max(1, Math.ceil(raw.length / CHUNK_BYTES));
  return Array.from({ length: count }, (_, n) => ({
    message_id: id,
    n,
    bytes: raw.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES),
  }));
}

function toRow(
  now: Knex.Raw,
  mailboxId: string,
  cursorId: string,
  message: ArrivedMessage,
) {
  return {
    id: randomUUID(),
    mailbox_id: mailboxId,
    dedupe_key: dedupeKey(cursorId, message),
    size_bytes: message.sizeBytes,
    truncated: message.truncated,
    sha256: createHash('sha256').update(message.raw).digest('hex'),
    received_at: message.receivedAt?.getTime() ?? null,
    accepted_at: now,
    state: 'stored' satisfies MessageState,
    attempts: 0,
    next_attempt_at: now,
    trace: '[]',
    stable_id: message.stableId ?? null,
    head_digest: message.headDigest ?? null,
    content_hash:
      (message.truncated ? undefined : contentHash(message.raw)) ?? null,
  };
}

function fromWaitingRow(row: DbInboxMessageRow): WaitingMessage {
  return {
    id: row.id,
    mailboxId: row.mailbox_id,
    acceptedAt: fromDbTime(row.accepted_at),
    ...(row.received_at !== null && {
      receivedAt: fromDbTime(row.received_at),
    }),
    sizeBytes: Number(row.size_bytes),
    truncated: Boolean(row.truncated),
    imported: Boolean(row.imported),
    attempts: row.attempts,
    ...(row.thread_id !== null && { threadId: row.thread_id }),
  };
}

function fromRow(row: DbInboxMessageRow): MessageSummary {
  return {
    id: row.id,
    state: row.state as MessageState,
    acceptedAt: fromDbTimeToIso(row.accepted_at),
    sizeBytes: Number(row.size_bytes),
    truncated: Boolean(row.truncated),
    imported: Boolean(row.imported),
    subject: row.subject ?? undefined,
    from: row.sender ?? undefined,
    attempts: row.attempts,
    nextAttemptAt: fromDbTimeToIso(row.next_attempt_at),
    failure: (row.failure_code ?? undefined) as FailureCode | undefined,
    rawRemovedAt: fromDbTimeToIso(row.raw_removed_at),
    duplicateOf: row.duplicate_of ?? undefined,
    target: row.target ?? undefined,
    trace: fromJson(z.array(traceStepSchema), row.trace),
  };
}

function noLongerKept(messageId: string): NotFoundError {
  return new NotFoundError(
    `The mail ${messageId} is no longer kept: mails are removed when they are old enough, what became of them stays`,
  );
}
