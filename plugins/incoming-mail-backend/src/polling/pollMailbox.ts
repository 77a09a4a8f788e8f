// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { LeaseLostError, LeaseTicket } from '../database';
import { Mailbox, signIn } from '../mailboxes';
import {
  MailSession,
  MessageRef,
  OpenFolder,
  secretOf,
  SessionCredentials,
} from '../transport';
import { AccountBusyError } from './AccountBusyError';
import { ListingReading } from './ListingReading';
import { MailboxConnection } from './MailboxConnection';
import { Reading } from './Reading';
import { readOlder } from './readOlder';
import { settleStored } from './settleStored';
import { StoringAhead } from './StoringAhead';
import { takeBatch } from './takeBatch';
import { PollDeps, PollOutcome, Visit } from './types';
import { UidReading } from './UidReading';
import { VisitBudget } from './VisitBudget';

// Exactly once, the first half
//
// A mail is stored, together with the note that it was read (the cursor that
// moves over it, or its name in the ledger) and the note that the server is
// still to be told, in one transaction that proves the lease. Only when that
// stands is the server told. So:
// - dying before the commit leaves nothing: the mail is fetched again;
// - dying after it leaves the note: the next visit tells the server;
// - a commit of which the answer was lost is absorbed by the mail's unique
//   key, like a second replica that fetched the same mail;
// - what was read is decided by our notes alone. What the server says about
//   flags is never asked: a person who reads the mail first hides nothing;
// - while a batch is being stored the next one is fetched; batches are stored
//   one after the other, and the visit ends when the last one stands;
// - POP3 servers delete, and count mail as delivered, when a session ends well
//   (RFC 1939 section 6). Ours ends well only if all that it fetched is stored;
// - a mail that the server does not deliver leaves a gap, in the transaction
//   that moves over it, and is asked for again at later visits.

const LIST_LIMIT = 500;
const BATCH_COUNT = 250;
const BATCH_BYTES = 16 * 1_048_576;
// Of a mail over the size limit this much is kept: its header, and enough of
// the text to recognise it.
const TRUNCATE_BYTES = 262_144;

/** How far a visit came, also where it then fails. */
interface Progress {
  accepted: number;
  /** Whether everything that was fetched is stored. */
  stored: boolean;
  /** How many mails are listed and not read. */
  waiting: number;
}

/**
 * One visit of one mailbox: open, find what is new, fetch, store, settle,
 * close. Never throws for what the outside world does; a failing database is
 * thrown.
 *
 * @param connection - stays open, if it may, when there is nothing more to do
 */
export async function pollMailbox(
  mailbox: Mailbox,
  ticket: LeaseTicket,
  deps: PollDeps,
  signal: AbortSignal,
  connection: MailboxConnection = new MailboxConnection(),
): Promise<PollOutcome> {
  const progress: Progress = { accepted: 0, stored: true, waiting: 0 };
  let isDone = false;
  try {
    const { session, folder } = await connection.open(mailbox.folder, {
      connect: life =>
        openSessionOf(mailbox, deps, { signal: life, connection }),
      // A connection does not outlive the token that it was opened with, nor a
      // consent that has ended.
      isCurrent: async () =>
        isSame(await deps.credentials(mailbox, { signal }), connection),
      signal,
    });
    const visit: Visit = { mailbox, ticket, session, deps, signal };
    const reading = await beginReading(visit, folder);
    const budget = new VisitBudget(visit);
    const more = await readNew(visit, reading, { progress, budget });
    const refusal = await settleStored(visit, reading.cursor.id);
    // What is new comes first, so that nobody waits for what is old.
    const older = more
      ? undefined
      : await readOlder(visit, reading, {
          budget,
          onAccepted: count => {
            progress.accepted += count;
            deps.onAccepted?.();
          },
        });
    isDone = !more && older?.more !== true;
    return {
      kind: 'completed',
      accepted: progress.accepted,
      more: !isDone,
      ...(budget.isFull && !isDone && { heldBack: true as const }),
      left: more ? progress.waiting + reading.unlisted : 0,
      ...(older && { older: older.progress }),
      baseline: reading.baseline,
      renumbered: reading.renumbered,
      refusal,
    };
  } catch (error) {
    if (signal.aborted || error instanceof LeaseLostError) {
      return { kind: 'aborted' };
    }
    if (error instanceof AccountBusyError) {
      return { kind: 'put-off', waitMs: error.waitMs };
    }
    if (!MailFailure.is(error)) {
      throw error;
    }
    return {
      kind: 'failed',
      failure: error.code,
      detail: error.detail,
      retryAfterMs: error.retryAfterMs,
      accepted: progress.accepted,
    };
  } finally {
    await (isDone
      ? connection.rest()
      : connection.close({ stored: progress.stored }));
  }
}

// A server may refuse a token that has not run out (revoked, or replaced by
// another replica a moment ago). One renewal decides: if the provider still
// gives a token and the server refuses that one too, it is the server's word.
// A password is never tried twice: servers lock accounts, and make everybody
// from the same address wait.
async function openSessionOf(
  mailbox: Mailbox,
  deps: PollDeps,
  {
    signal,
    connection,
  }: { signal: AbortSignal; connection: MailboxConnection },
): Promise<MailSession> {
  const { openSession } = deps;
  const open = (credentials: SessionCredentials) => {
    connection.credentials = credentials;
    return signIn(mailbox, credentials, { openSession, signal });
  };
  const credentials = await deps.credentials(mailbox, { signal });
  try {
    return await open(credentials);
  } catch (error) {
    const renewable =
      credentials.method === 'oauth' &&
      MailFailure.is(error) &&
      error.code === 'login-refused';
    if (!renewable) {
      throw error;
    }
    const renewed = await deps.credentials(mailbox, {
      signal,
      refused: credentials,
    });
    try {
      return await open(renewed);
    } catch (second) {
      throw await namedAsMendable(second, mailbox, deps);
    }
  }
}

function isSame(
  current: SessionCredentials,
  { credentials }: MailboxConnection,
): boolean {
  return (
    credentials !== undefined &&
    secretOf(credentials).reveal() === secretOf(current).reveal()
  );
}

// The catalogue's words for a refused login are those for a mailbox's owner.
async function namedAsMendable(
  error: unknown,
  mailbox: Mailbox,
  deps: PollDeps,
): Promise<unknown> {
  const isRefusal = MailFailure.is(error) && error.code === 'login-refused';
  return isRefusal && (await deps.actsAlone?.(mailbox))
    ? new MailFailure('application-refused', error.message, {
        cause: error,
        detail: error.detail,
      })
    : error;
}

function beginReading(visit: Visit, folder: OpenFolder): Promise<Reading> {
  return folder.positions === 'uids'
    ? UidReading.begin(visit, folder)
    : ListingReading.begin(visit, folder);
}

/** @returns whether there are more mails than were looked at */
async function readNew(
  visit: Visit,
  reading: Reading,
  { progress, budget }: { progress: Progress; budget: VisitBudget },
): Promise<boolean> {
  const { maxMessageBytes } = visit.deps.policy;
  const storing = new StoringAhead(visit, reading, progress);
  let waiting: MessageRef[] = [];
  let isFetching = false;
  try {
    for (;;) {
      visit.signal.throwIfAborted();
      if (waiting.length === 0) {
        waiting = await listNext(reading, budget);
      }
      const asked = takeBatch(waiting, {
        maxCount: BATCH_COUNT,
        maxBytes: BATCH_BYTES,
        maxMessageBytes,
      });
      if (asked.length === 0) {
        return budget.isSpent && (budget.spent > 0 || reading.unlisted > 0);
      }
      if (budget.spent > 0) {
        await visit.deps.rawMails.whenRoom(visit.signal);
      }
      const wanted = await reading.wanted(asked);
      progress.stored = false;
      isFetching = true;
      const fetched = await visit.session.fetch(wanted, {
        maxBytes: maxMessageBytes,
        truncateBytes: TRUNCATE_BYTES,
      });
      isFetching = false;
      await storing.begin({ asked, fetched });
      const left = reading.leftOut(wanted, fetched);
      if (left.length === asked.length) {
        return true;
      }
      // Where the connection broke amid a batch, asking again tells why.
      waiting = [...left, ...waiting.slice(asked.length)];
      progress.waiting = waiting.length;
      budget.spend(asked.length - left.length);
      if (budget.isLate) {
        return true;
      }
    }
  } finally {
    await storing.end();
    progress.stored = !isFetching;
  }
}

/** The next mails, as many as may be looked at. */
async function listNext(
  reading: Reading,
  budget: VisitBudget,
): Promise<MessageRef[]> {
  if (reading.unlisted > 0 || budget.spent > 0) {
    const left = await budget.left();
    return left > 0 ? reading.next(Math.min(LIST_LIMIT, left)) : [];
  }
  // None is expected; some may have come since the folder was opened.
  const refs = await reading.next(Math.min(LIST_LIMIT, budget.perVisit));
  return refs.length > 0 ? refs.slice(0, await budget.left()) : refs;
}
