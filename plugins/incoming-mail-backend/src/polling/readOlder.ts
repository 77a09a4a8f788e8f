// SPDX-License-Identifier: Apache-2.0
import { failures, MAX_IMPORTED } from '@postroom/plugin-incoming-mail-common';
import { holdLease, inTransaction } from '../database';
import { ImportEndedError, OpenImport } from '../mailboxes';
import { FetchedBatch, FetchedMessage, MessageRef } from '../transport';
import { Reading } from './Reading';
import { recogniseHeads } from './recogniseHeads';
import { takeBatch } from './takeBatch';
import { toArrivedMessage } from './toArrivedMessage';
import { ImportProgress, Visit } from './types';
import { VisitBudget } from './VisitBudget';

// Older mail, once
//
// What came before reading began lies below the cursor's base. An import reads
// a window of it upwards, as new mail is read: what was stored and how far it
// came stand in one transaction that proves the lease and that nobody
// cancelled the import. The mails have the same unique keys as new ones, so one
// that is met twice, here or above the base, is stored once. The server is told
// nothing of them.
//
// A server that numbers its mails anew makes the window worthless: it is then
// planned again in the new numbering, where mails are known by their bytes.

const BATCH_COUNT = 100;
const BATCH_BYTES = 16 * 1_048_576;
const LIST_LIMIT = 500;
const TRUNCATE_BYTES = 262_144;
const FETCH_ATTEMPTS = 3;

/** How far an import came in a visit. */
export interface OlderReading {
  readonly progress: ImportProgress;
  /** Whether there is more to read than the visit had room for. */
  readonly more: boolean;
}

/** What an import is read with. */
interface OlderOptions {
  /** What new mail left of what the visit may fetch. */
  readonly budget: VisitBudget;
  /** Told of mails that now stand, also where the visit then fails. */
  onAccepted(count: number): void;
}

/** An import that a visit is reading a part of. */
interface ImportVisit extends Visit {
  readonly reading: Reading;
  readonly open: OpenImport;
}

/**
 * Reads a part of the import that is under way, if there is one. Comes when
 * everything new has been read.
 *
 * @throws MailFailure where the connection breaks: the import goes on with the
 *   next visit
 */
export async function readOlder(
  visit: Visit,
  reading: Reading,
  options: OlderOptions,
): Promise<OlderReading | undefined> {
  const { imports } = visit.deps;
  const open = await imports.findOpen(visit.mailbox.id);
  if (!open) {
    return undefined;
  }
  let accepted = 0;
  try {
    const more = await readImport(
      { ...visit, reading, open },
      {
        budget: options.budget,
        onAccepted(count) {
          accepted += count;
          options.onAccepted(count);
        },
      },
    );
    const latest = await imports.findLatest(visit.mailbox.id);
    return {
      more,
      progress: {
        accepted,
        ...(!more && {
          ended: latest?.state === 'failed' ? 'failed' : 'done',
          total: latest?.imported,
        }),
      },
    };
  } catch (error) {
    if (error instanceof ImportEndedError) {
      return { more: false, progress: { accepted } };
    }
    throw error;
  }
}

/** @returns whether there is more to read */
async function readImport(
  visit: ImportVisit,
  { budget, onAccepted }: OlderOptions,
): Promise<boolean> {
  const { session, deps, ticket, signal, open } = visit;
  const window = await planWindow(visit);
  if (!window) {
    return false;
  }
  const mayRead = await budget.left();
  let { afterUid } = window;
  for (let seen = 0; seen < mayRead; ) {
    signal.throwIfAborted();
    const listed = await session.list({ after: afterUid, limit: LIST_LIMIT });
    const refs = takeBatch(
      listed
        .filter(({ position }) => position <= window.upToUid)
        .slice(0, mayRead - seen),
      {
        maxCount: BATCH_COUNT,
        maxBytes: BATCH_BYTES,
        maxMessageBytes: deps.policy.maxMessageBytes,
      },
    );
    const last = refs.at(-1);
    if (!last) {
      await inTransaction(deps.db, async tx => {
        await holdLease(tx, ticket);
        await deps.imports.finish(tx, open.id);
      });
      return false;
    }
    if (seen > 0) {
      await deps.rawMails.whenRoom(signal);
    }
    onAccepted(await storeBatch(visit, refs, last.position));
    afterUid = last.position;
    seen += refs.length;
    budget.spend(refs.length);
    if (budget.isLate) {
      break;
    }
  }
  return true;
}

async function planWindow(visit: ImportVisit) {
  const { session, deps, ticket, reading, open } = visit;
  const { cursor, olderUpTo } = reading;
  if (open.window?.cursorId === cursor.id) {
    return open.window;
  }
  if (!session.findOlder || olderUpTo === undefined) {
    await inTransaction(deps.db, async tx => {
      await holdLease(tx, ticket);
      await deps.imports.fail(tx, open.id, {
        code: 'protocol-error',
        detail: failures['protocol-error'].title,
      });
    });
    return undefined;
  }
  const { since, last = MAX_IMPORTED } = open.wanted;
  const { afterUid, count } = await session.findOlder({
    upToUid: olderUpTo,
    since: since === undefined ? undefined : startOfDay(since),
    limit: last,
  });
  const window = { cursorId: cursor.id, afterUid, upToUid: olderUpTo };
  await inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    await deps.imports.plan(tx, open.id, { ...window, found: count });
  });
  return window;
}

/** @returns how many mails were new */
async function storeBatch(
  visit: ImportVisit,
  refs: readonly MessageRef[],
  afterUid: number,
): Promise<number> {
  const { mailbox, deps, ticket, reading, open } = visit;
  const { since } = open.wanted;
  // Mail that was moved about is not in the order of its arrival.
  const wanted = refs.filter(
    ({ receivedAt }) =>
      since === undefined ||
      receivedAt === undefined ||
      receivedAt >= startOfDay(since),
  );
  // Without a base, mail that was read is within the window.
  const known = reading.recognisesBytes
    ? await recogniseHeads(visit, wanted)
    : new Set<string>();
  const { messages, refused } = await fetchInsisting(
    visit,
    wanted.filter(({ sourceKey }) => !known.has(sourceKey)),
  );
  const under = { mailboxId: mailbox.id, cursorId: reading.cursor.id };
  return inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    const accepted = await deps.inbox.accept(tx, {
      ...under,
      messages: messages.map(toArrivedMessage),
      recognisesBytes: reading.recognisesBytes,
      acknowledges: false,
      imported: true,
    });
    await deps.inbox.acceptUndelivered(tx, { ...under, sources: refused });
    await deps.imports.advance(tx, open.id, { afterUid, accepted });
    return accepted;
  });
}

// An import leaves no gaps to come back to: what the server does not deliver
// is asked for again at once.
async function fetchInsisting(
  { session, deps }: ImportVisit,
  wanted: readonly MessageRef[],
): Promise<FetchedBatch> {
  const messages: FetchedMessage[] = [];
  let refused = wanted;
  for (let n = 0; n < FETCH_ATTEMPTS && refused.length > 0; n += 1) {
    const fetched = await session.fetch(refused, {
      maxBytes: deps.policy.maxMessageBytes,
      truncateBytes: TRUNCATE_BYTES,
    });
    messages.push(...fetched.messages);
    refused = fetched.refused;
  }
  return { messages, refused };
}

function startOfDay(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`);
}
