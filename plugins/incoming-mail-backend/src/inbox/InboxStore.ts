// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  FailureCode,
  MessageState,
  TraceStep,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbInboxMessageRow,
  dbNow,
  insertRows,
  rowsByKeys,
  ROWS_PER_STATEMENT,
  scheduleWork,
  tables,
  timeOrderedId,
  Tx,
} from '../database';
import { AcknowledgementStore } from './AcknowledgementStore';
import { contentHash } from './contentHash';
import { dedupeKey } from './dedupeKey';
import { RawMailStore } from './RawMailStore';
import { ArrivedMessage, MessageMarks, MessageSource } from './types';

/** Why nothing of a mail is here: its server lists it and does not deliver it. */
export const NOT_DELIVERED = 'message-not-delivered' satisfies FailureCode;

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
 * `AttemptStore.finish`, in the transaction that also holds what became of it.
 * Neither half knows the other.
 */
export class InboxStore {
  readonly #db: Knex;
  readonly #acknowledgements: AcknowledgementStore;
  readonly #rawMails: RawMailStore;

  constructor(options: {
    db: Knex;
    acknowledgements: AcknowledgementStore;
    rawMails: RawMailStore;
  }) {
    this.#db = options.db;
    this.#acknowledgements = options.acknowledgements;
    this.#rawMails = options.rawMails;
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
    await this.#rawMails.insert(
      tx,
      accepted.map(({ message, row }) => ({ id: row.id, raw: message.raw })),
    );
    if (options.acknowledges) {
      await this.#acknowledgements.insert(
        tx,
        cursorId,
        // What a person still has to look at stays there as it is.
        accepted
          .filter(({ message }) => !message.review)
          .map(({ message: { sourceKey }, row: { id } }) => ({
            id,
            sourceKey,
          })),
      );
    }
    for (const { message, row } of accepted) {
      // The others are not handled, or not soon.
      if (!message.review && !originals.has(row.id)) {
        this.#rawMails.keepAtHand(row.id, message.raw);
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
    await this.#rawMails.insert(
      tx,
      [...inserted].map(id => ({ id, raw: Buffer.alloc(0) })),
    );
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
    select: ['sha256'] as const,
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
      Pick<DbInboxMessageRow, 'id' | 'content_hash'>
    >(tx, {
      table: tables.inboxMessages,
      column: 'content_hash',
      keys: hashes,
      where: { mailbox_id: mailboxId, duplicate_of: null },
      select: ['id', 'content_hash'],
    });
    stored.forEach(row => first.set(row.content_hash!, row.id));
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
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    inserted.push(
      ...(await insertRows<{ id: string }>(
        tx,
        tables.inboxMessages,
        rows.slice(start, start + ROWS_PER_STATEMENT),
        { unless: ['mailbox_id', 'dedupe_key'], returning: 'id' },
      )),
    );
  }
  return new Set(inserted.map(row => row.id));
}

function toRow(
  now: Knex.Raw,
  mailboxId: string,
  cursorId: string,
  message: ArrivedMessage,
) {
  return {
    id: timeOrderedId(),
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
