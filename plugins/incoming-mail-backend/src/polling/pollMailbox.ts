// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import {
  Db,
  holdLease,
  inTransaction,
  LeaseLostError,
  LeaseTicket,
} from '../database';
import { InboxStore } from '../inbox';
import { ImportStore, Mailbox, MailboxStore, signIn } from '../mailboxes';
import { MailSession, MessageRef, OpenFolder, OpenSession } from '../transport';
import { Cursor, CursorStore } from './CursorStore';
import { readOlder } from './readOlder';
import { takeBatch } from './takeBatch';
import { PollOutcome, PollPolicy } from './types';

// Exactly once, the first half
//
// A mail is stored, together with the cursor that moves over it and the note
// that the server is still to be told, in one transaction that proves the
// lease. Only when that stands is the server told. So:
// - dying before the commit leaves nothing: the mail is fetched again;
// - dying after it leaves the note: the next visit tells the server;
// - a commit of which the answer was lost is absorbed by the mail's unique
//   key, like a second replica that fetched the same mail;
// - reading is decided by the cursor alone. What the server says about flags
//   is never asked: a person who reads the mail first hides nothing from us.

/** A secret that polling carries from the vault to the session, unopened. */
type SessionSecret = Parameters<typeof signIn>[1];

/** What a visit needs. */
export interface PollDeps {
  readonly db: Db;
  readonly cursors: CursorStore;
  readonly inbox: InboxStore;
  readonly mailboxes: MailboxStore;
  readonly imports: ImportStore;
  readonly openSession: OpenSession;
  /** @throws MailFailure */
  accessToken(
    mailboxId: string,
    options: { signal: AbortSignal; forceRefreshOf?: SessionSecret },
  ): Promise<SessionSecret>;
  /** @throws MailFailure */
  openPassword(mailboxId: string): Promise<SessionSecret>;
  readonly policy: PollPolicy;
}

const LIST_LIMIT = 500;
const BATCH_COUNT = 100;
const BATCH_BYTES = 16 * 1_048_576;
const ACKNOWLEDGE_LIMIT = 500;
// Of a mail over the size limit this much is kept: its header, and enough of
// the text to recognise it.
const TRUNCATE_BYTES = 262_144;
// The server's clock dates a mail, the database's the beginning of reading.
const CLOCK_TOLERANCE_MS = 3_600_000;

/**
 * One visit of one mailbox: open, list after the cursor, fetch, store,
 * acknowledge, close. Never throws for what the outside world does; a failing
 * database is thrown.
 */
export async function pollMailbox(
  mailbox: Mailbox,
  ticket: LeaseTicket,
  deps: PollDeps,
  signal: AbortSignal,
): Promise<PollOutcome> {
  const progress = { accepted: 0 };
  let session: MailSession | undefined;
  try {
    session = await openSessionOf(mailbox, deps, signal);
    const folder = await session.open(mailbox.folder);
    const position = await findPosition(mailbox, ticket, folder, deps);
    const visit = { mailbox, ticket, session, deps, signal };
    const { seen, lastUid, more } = await readAfter(position, visit, progress);
    // What is new comes first, so that nobody waits for what is old.
    const older = more
      ? undefined
      : await readOlder(visit, {
          cursor: { ...position.cursor, lastUid },
          renumbered: position.renumbered,
          budget: deps.policy.messagesPerVisit - seen,
          onAccepted: count => {
            progress.accepted += count;
          },
        });
    return {
      kind: 'completed',
      accepted: progress.accepted,
      more: more || older?.more === true,
      left: more ? Math.max(0, folder.uidNext - 1 - lastUid) : 0,
      ...(older && { older: older.progress }),
      baseline: position.baseline,
      renumbered: position.renumberedNow,
    };
  } catch (error) {
    if (signal.aborted || error instanceof LeaseLostError) {
      return { kind: 'aborted' };
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
    await session?.close();
  }
}

// A server may refuse a token that has not run out (revoked, or replaced by
// another replica a moment ago). One renewal decides: if the provider still
// gives a token and the server refuses that one too, it is the server's word.
async function openSessionOf(
  mailbox: Mailbox,
  deps: PollDeps,
  signal: AbortSignal,
): Promise<MailSession> {
  const { openSession } = deps;
  const open = (secret: SessionSecret) =>
    signIn(mailbox, secret, { openSession, signal });
  if (mailbox.authentication.method === 'password') {
    return open(await deps.openPassword(mailbox.id));
  }
  const accessToken = await deps.accessToken(mailbox.id, { signal });
  try {
    return await open(accessToken);
  } catch (error) {
    if (!MailFailure.is(error) || error.code !== 'login-refused') {
      throw error;
    }
    return open(
      await deps.accessToken(mailbox.id, {
        signal,
        forceRefreshOf: accessToken,
      }),
    );
  }
}

interface Position {
  readonly cursor: Cursor;
  /** The folder had another numbering before: known mails are recognised by their bytes. */
  readonly renumbered: boolean;
  readonly renumberedNow: boolean;
  readonly baseline: boolean;
}

async function findPosition(
  mailbox: Mailbox,
  ticket: LeaseTicket,
  folder: OpenFolder,
  deps: PollDeps,
): Promise<Position> {
  const known = await deps.cursors.list(mailbox.id, mailbox.folder);
  const current = known.find(
    cursor => cursor.uidValidity === folder.uidValidity,
  );
  if (current) {
    return {
      cursor: current,
      renumbered: known.length > 1,
      renumberedNow: false,
      baseline: false,
    };
  }
  const baseline = known.length === 0;
  const cursor = await inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    if (baseline) {
      await deps.mailboxes.setReadingSince(tx, mailbox.id);
    }
    return deps.cursors.create(tx, {
      mailboxId: mailbox.id,
      folder: mailbox.folder,
      uidValidity: folder.uidValidity,
      // The first time nothing old is read. Under a new numbering everything
      // is looked at again, or what came in between would be lost.
      baseUid: baseline ? folder.uidNext - 1 : 0,
    });
  });
  return { cursor, renumbered: !baseline, renumberedNow: !baseline, baseline };
}

/** What the parts of a visit share. */
export interface Visit {
  readonly mailbox: Mailbox;
  readonly ticket: LeaseTicket;
  readonly session: MailSession;
  readonly deps: PollDeps;
  readonly signal: AbortSignal;
}

async function readAfter(
  position: Position,
  visit: Visit,
  progress: { accepted: number },
): Promise<{ seen: number; lastUid: number; more: boolean }> {
  const { mailbox, ticket, session, deps, signal } = visit;
  const { cursor, renumbered } = position;
  const { messagesPerVisit, maxMessageBytes } = deps.policy;
  let lastUid = cursor.lastUid;
  let listed: MessageRef[] = [];
  let seen = 0;

  await acknowledgeStored(cursor, session, deps);
  while (seen < messagesPerVisit) {
    signal.throwIfAborted();
    if (listed.length === 0) {
      listed = await session.list({
        afterUid: lastUid,
        limit: Math.min(LIST_LIMIT, messagesPerVisit - seen),
      });
    }
    const refs = takeBatch(listed, {
      maxCount: BATCH_COUNT,
      maxBytes: BATCH_BYTES,
      maxMessageBytes,
    });
    if (refs.length === 0) {
      return { seen, lastUid, more: false };
    }
    listed = listed.slice(refs.length);
    const wanted = renumbered
      ? refs.filter(ref => !isOlderThanReading(ref.receivedAt, mailbox))
      : refs;
    const fetched = await session.fetch(wanted, {
      maxBytes: maxMessageBytes,
      truncateBytes: TRUNCATE_BYTES,
    });
    const upTo = refs[refs.length - 1].uid;
    progress.accepted += await inTransaction(deps.db, async tx => {
      await holdLease(tx, ticket);
      const accepted = await deps.inbox.accept(tx, {
        mailboxId: mailbox.id,
        cursorId: cursor.id,
        messages: fetched.map(({ ref, raw, truncated }) => ({
          ...ref,
          raw,
          truncated,
        })),
        renumbered,
      });
      await deps.cursors.advance(tx, cursor.id, upTo);
      return accepted;
    });
    lastUid = upTo;
    await acknowledgeStored(cursor, session, deps);
    seen += refs.length;
  }
  return { seen, lastUid, more: true };
}

function isOlderThanReading(
  receivedAt: Date | undefined,
  mailbox: Mailbox,
): boolean {
  return (
    receivedAt !== undefined &&
    mailbox.readingSince !== undefined &&
    receivedAt.getTime() < mailbox.readingSince.getTime() - CLOCK_TOLERANCE_MS
  );
}

// Also tells what an earlier visit stored but could not tell.
async function acknowledgeStored(
  cursor: Cursor,
  session: MailSession,
  deps: PollDeps,
): Promise<void> {
  const uids = await deps.inbox.listAcknowledgements(
    cursor.id,
    ACKNOWLEDGE_LIMIT,
  );
  if (uids.length > 0) {
    await session.acknowledge(uids);
    await deps.inbox.removeAcknowledgements(cursor.id, uids);
  }
}
