// SPDX-License-Identifier: Apache-2.0
import { KeyedBy, MailSession, MessageRef, OpenFolder } from './types';

/** See {@link readingStart}. */
export interface ReadingStart {
  readonly uidValidity: number;
  readonly uidNext: number;
  /** See {@link findReadingStart}. */
  readonly known?: KnownListing;
}

/** What stands in a folder whose positions end with the session. */
export interface KnownListing {
  readonly keyedBy: KeyedBy;
  readonly mails: ReadonlyArray<
    Pick<MessageRef, 'sourceKey' | 'sizeBytes' | 'headDigest'>
  >;
}

const PAGE = 1000;

// A digest costs a command. As many as reading tells mails apart by, and no
// longer than a person waits for a test.
const MAX_DIGESTS = 1000;
const DIGESTS_AT_A_TIME = 20;
const DIGESTS_MS = 10_000;

/**
 * Where reading can start for mail that arrives from now on, by the numbering
 * of a folder. One whose positions end with the session (POP3) has none, which
 * UIDVALIDITY 0 says: no IMAP folder has it.
 */
export function readingStart(opened: OpenFolder): ReadingStart {
  return opened.positions === 'uids'
    ? { uidValidity: opened.uidValidity, uidNext: opened.uidNext }
    : { uidValidity: 0, uidNext: 1 };
}

/**
 * The same with what stands in a folder that has no numbering, by name, size
 * and the digest of its header. Without `known` it could not be told in 10 s:
 * whoever reads the folder first then notes what is there.
 *
 * @param session - which has just opened it
 * @throws MailFailure
 */
export async function findReadingStart(
  session: MailSession,
  opened: OpenFolder,
): Promise<ReadingStart> {
  const start = readingStart(opened);
  if (opened.positions === 'uids') {
    return start;
  }
  const { keyedBy } = opened;
  const deadline = performance.now() + DIGESTS_MS;
  const mails =
    keyedBy === 'uidl'
      ? await listByName(session, deadline)
      : await listByDigest(session, opened, deadline);
  return mails ? { ...start, known: { keyedBy, mails } } : start;
}

/** By name, which costs nothing; with digests unless there are too many. */
async function listByName(
  session: MailSession,
  deadline: number,
): Promise<MessageRef[] | undefined> {
  const mails = await listAll(session, PAGE, Infinity);
  if (!mails || mails.length > MAX_DIGESTS || !session.digestHeads) {
    return mails;
  }
  const digests = new Map<string, string>();
  for (let at = 0; at < mails.length; at += DIGESTS_AT_A_TIME) {
    if (performance.now() > deadline) {
      return undefined;
    }
    const some = mails.slice(at, at + DIGESTS_AT_A_TIME);
    for (const [key, digest] of await session.digestHeads(some)) {
      digests.set(key, digest);
    }
  }
  return mails.map(mail => ({
    ...mail,
    headDigest: digests.get(mail.sourceKey),
  }));
}

async function listByDigest(
  session: MailSession,
  { messageCount }: OpenFolder,
  deadline: number,
): Promise<MessageRef[] | undefined> {
  return messageCount > MAX_DIGESTS
    ? undefined
    : listAll(session, DIGESTS_AT_A_TIME, deadline);
}

/** @returns undefined where the deadline came first */
async function listAll(
  session: MailSession,
  limit: number,
  deadline: number,
): Promise<MessageRef[] | undefined> {
  const all: MessageRef[] = [];
  while (performance.now() <= deadline) {
    const after = all.at(-1)?.position ?? 0;
    const page = await session.list({ after, limit });
    if (page.length === 0) {
      return all;
    }
    all.push(...page);
  }
  return undefined;
}
