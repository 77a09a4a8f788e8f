// SPDX-License-Identifier: Apache-2.0
import { failures, MAX_IMPORTED } from '@postroom/plugin-incoming-mail-common';
import { holdLease, inTransaction } from '../database';
import { ImportEndedError, OpenImport } from '../mailboxes';
import { MessageRef } from '../transport';
import { Cursor } from './CursorStore';
import type { Visit } from './pollMailbox';
import { takeBatch } from './takeBatch';
import { ImportProgress } from './types';

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

/** How far an import came in a visit. */
export interface OlderReading {
  readonly progress: ImportProgress;
  /** Whether there is more to read than the visit had room for. */
  readonly more: boolean;
}

/** What an import is read with. */
interface OlderOptions {
  readonly cursor: Cursor;
  /** Known mails are recognised by their bytes. */
  readonly renumbered: boolean;
  /** How many mails the visit has room for. */
  readonly budget: number;
  /** Told of mails that now stand, also where the visit then fails. */
  onAccepted(count: number): void;
}

/**
 * Reads a part of the import that is under way, if there is one.
 *
 * @throws MailFailure where the connection breaks: the import goes on with the
 *   next visit
 */
export async function readOlder(
  visit: Visit,
  options: OlderOptions,
): Promise<OlderReading | undefined> {
  const { imports } = visit.deps;
  const open = await imports.findOpen(visit.mailbox.id);
  if (!open) {
    return undefined;
  }
  const read = { accepted: 0 };
  try {
    const more = await readImport(visit, { ...options, open, read });
    const latest = await imports.findLatest(visit.mailbox.id);
    return {
      more,
      progress: {
        accepted: read.accepted,
        ...(!more && {
          ended: latest?.state === 'failed' ? 'failed' : 'done',
          total: latest?.imported,
        }),
      },
    };
  } catch (error) {
    if (error instanceof ImportEndedError) {
      return { more: false, progress: { accepted: read.accepted } };
    }
    throw error;
  }
}

async function readImport(
  visit: Visit,
  options: OlderOptions & {
    open: OpenImport;
    read: { accepted: number };
  },
): Promise<boolean> {
  const { session, deps, ticket, signal } = visit;
  const { open, read } = options;
  const window = await planWindow(visit, options);
  if (!window) {
    return false;
  }
  let { afterUid } = window;
  let seen = 0;
  while (seen < options.budget) {
    signal.throwIfAborted();
    const refs = takeBatch(
      (await session.list({ afterUid, limit: LIST_LIMIT }))
        .filter(({ uid }) => uid <= window.upToUid)
        .slice(0, options.budget - seen),
      {
        maxCount: BATCH_COUNT,
        maxBytes: BATCH_BYTES,
        maxMessageBytes: deps.policy.maxMessageBytes,
      },
    );
    if (refs.length === 0) {
      await inTransaction(deps.db, async tx => {
        await holdLease(tx, ticket);
        await deps.imports.finish(tx, open.id);
      });
      return false;
    }
    const accepted = await storeBatch(visit, { ...options, refs });
    read.accepted += accepted;
    options.onAccepted(accepted);
    afterUid = refs[refs.length - 1].uid;
    seen += refs.length;
  }
  return true;
}

async function planWindow(
  visit: Visit,
  { open, cursor, renumbered }: OlderOptions & { open: OpenImport },
) {
  const { session, deps, ticket } = visit;
  if (open.window?.cursorId === cursor.id) {
    return open.window;
  }
  if (!session.findOlder) {
    await inTransaction(deps.db, async tx => {
      await holdLease(tx, ticket);
      await deps.imports.fail(tx, open.id, {
        code: 'protocol-error',
        detail: failures['protocol-error'].title,
      });
    });
    return undefined;
  }
  // Under a new numbering there is no base: what is known is told by its bytes.
  const upToUid = renumbered ? cursor.lastUid : cursor.baseUid;
  const { wanted } = open;
  const { afterUid, count } = await session.findOlder({
    upToUid,
    since: wanted.since === undefined ? undefined : startOfDay(wanted.since),
    limit: wanted.last ?? MAX_IMPORTED,
  });
  const window = { cursorId: cursor.id, afterUid, upToUid };
  await inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    await deps.imports.plan(tx, open.id, { ...window, found: count });
  });
  return window;
}

async function storeBatch(
  visit: Visit,
  options: OlderOptions & { open: OpenImport; refs: readonly MessageRef[] },
): Promise<number> {
  const { mailbox, session, deps, ticket } = visit;
  const { open, refs, cursor, renumbered } = options;
  const { wanted } = open;
  // Mail that was moved about is not in the order of its arrival.
  const fetched = await session.fetch(
    refs.filter(
      ref =>
        wanted.since === undefined ||
        ref.receivedAt === undefined ||
        ref.receivedAt >= startOfDay(wanted.since),
    ),
    {
      maxBytes: deps.policy.maxMessageBytes,
      truncateBytes: TRUNCATE_BYTES,
    },
  );
  return inTransaction(deps.db, async tx => {
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
      imported: true,
    });
    await deps.imports.advance(tx, open.id, {
      afterUid: refs[refs.length - 1].uid,
      accepted,
    });
    return accepted;
  });
}

function startOfDay(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`);
}
