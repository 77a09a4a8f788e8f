// SPDX-License-Identifier: Apache-2.0
import { AfterStoring } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { FetchMessageObject, ImapFlow } from 'imapflow';
import { pinnedLookup, trustedAuthorities, withDeadline } from '../../egress';
import { ByteCollector } from '../ByteCollector';
import { ConnectOptions } from '../ConnectOptions';
import { createCounter } from '../createCounter';
import { fetchBatches } from '../fetchBatches';
import { headDigest, MAX_HEAD_BYTES } from '../headDigest';
import { secretOf } from '../secretOf';
import { fetchTimeoutMs } from '../sessionTimeouts';
import {
  FetchedBatch,
  FetchedMessage,
  FetchLimits,
  FolderDates,
  KeyedBy,
  MailFolder,
  MailSession,
  MessageRef,
  OpenFolder,
  SessionStage,
  SettleOutcome,
  SettleRefusal,
} from '../types';
import { judgeCredentials, judgeFolder } from '../wireText';
import { ImapStage, isPlainRefusal, toMailFailure } from './imapFailures';
import {
  cutToSize,
  JudgedFolder,
  judgeDate,
  judgeFolderReply,
  judgeStableId,
  SEEN,
} from './judgeReplies';
import {
  isNzNumber,
  isWithin,
  sortUids,
  toUidSet,
  UidWindow,
  uidWindows,
  uidWindowsDown,
} from './uids';

// Above the largest mail, so that the limit is ours to apply, mail by mail:
// when imapflow's own bites, the connection is gone and the mail is met again
// at the next visit.
const LITERAL_SLACK_BYTES = 1024 * 1024;
const RESPONSE_SLACK_BYTES = 4 * 1024 * 1024;

// The longest line is a SEARCH reply: about a million and a half UIDs.
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_RESPONSE_TOKENS = 50_000;

// 250 single UIDs make a line of 2.7 kB; servers take 8 kB (RFC 7162 section 4).
const MAX_UIDS_PER_COMMAND = 250;

// Headers are a few kB; of so many at once the largest do no harm.
const MAX_HEADS_PER_COMMAND = 100;
const USUAL_HEAD_BYTES = 16 * 1024;

// Where a server delivers none of so many mails, it is the server.
const MIN_REFUSED_BY_THE_SERVER = 20;

const MAX_FOLDERS = 1000;

// Servers may report flag changes, by anybody, within any reply.
const UNSOLICITED_ROWS = 10_000;

// A server that ends IDLE sooner, time and again, is not to be asked in a loop.
const SHORTEST_IDLE_MS = 20;
const IDLE_SPREAD = 0.28;

// How much more than announced a batch may be. Exchange announces a size that
// is some per cent off the real one; somebody who fills memory is far above.
const SIZE_TOLERANCE = 2;

// From here on a mail is fetched in pieces: in one go imapflow holds it twice.
// Below, the commands would cost more than the memory does.
const PIECES_FROM_BYTES = 5 * 1024 * 1024;
const PIECE_BYTES = 2 * 1024 * 1024;

const BY_UID = { uid: true, silent: true };

/** What imapflow told of a command that it only says failed. */
interface Refusal {
  readonly responseStatus?: string;
  readonly serverResponseCode?: string;
  readonly code?: string;
}

/** What became of mails that were settled with one command. */
interface SettledSome {
  readonly done: boolean;
  readonly refusal?: SettleRefusal;
}

/**
 * A session on imapflow, and the only file that knows it.
 *
 * What the library leaves open is closed here: an `error` listener from the
 * start (without one a reset ends the process), a deadline on every call (its
 * own timeouts count inactivity only, and a call to another command within a
 * fetch loop never returns), and the cause of a broken command, which it only
 * gives to the listener.
 */
export class ImapSession implements MailSession {
  readonly #client: ImapFlow;
  readonly #options: ConnectOptions;
  readonly #abort: () => void;
  #connectionError: unknown;
  #lastRefusal?: Refusal;
  #folder?: JudgedFolder;
  #path?: string;
  /** What `list` named by their digests; UIDs without UIDVALIDITY name nothing. */
  #named?: readonly MessageRef[];
  #closed?: Promise<void>;
  /** Mail has arrived since the folder was opened. */
  #hasNews = false;
  #onNews = () => {};
  #idling?: Promise<number>;
  waitForNews?: MailSession['waitForNews'];

  private constructor(options: ConnectOptions) {
    this.#options = options;
    this.#client = createClient(options);
    this.#client.on('error', error => {
      this.#connectionError = error;
    });
    this.#client.on('response', ({ response, code }) => {
      if (response !== 'OK') {
        this.#lastRefusal = {
          responseStatus: response,
          serverResponseCode: code,
        };
      }
    });
    this.#client.on('exists', ({ count, prevCount }) => {
      if (count > prevCount) {
        this.#hasNews = true;
        this.#onNews();
      }
    });
    this.#abort = () => this.#client.close();
    options.signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Connects and signs in. Leaves nothing open where it throws. */
  static async connect(options: ConnectOptions): Promise<ImapSession> {
    judgeCredentials(options.credentials);

    const session = new ImapSession(options);
    try {
      await session.#run('sign-in', options.timeouts.signInMs, () =>
        session.#client.connect(),
      );
      if (session.#client.capabilities.has('IDLE')) {
        session.waitForNews = signal => session.#listen(signal);
      }
      return session;
    } catch (error) {
      session.#closeNow();
      throw error;
    } finally {
      const stage = session.#stage();
      if (stage) {
        options.onStage?.(stage);
      }
    }
  }

  async open(folder: string): Promise<OpenFolder> {
    judgeFolder(folder);
    const { commandMs, reopenMs } = this.#options.timeouts;
    // Over a connection that may have died unnoticed nobody waits for long.
    const timeoutMs = this.#folder ? reopenMs : commandMs;
    return this.#run('open', timeoutMs, async () => {
      const mailbox = await this.#client.mailboxOpen(folder);
      // What was told before is part of the reply.
      this.#hasNews = false;
      this.#folder = judgeFolderReply(mailbox);
      this.#path = mailbox.path;
      this.#named = undefined;
      return this.#folder.opened;
    });
  }

  async list(options: {
    after: number;
    limit: number;
    keyedBy?: KeyedBy;
  }): Promise<MessageRef[]> {
    const { opened } = this.#openFolder();
    if (opened.positions === 'session') {
      const all = await this.#listByDigest();
      return all
        .filter(({ position }) => position > options.after)
        .slice(0, options.limit);
    }
    const uids = await this.#search(options.after, options.limit);
    if (uids.length === 0) {
      return [];
    }
    return this.#run('list', this.#options.timeouts.commandMs, () =>
      this.#describe(uids),
    );
  }

  async fetch(
    refs: readonly MessageRef[],
    limits: FetchLimits,
  ): Promise<FetchedBatch> {
    const maxBytes = Math.min(limits.maxBytes, this.#options.maxMessageBytes);
    const truncateBytes = Math.min(limits.truncateBytes, maxBytes);
    const isLarge = (ref: MessageRef) => ref.sizeBytes > maxBytes;
    const whole = refs.filter(ref => !isLarge(ref));
    const large = refs.filter(isLarge);

    const fetched = new Map<number, FetchedMessage>();
    const refused = new Set<number>();
    for (const { batch, wanted } of [
      ...toBatches(whole, maxBytes),
      ...toBatches(large, truncateBytes),
    ]) {
      const sizes = { wanted, truncateBytes };
      const result = await this.#fetchIsolating(batch, sizes);
      result.messages.forEach(m => fetched.set(m.ref.position, m));
      result.refused.forEach(ref => refused.add(ref.position));
    }
    return {
      messages: refs.flatMap(ref => fetched.get(ref.position) ?? []),
      refused: refs.filter(ref => refused.has(ref.position)),
    };
  }

  async settle(
    sourceKeys: readonly string[],
    action: AfterStoring,
  ): Promise<SettleOutcome> {
    if (action.action === 'leave' || sourceKeys.length === 0) {
      return { done: sourceKeys };
    }
    const unable = this.#cannotSettle(action);
    if (unable) {
      return { done: [], refusal: unable };
    }
    const keys = await this.#keysByUid(sourceKeys);
    const uids = sortUids(keys.keys());
    const present = new Set(keys.values());
    // What is named by its header and not there has gone.
    const done = sourceKeys.filter(
      key => key.startsWith('head:') && !present.has(key),
    );
    for (let at = 0; at < uids.length; at += MAX_UIDS_PER_COMMAND) {
      const some = uids.slice(at, at + MAX_UIDS_PER_COMMAND);
      const settled = await this.#settleSome(toUidSet(some), action);
      if (settled.done) {
        done.push(...some.map(uid => keys.get(uid)!));
      }
      if (settled.refusal) {
        return { done, refusal: settled.refusal };
      }
    }
    return { done };
  }

  async listFolders(): Promise<MailFolder[]> {
    const { commandMs } = this.#options.timeouts;
    return this.#run('list-folders', commandMs, async () => {
      const folders = await this.#client.list({ listOnly: true });
      return folders.slice(0, MAX_FOLDERS).map(folder => ({
        path: folder.path,
        selectable: !folder.flags.has('\\Noselect'),
        specialUse: folder.specialUse || undefined,
      }));
    });
  }

  async digestHeads(
    refs: readonly MessageRef[],
  ): Promise<ReadonlyMap<string, string>> {
    const digests = new Map<string, string>();
    for (let at = 0; at < refs.length; at += MAX_HEADS_PER_COMMAND) {
      await this.#digestSome(
        refs.slice(at, at + MAX_HEADS_PER_COMMAND),
        digests,
      );
    }
    return digests;
  }

  async preview({ afterUid }: { afterUid: number }): Promise<FolderDates> {
    const { messageCount } = this.#openFolder().opened;
    const newer = await this.#searchWindow({ from: afterUid + 1, to: '*' });
    if (messageCount === 0) {
      return { newerCount: 0 };
    }
    return {
      oldestAt: await this.#dateOf('1'),
      newestAt: await this.#dateOf('*'),
      // Asked for what comes after the last one, servers give the last one.
      newerCount: newer.filter(uid => uid > afterUid).length,
    };
  }

  async findOlder(options: {
    upToUid: number;
    since?: Date;
    limit: number;
  }): Promise<{ afterUid: number; count: number }> {
    const { upToUid, since, limit } = options;
    let found: number[] = [];
    for (const window of uidWindowsDown({ upToUid, wanted: limit })) {
      const uids = await this.#searchWindow(window, since);
      const within = uids.filter(uid => isWithin(uid, window));
      found = [...sortUids(within), ...found];
      if (found.length >= limit) {
        break;
      }
    }
    const newest = found.slice(-limit);
    return {
      afterUid: newest.length > 0 ? newest[0] - 1 : upToUid,
      count: newest.length,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#signOut();
    return this.#closed;
  }

  // The next command ends IDLE by itself, so an abort leaves it as it is.
  async #listen(signal: AbortSignal): Promise<void> {
    this.#openFolder();
    const told = new Promise<void>(resolve => {
      this.#onNews = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!this.#hasNews && !signal.aborted) {
      this.#idling ??= this.#idle();
      // Left behind when the other one is first.
      this.#idling.catch(() => {});
      const lastedMs = await Promise.race([told, this.#idling]);
      if (
        lastedMs !== undefined &&
        lastedMs < SHORTEST_IDLE_MS &&
        !this.#hasNews
      ) {
        throw this.#nonsense('does not wait for news');
      }
    }
  }

  /**
   * One IDLE, which our keep-alive, or a server that had enough, ends early.
   *
   * @returns how long it lasted, in milliseconds
   */
  async #idle(): Promise<number> {
    const startedAt = performance.now();
    try {
      await this.#client.idle();
    } catch (error) {
      throw this.#toFailure(error, 'wait');
    } finally {
      this.#idling = undefined;
    }
    // Where the connection ends amid IDLE, imapflow only says that it ended.
    if (!this.#client.usable) {
      throw this.#toFailure({ code: 'NoConnection' }, 'wait');
    }
    return performance.now() - startedAt;
  }

  /** How far the connection came; imapflow still says so when it is closed. */
  #stage(): SessionStage | undefined {
    const { authenticated, connectedAt, secureConnection } = this.#client;
    if (authenticated) {
      return 'signed-in';
    }
    if (!connectedAt) {
      return undefined;
    }
    return secureConnection ? 'secured' : 'connected';
  }

  async #signOut(): Promise<void> {
    try {
      await withDeadline({ timeoutMs: this.#options.timeouts.signOutMs }, () =>
        this.#client.logout(),
      );
    } catch {
      // The server learns of our leaving one way or the other.
    } finally {
      this.#closeNow();
    }
  }

  #closeNow(): void {
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#client.close();
  }

  /** All mails, named by their headers; once for the session. */
  async #listByDigest(): Promise<readonly MessageRef[]> {
    if (!this.#named) {
      const { messageCount } = this.#openFolder().opened;
      const uids = await this.#search(0, messageCount);
      const refs =
        uids.length === 0
          ? []
          : await this.#run('list', this.#options.timeouts.commandMs, () =>
              this.#describe(uids),
            );
      const digests = await this.digestHeads(refs);
      const count = createCounter();
      this.#named = refs.map(ref => {
        // What cannot be looked at is told apart by its size.
        const digest =
          digests.get(ref.sourceKey) ?? headDigest(sizeAsHead(ref));
        return {
          ...ref,
          sourceKey: `head:${count(digest)}`,
          headDigest: digest,
        };
      });
    }
    return this.#named;
  }

  /** The UIDs of mails that are to be settled, with their keys. */
  async #keysByUid(
    sourceKeys: readonly string[],
  ): Promise<ReadonlyMap<number, string>> {
    if (this.#openFolder().opened.positions === 'uids') {
      const uids = sourceKeys.map(Number).filter(isNzNumber);
      return new Map(uids.map(uid => [uid, `${uid}`]));
    }
    const wanted = new Set(sourceKeys);
    const named = await this.#listByDigest();
    return new Map(
      named
        .filter(({ sourceKey }) => wanted.has(sourceKey))
        .map(({ position, sourceKey }) => [position, sourceKey]),
    );
  }

  /** The first `limit` UIDs above `afterUid`, ascending. */
  async #search(afterUid: number, limit: number): Promise<number[]> {
    const { uidNext, opened } = this.#openFolder();
    const found: number[] = [];
    if (opened.messageCount === 0) {
      return found;
    }
    for (const window of uidWindows({ afterUid, wanted: limit, uidNext })) {
      // Filtered, as `n:*` always holds the last mail, also one below n.
      const uids = (await this.#searchWindow(window)).filter(uid =>
        isWithin(uid, window),
      );
      found.push(...sortUids(uids).slice(0, limit - found.length));
      if (found.length >= limit) {
        break;
      }
    }
    return found;
  }

  /** When the mail at a place in the folder arrived; the place means no more. */
  #dateOf(place: '1' | '*'): Promise<Date | undefined> {
    return this.#run('list', this.#options.timeouts.commandMs, async () => {
      const row = await this.#client.fetchOne(place, { internalDate: true });
      return judgeDate(row ? row.internalDate : undefined);
    });
  }

  #searchWindow({ from, to }: UidWindow, since?: Date): Promise<number[]> {
    return this.#run('list', this.#options.timeouts.commandMs, async () => {
      const uids = await this.#client.search(
        { uid: `${from}:${to}`, ...(since && { since }) },
        { uid: true },
      );
      if (!Array.isArray(uids)) {
        throw this.#refusal();
      }
      return uids;
    });
  }

  async #describe(uids: readonly number[]): Promise<MessageRef[]> {
    const wanted = new Set(uids);
    const seen = new Set<number>();
    const refs = new Map<number, MessageRef>();
    // A search found everything in between, so the range holds nothing else.
    const range = `${uids[0]}:${uids.at(-1)}`;
    const query = { uid: true, size: true, internalDate: true };
    for await (const row of this.#rows(range, query, uids.length)) {
      const { uid, size } = row;
      seen.add(uid);
      if (wanted.has(uid) && size !== undefined && !refs.has(uid)) {
        refs.set(uid, {
          position: uid,
          sourceKey: `${uid}`,
          sizeBytes: size,
          receivedAt: judgeDate(row.internalDate),
          stableId: judgeStableId(row.emailId),
        });
      }
    }
    // A mail without a row has been expunged meanwhile. One that has a row but
    // is not described is there: left out, it would be passed over for ever.
    return uids.flatMap(uid => {
      const ref = refs.get(uid);
      if (!ref && seen.has(uid)) {
        throw this.#nonsense('lists mail without its size');
      }
      return ref ?? [];
    });
  }

  /** Digests headers as they come in, so that one is in memory at a time. */
  #digestSome(
    refs: readonly MessageRef[],
    digests: Map<string, string>,
  ): Promise<void> {
    const { timeouts } = this.#options;
    const timeoutMs = fetchTimeoutMs(timeouts, refs.length * USUAL_HEAD_BYTES);
    return this.#run('list', timeoutMs, async () => {
      const expected = new Map(refs.map(ref => [ref.position, ref.sourceKey]));
      const query = {
        uid: true,
        bodyParts: [{ key: 'HEADER', start: 0, maxLength: MAX_HEAD_BYTES }],
      };
      const set = toUidSet(sortUids(expected.keys()));
      try {
        for await (const row of this.#rows(set, query, refs.length)) {
          const head = row.bodyParts?.get('header') ?? row.headers;
          const key = expected.get(row.uid);
          if (key !== undefined && head) {
            digests.set(key, headDigest(head));
          }
        }
      } catch (error) {
        // What has no digest is told by its bytes.
        if (!isPlainRefusal(error, this.#responseCode())) {
          throw error;
        }
      }
    });
  }

  /**
   * Fetches a batch so that a mail that the server does not deliver is told
   * from its neighbours: what is left of a refused batch is asked for again in
   * halves. Costs 2 log n commands for one such mail among n.
   *
   * @throws MailFailure where the server delivers none of many
   */
  async #fetchIsolating(
    batch: readonly MessageRef[],
    sizes: { wanted: number; truncateBytes: number },
  ): Promise<FetchedBatch> {
    const messages: FetchedMessage[] = [];
    const refused: MessageRef[] = [];
    const waiting = [batch];
    for (let some = waiting.shift(); some; some = waiting.shift()) {
      const result = await this.#fetchSome(some, sizes);
      messages.push(...result.messages);
      const left = result.refused;
      if (left.length === 1 && some.length === 1) {
        refused.push(left[0]);
      } else if (left.length > 0) {
        const middle = Math.ceil(left.length / 2);
        waiting.unshift(
          ...[left.slice(0, middle), left.slice(middle)].filter(
            half => half.length > 0,
          ),
        );
      }
      if (
        messages.length === 0 &&
        refused.length >= MIN_REFUSED_BY_THE_SERVER
      ) {
        const { host } = this.#options.server;
        throw new MailFailure('server-unavailable', `${host} delivers no mail`);
      }
    }
    return { messages, refused };
  }

  async #fetchSome(
    batch: readonly MessageRef[],
    sizes: { wanted: number; truncateBytes: number },
  ): Promise<FetchedBatch> {
    const [ref] = batch;
    const isLarge = Math.min(ref.sizeBytes, sizes.wanted) >= PIECES_FROM_BYTES;
    const message =
      batch.length === 1 && isLarge
        ? await this.#fetchInPieces(ref, sizes)
        : undefined;
    return message
      ? { messages: [message], refused: [] }
      : this.#fetchBatch(batch, sizes);
  }

  /**
   * A mail of which each piece is put where it stays.
   *
   * @returns undefined where the server does not give it in pieces; in one go
   *   it tells whether the mail has gone, is refused, or comes all the same
   */
  async #fetchInPieces(
    ref: MessageRef,
    sizes: { wanted: number; truncateBytes: number },
  ): Promise<FetchedMessage | undefined> {
    // One byte more than wanted, as in one go.
    const most = sizes.wanted + 1;
    const mail = new ByteCollector(Math.min(ref.sizeBytes, most));
    let first: Buffer | undefined;
    while (mail.length < most) {
      const maxLength = Math.min(PIECE_BYTES, most - mail.length);
      const piece = await this.#fetchPiece(ref, mail.length, maxLength);
      // Some give the beginning, whatever they are asked for.
      if (!piece || piece.length > maxLength || first?.equals(piece)) {
        return undefined;
      }
      mail.add(piece);
      first ??= piece;
      // RFC 9051 section 6.4.5: what is shorter than asked for is the last.
      if (piece.length < maxLength) {
        break;
      }
    }
    return { ref, ...cutToSize(mail.take(), sizes) };
  }

  #fetchPiece(
    ref: MessageRef,
    start: number,
    maxLength: number,
  ): Promise<Buffer | undefined> {
    const timeoutMs = fetchTimeoutMs(this.#options.timeouts, maxLength);
    return this.#run('fetch', timeoutMs, async () => {
      let piece: Buffer | undefined;
      const query = { uid: true, source: { start, maxLength } };
      try {
        for await (const row of this.#rows(`${ref.position}`, query, 1)) {
          if (row.uid === ref.position && row.source) {
            piece = row.source;
          }
        }
      } catch (error) {
        if (!isPlainRefusal(error, this.#responseCode())) {
          throw error;
        }
      }
      return piece;
    });
  }

  /** One FETCH. Where it is refused, `refused` is what did not come before. */
  #fetchBatch(
    batch: readonly MessageRef[],
    sizes: { wanted: number; truncateBytes: number },
  ): Promise<FetchedBatch> {
    const { wanted } = sizes;
    const announced = batch
      .map(ref => Math.min(ref.sizeBytes, wanted))
      .reduce((sum, bytes) => sum + bytes, 0);
    const budget = announced * SIZE_TOLERANCE + wanted;
    const timeoutMs = fetchTimeoutMs(this.#options.timeouts, announced);

    return this.#run('fetch', timeoutMs, async () => {
      const expected = new Map(batch.map(ref => [ref.position, ref]));
      const messages: FetchedMessage[] = [];
      let received = 0;
      // One byte more than wanted tells a mail that is larger than announced
      // from one that ends right there. BODY.PEEK: no flag is changed.
      const query = { uid: true, source: { start: 0, maxLength: wanted + 1 } };
      const set = toUidSet(sortUids(expected.keys()));
      try {
        for await (const row of this.#rows(set, query, batch.length)) {
          const { uid, source } = row;
          received += source?.length ?? 0;
          if (received > budget) {
            throw this.#nonsense('sends far more than it announced');
          }
          const ref = expected.get(uid);
          // Without a source: gone meanwhile, or news of a flag.
          if (ref && source) {
            expected.delete(uid);
            messages.push({ ref, ...cutToSize(source, sizes) });
          }
        }
      } catch (error) {
        if (!isPlainRefusal(error, this.#responseCode())) {
          throw error;
        }
        return { messages, refused: [...expected.values()] };
      }
      return { messages, refused: [] };
    });
  }

  /** What speaks against an action before the server is asked for it. */
  #cannotSettle(action: AfterStoring): SettleRefusal | undefined {
    const { readOnly, canMarkSeen } = this.#openFolder();
    const has = (name: string) => this.#client.capabilities.has(name);
    if (readOnly) {
      return 'read-only';
    }
    switch (action.action) {
      case 'mark-read':
        return canMarkSeen ? undefined : 'not-marked';
      case 'move':
        judgeFolder(action.folder);
        // Into itself, mail would come back as new, again and again.
        if (isSameFolder(action.folder, this.#path)) {
          return 'no-folder';
        }
        return has('MOVE') || has('UIDPLUS') ? undefined : 'not-single';
      default:
        // Without UIDPLUS only EXPUNGE is left, which also removes what others
        // have marked (RFC 4315 section 2.1).
        return has('UIDPLUS') ? undefined : 'not-single';
    }
  }

  #settleSome(set: string, action: AfterStoring): Promise<SettledSome> {
    const { commandMs } = this.#options.timeouts;
    return this.#run('settle', commandMs, async () => {
      if (action.action === 'move' && !this.#client.capabilities.has('MOVE')) {
        return this.#copyAndRemove(set, action);
      }
      return (await this.#command(action, set))
        ? { done: true }
        : { done: false, refusal: this.#judgeRefusal(action) };
    });
  }

  // Once there is a copy, asking again would make another one: it is done, also
  // where the mail itself then may not be removed.
  async #copyAndRemove(
    set: string,
    action: Extract<AfterStoring, { action: 'move' }>,
  ): Promise<SettledSome> {
    if (!(await this.#client.messageCopy(set, action.folder, BY_UID))) {
      return { done: false, refusal: this.#judgeRefusal(action) };
    }
    if (await this.#client.messageDelete(set, BY_UID)) {
      return { done: true };
    }
    if (!this.#lastRefusal) {
      throw this.#refusal();
    }
    return { done: true, refusal: 'refused' };
  }

  async #command(action: AfterStoring, set: string): Promise<boolean> {
    switch (action.action) {
      case 'move':
        return Boolean(
          await this.#client.messageMove(set, action.folder, BY_UID),
        );
      case 'delete':
        return this.#client.messageDelete(set, BY_UID);
      default:
        return this.#client.messageFlagsAdd(set, [SEEN], BY_UID);
    }
  }

  /** @throws where it is more than a refusal of just this */
  #judgeRefusal({ action }: AfterStoring): SettleRefusal {
    const refusal = this.#refusal();
    if (!isPlainRefusal(refusal, this.#responseCode())) {
      throw refusal;
    }
    const noFolder =
      action === 'move' &&
      ['TRYCREATE', 'NONEXISTENT'].includes(refusal.serverResponseCode ?? '');
    return noFolder ? 'no-folder' : 'refused';
  }

  /** The rows of a FETCH. Nobody may send a command before the last one. */
  async *#rows(
    set: string,
    query: Parameters<ImapFlow['fetch']>[1],
    expected: number,
  ): AsyncGenerator<FetchMessageObject> {
    let count = 0;
    for await (const row of this.#client.fetch(set, query, { uid: true })) {
      count += 1;
      if (count > expected + UNSOLICITED_ROWS) {
        throw this.#nonsense('sends rows without end');
      }
      yield row;
    }
  }

  /** Makes a call with a deadline that no traffic moves. */
  async #run<T>(
    stage: ImapStage,
    timeoutMs: number,
    call: () => Promise<T>,
  ): Promise<T> {
    let interrupted: AbortSignal | undefined;
    this.#lastRefusal = undefined;
    try {
      return await withDeadline(
        { timeoutMs, signal: this.#options.signal },
        signal => {
          interrupted = signal;
          signal.addEventListener('abort', () => this.#client.close());
          return call();
        },
      );
    } catch (error) {
      throw this.#toFailure(error, stage, interrupted);
    }
  }

  #toFailure(
    error: unknown,
    stage: ImapStage,
    interrupted?: AbortSignal,
  ): MailFailure {
    const { server, signal, credentials } = this.#options;
    return toMailFailure(error, {
      stage,
      server: `${server.host}:${server.port}`,
      connectionError: this.#connectionError,
      ...this.#responseCode(),
      interruption: interrupted?.reason ?? signal.reason,
      secret: secretOf(credentials).reveal(),
    });
  }

  // imapflow answers with `false` where a SEARCH or STORE was refused, and a
  // STORE also where it broke.
  #refusal(): Refusal {
    return this.#lastRefusal ?? { code: 'NoConnection' };
  }

  #responseCode() {
    return { responseCode: this.#lastRefusal?.serverResponseCode };
  }

  // Thrown out of a fetch loop, so what still comes must not be waited for.
  #nonsense(what: string): MailFailure {
    this.#client.close();
    const { host } = this.#options.server;
    return new MailFailure('protocol-error', `${host} ${what}`);
  }

  #openFolder(): JudgedFolder {
    if (!this.#folder) {
      throw new TypeError('No folder is open');
    }
    return this.#folder;
  }
}

function createClient(options: ConnectOptions): ImapFlow {
  const { server, credentials, timeouts, maxMessageBytes } = options;
  const maxLiteralSize = maxMessageBytes + LITERAL_SLACK_BYTES;
  return new ImapFlow({
    host: server.host,
    port: server.port,
    secure: server.security === 'tls',
    // Never left out: imapflow would then go on without TLS where it is not offered.
    doSTARTTLS: server.security === 'starttls',
    // Despite its name also for the socket without TLS: the lookup counts.
    tls: {
      lookup: pinnedLookup(options.addresses),
      minVersion: 'TLSv1.2',
      ca: trustedAuthorities(options.ca),
    },
    // With a password imapflow runs AUTHENTICATE PLAIN or LOGIN as offered, or
    // the LOGIN command; not where the server says LOGINDISABLED.
    auth: {
      user: credentials.user,
      ...(credentials.method === 'oauth'
        ? { accessToken: credentials.accessToken.reveal() }
        : { pass: credentials.password.reveal() }),
    },
    clientInfo: { name: 'Postroom', version: false, vendor: false },
    logger: false,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.inactivityMs,
    disableAutoIdle: true,
    maxIdleTime: Math.round(
      timeouts.idleMs * (1 + IDLE_SPREAD * (2 * Math.random() - 1)),
    ),
    // Costs more time than it saves on anything but a slow link.
    disableCompression: true,
    // Has searches answered with ranges, of which none bounds what it means.
    disableIMAP4rev2: true,
    maxLineLength: MAX_LINE_BYTES,
    maxLiteralSize,
    maxResponseSize: maxLiteralSize + RESPONSE_SLACK_BYTES,
    maxResponseTokens: MAX_RESPONSE_TOKENS,
  });
}

// INBOX alone is the same in any case (RFC 9051 section 5.1).
function isSameFolder(one: string, other: string | undefined): boolean {
  const fold = (path: string) =>
    path.toUpperCase() === 'INBOX' ? 'INBOX' : path;
  return other !== undefined && fold(one) === fold(other);
}

function sizeAsHead({ sizeBytes }: MessageRef): Buffer {
  return Buffer.from(`size ${sizeBytes}`);
}

function toBatches(refs: readonly MessageRef[], wanted: number) {
  return fetchBatches(refs, wanted).map(batch => ({ batch, wanted }));
}
