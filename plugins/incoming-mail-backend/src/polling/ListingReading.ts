// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { holdLease, inTransaction, Tx } from '../database';
import { FetchedBatch, KeyedBy, MessageRef, OpenFolder } from '../transport';
import { Cursor } from './CursorStore';
import { KnownSource } from './KnownSourceStore';
import { ReadMails, Reading } from './Reading';
import { Visit } from './types';

const PAGE = 1000;

// Each digest costs a command. Above so many mails, names that do not last
// cannot be made up for: the mailbox has to be read by IMAP, or emptied.
const MAX_DIGESTS = 1000;

/**
 * Reading where positions end with the session (POP3): whatever the server
 * lists and the ledger of known sources does not have, by name and size, is
 * new. What is there at the first visit is noted as known.
 *
 * Where a server has no names (UIDL), or new ones in each session, mails are
 * told apart by the digests of their headers, and those whose bytes are stored
 * already are known as well.
 */
export class ListingReading implements Reading {
  readonly cursor: Cursor;
  readonly baseline: boolean;
  readonly renumbered: boolean;
  readonly #visit: Visit;
  #fresh: MessageRef[] = [];

  private constructor(
    visit: Visit,
    found: { cursor: Cursor; baseline: boolean; renumbered: boolean },
  ) {
    this.#visit = visit;
    this.cursor = found.cursor;
    this.baseline = found.baseline;
    this.renumbered = found.renumbered;
  }

  static async begin(
    visit: Visit,
    folder: Extract<OpenFolder, { positions: 'session' }>,
  ): Promise<ListingReading> {
    const { mailbox, deps } = visit;
    const known = await deps.cursors.list(mailbox.id, mailbox.folder);
    const cursor = known.find(({ keyedBy }) => keyedBy !== undefined);
    if (!cursor) {
      return new ListingReading(visit, {
        cursor: await createBaseline(visit, folder, known),
        baseline: true,
        renumbered: false,
      });
    }
    const { keyedBy = 'uidl' } = cursor;
    const hasNames = keyedBy === 'uidl' && folder.keyedBy === 'uidl';
    const listed = await listAll(visit, hasNames ? 'uidl' : 'digest', folder);
    const renumbered =
      keyedBy === 'uidl' &&
      (!hasNames || (await namesChanged(visit, cursor, listed)));
    const reading = new ListingReading(visit, {
      cursor: renumbered ? await keyByDigest(visit, cursor) : cursor,
      baseline: false,
      renumbered,
    });
    await reading.#compare(
      renumbered && hasNames ? await listAll(visit, 'digest', folder) : listed,
    );
    return reading;
  }

  get recognisesBytes(): boolean {
    return this.cursor.keyedBy === 'digest';
  }

  // Gaps are among what is listed anew.
  get mayFillGaps(): boolean {
    return true;
  }

  get unlisted(): number {
    return this.#fresh.length;
  }

  async next(limit: number): Promise<MessageRef[]> {
    return this.#fresh.splice(0, limit);
  }

  async wanted(refs: readonly MessageRef[]): Promise<readonly MessageRef[]> {
    return refs;
  }

  needsReview(): boolean {
    return false;
  }

  leftOut(
    asked: readonly MessageRef[],
    { messages, refused }: FetchedBatch,
  ): readonly MessageRef[] {
    const told = new Set([...messages.map(({ ref }) => ref), ...refused]);
    return asked.filter(ref => !told.has(ref));
  }

  async moveOver(tx: Tx, { messages, lost }: ReadMails): Promise<void> {
    await this.#visit.deps.sources.add(tx, this.cursor.id, [
      ...messages,
      ...lost,
    ]);
  }

  /** Finds what is new in a listing, and keeps the ledger in order. */
  async #compare(listed: readonly MessageRef[]): Promise<void> {
    const { deps, ticket } = this.#visit;
    const keys = listed.map(({ sourceKey }) => sourceKey);
    const { sizes, stale } = await deps.sources.find(this.cursor.id, keys);
    const gaps = await deps.gaps.list(this.cursor.id);
    const waiting = new Set(
      gaps.filter(({ due }) => !due).map(({ sourceKey }) => sourceKey),
    );
    this.#fresh = listed.filter(
      ({ sourceKey, sizeBytes }) =>
        sizes.get(sourceKey) !== sizeBytes && !waiting.has(sourceKey),
    );
    const present = new Set(keys);
    const gone = gaps
      .map(({ sourceKey }) => sourceKey)
      .filter(key => !present.has(key));
    if (stale || gone.length > 0) {
      await inTransaction(deps.db, async tx => {
        await holdLease(tx, ticket);
        await deps.sources.keepListed(tx, this.cursor.id, keys);
        await deps.gaps.remove(tx, this.cursor.id, gone);
      });
    }
  }
}

/** Everything that is there; POP3 lists it in one go. */
async function listAll(
  { session, signal }: Visit,
  keyedBy: KeyedBy,
  { messageCount }: OpenFolder,
): Promise<MessageRef[]> {
  if (keyedBy === 'digest' && messageCount > MAX_DIGESTS) {
    throw new MailFailure(
      'protocol-error',
      'The mails of the mailbox cannot be told apart',
      {
        detail: `The server has no lasting names (UIDL) for its mails; without them no mailbox of more than ${MAX_DIGESTS} mails can be read by POP3`,
      },
    );
  }
  const all: MessageRef[] = [];
  for (;;) {
    signal.throwIfAborted();
    const after = all.at(-1)?.position ?? 0;
    const page = await session.list({ after, limit: PAGE, keyedBy });
    if (page.length === 0) {
      return all;
    }
    all.push(...page);
  }
}

async function createBaseline(
  visit: Visit,
  folder: Extract<OpenFolder, { positions: 'session' }>,
  former: readonly Cursor[],
): Promise<Cursor> {
  const { mailbox, ticket, deps } = visit;
  const { keyedBy } = folder;
  const known = await withDigests(visit, await listAll(visit, keyedBy, folder));
  return inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    await deps.mailboxes.setReadingSince(tx, mailbox.id);
    await deps.acknowledgements.forget(
      tx,
      former.map(({ id }) => id),
    );
    const cursor = await deps.cursors.create(tx, {
      mailboxId: mailbox.id,
      folder: mailbox.folder,
      uidValidity: 0,
      baseUid: 0,
      keyedBy,
    });
    await deps.sources.add(tx, cursor.id, known);
    return cursor;
  });
}

// Once, so that they are there should the server turn out to give new names in
// each session.
async function withDigests(
  { session }: Visit,
  refs: readonly MessageRef[],
): Promise<KnownSource[]> {
  const missing = refs.filter(ref => ref.headDigest === undefined);
  const digests =
    missing.length <= MAX_DIGESTS
      ? await session.digestHeads?.(missing)
      : undefined;
  return refs.map(ref => ({
    ...ref,
    headDigest: ref.headDigest ?? digests?.get(ref.sourceKey),
  }));
}

/**
 * Whether the server gave known mails new names, or has none any more: not one
 * name is known, and yet mails are that have the header of a known one.
 */
async function namesChanged(
  visit: Visit,
  cursor: Cursor,
  listed: readonly MessageRef[],
): Promise<boolean> {
  const { deps, session } = visit;
  const { sizes } = await deps.sources.find(
    cursor.id,
    listed.map(({ sourceKey }) => sourceKey),
  );
  const isNothingKnown = listed.length > 0 && sizes.size === 0;
  if (!isNothingKnown || (await deps.sources.isEmpty(cursor.id))) {
    return false;
  }
  const known = new Set(
    (await deps.sources.listDigests(cursor.id)).map(
      source => source.headDigest,
    ),
  );
  // As many as could be told apart by digests afterwards.
  const some = listed.slice(0, MAX_DIGESTS);
  const digests = await session.digestHeads?.(some);
  return [...(digests?.values() ?? [])].some(digest => known.has(digest));
}

/** Names known mails by their digests from now on. */
function keyByDigest(visit: Visit, cursor: Cursor): Promise<Cursor> {
  const { deps, ticket } = visit;
  return inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    const known = await deps.sources.listDigests(cursor.id, tx);
    const seen = new Map<string, number>();
    await deps.sources.clear(tx, cursor.id);
    await deps.acknowledgements.forget(tx, [cursor.id]);
    await deps.sources.add(
      tx,
      cursor.id,
      known.map(source => {
        const ordinal = (seen.get(source.headDigest) ?? 0) + 1;
        seen.set(source.headDigest, ordinal);
        return { ...source, sourceKey: `head:${source.headDigest}#${ordinal}` };
      }),
    );
    await deps.cursors.keyByDigest(tx, cursor.id);
    return { ...cursor, keyedBy: 'digest' };
  });
}
