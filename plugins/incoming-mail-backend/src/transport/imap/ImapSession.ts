// SPDX-License-Identifier: Apache-2.0
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { FetchMessageObject, ImapFlow } from 'imapflow';
import {
  PinnedAddress,
  pinnedLookup,
  trustedAuthorities,
  withDeadline,
} from '../../egress';
import { fetchBatches } from '../fetchBatches';
import { secretOf } from '../secretOf';
import {
  FetchedMessage,
  FolderDates,
  MailSession,
  MessageRef,
  OpenFolder,
  SessionCredentials,
  SessionOptions,
  SessionStage,
} from '../types';
import { ImapStage, toMailFailure } from './imapFailures';
import { ImapTimeouts } from './imapTimeouts';
import {
  cutToSize,
  JudgedFolder,
  judgeDate,
  judgeFolderReply,
  SEEN,
} from './judgeReplies';
import {
  isWithin,
  sortUids,
  toUidSet,
  UidWindow,
  uidWindows,
  uidWindowsDown,
} from './uids';
import { judgeFolder, judgeToken, judgeUser } from './wireText';

export interface ImapSessionOptions {
  readonly server: MailHost;
  /** Where the server is; nothing else is connected to. */
  readonly addresses: readonly PinnedAddress[];
  readonly credentials: SessionCredentials;
  readonly signal: AbortSignal;
  readonly onStage?: SessionOptions['onStage'];
  readonly ca?: readonly string[];
  /** The largest mail that is ever fetched whole. */
  readonly maxMessageBytes: number;
  readonly timeouts: ImapTimeouts;
}

// Added to the time for a fetch: slower than this nobody's mail is read.
const SLOWEST_BYTES_PER_MS = 64;

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

// Servers may report flag changes, by anybody, within any reply.
const UNSOLICITED_ROWS = 10_000;

// How much more than announced a batch may be. Exchange announces a size that
// is some per cent off the real one; somebody who fills memory is far above.
const SIZE_TOLERANCE = 2;

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
  readonly #options: ImapSessionOptions;
  readonly #abort: () => void;
  #connectionError: unknown;
  #lastRefusal?: { responseStatus: string; serverResponseCode?: string };
  #folder?: JudgedFolder;
  #closed?: Promise<void>;

  private constructor(options: ImapSessionOptions) {
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
    this.#abort = () => this.#client.close();
    options.signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Connects and signs in. Leaves nothing open where it throws. */
  static async connect(options: ImapSessionOptions): Promise<ImapSession> {
    judgeUser(options.credentials.user);
    if (options.credentials.method === 'oauth') {
      judgeToken(options.credentials.accessToken.reveal());
    }

    const session = new ImapSession(options);
    try {
      await session.#run('sign-in', options.timeouts.signInMs, () =>
        session.#client.connect(),
      );
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
    return this.#run('open', this.#options.timeouts.commandMs, async () => {
      const mailbox = await this.#client.mailboxOpen(folder);
      this.#folder = judgeFolderReply(mailbox);
      const { uidValidity, uidNext, messageCount } = this.#folder;
      return { uidValidity, uidNext, messageCount };
    });
  }

  async list(options: {
    afterUid: number;
    limit: number;
  }): Promise<MessageRef[]> {
    const uids = await this.#search(options.afterUid, options.limit);
    if (uids.length === 0) {
      return [];
    }
    return this.#run('list', this.#options.timeouts.commandMs, () =>
      this.#describe(uids),
    );
  }

  async fetch(
    refs: readonly MessageRef[],
    limits: { maxBytes: number; truncateBytes: number },
  ): Promise<FetchedMessage[]> {
    const maxBytes = Math.min(limits.maxBytes, this.#options.maxMessageBytes);
    const truncateBytes = Math.min(limits.truncateBytes, maxBytes);
    const isLarge = (ref: MessageRef) => ref.sizeBytes > maxBytes;
    const whole = refs.filter(ref => !isLarge(ref));
    const large = refs.filter(isLarge);

    const fetched = new Map<number, FetchedMessage>();
    for (const { batch, wanted } of [
      ...toBatches(whole, maxBytes),
      ...toBatches(large, truncateBytes),
    ]) {
      const sizes = { wanted, truncateBytes };
      for (const message of await this.#fetchBatch(batch, sizes)) {
        fetched.set(message.ref.uid, message);
      }
    }
    return refs.flatMap(ref => fetched.get(ref.uid) ?? []);
  }

  async acknowledge(uids: readonly number[]): Promise<void> {
    if (!this.#openFolder().canMarkSeen) {
      return;
    }
    const sorted = sortUids(uids);
    for (let at = 0; at < sorted.length; at += MAX_UIDS_PER_COMMAND) {
      const some = sorted.slice(at, at + MAX_UIDS_PER_COMMAND);
      await this.#run(
        'acknowledge',
        this.#options.timeouts.commandMs,
        async () => {
          const done = await this.#client.messageFlagsAdd(
            toUidSet(some),
            [SEEN],
            { uid: true, silent: true },
          );
          if (!done) {
            throw this.#refusal();
          }
        },
      );
    }
  }

  async preview({ afterUid }: { afterUid: number }): Promise<FolderDates> {
    const { messageCount } = this.#openFolder();
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

  /** The first `limit` UIDs above `afterUid`, ascending. */
  async #search(afterUid: number, limit: number): Promise<number[]> {
    const { uidNext, messageCount } = this.#openFolder();
    const found: number[] = [];
    if (messageCount === 0) {
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
          uid,
          sizeBytes: size,
          receivedAt: judgeDate(row.internalDate),
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

  #fetchBatch(
    batch: readonly MessageRef[],
    limits: { wanted: number; truncateBytes: number },
  ): Promise<FetchedMessage[]> {
    const { wanted } = limits;
    const announced = batch
      .map(ref => Math.min(ref.sizeBytes, wanted))
      .reduce((sum, bytes) => sum + bytes, 0);
    const budget = announced * SIZE_TOLERANCE + wanted;
    const timeoutMs =
      this.#options.timeouts.commandMs + announced / SLOWEST_BYTES_PER_MS;

    return this.#run('fetch', timeoutMs, async () => {
      const expected = new Map(batch.map(ref => [ref.uid, ref]));
      const fetched: FetchedMessage[] = [];
      let received = 0;
      // One byte more than wanted tells a mail that is larger than announced
      // from one that ends right there. BODY.PEEK: no flag is changed.
      const query = { uid: true, source: { start: 0, maxLength: wanted + 1 } };
      const set = toUidSet(sortUids(expected.keys()));
      for await (const { uid, source } of this.#rows(
        set,
        query,
        batch.length,
      )) {
        received += source?.length ?? 0;
        if (received > budget) {
          throw this.#nonsense('sends far more than it announced');
        }
        const ref = expected.get(uid);
        // Without a source: gone meanwhile, or news of a flag.
        if (ref && source) {
          expected.delete(uid);
          fetched.push({ ref, ...cutToSize(source, limits) });
        }
      }
      return fetched;
    });
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
      const { server, signal, credentials } = this.#options;
      throw toMailFailure(error, {
        stage,
        server: `${server.host}:${server.port}`,
        connectionError: this.#connectionError,
        interruption: interrupted?.reason ?? signal.reason,
        secret: secretOf(credentials).reveal(),
      });
    }
  }

  // imapflow answers with `false` where a SEARCH or STORE was refused, and a
  // STORE also where it broke.
  #refusal(): unknown {
    return this.#lastRefusal ?? { code: 'NoConnection' };
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

function createClient(options: ImapSessionOptions): ImapFlow {
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
    auth:
      credentials.method === 'oauth'
        ? {
            user: credentials.user,
            accessToken: credentials.accessToken.reveal(),
          }
        : { user: credentials.user, pass: credentials.password.reveal() },
    clientInfo: { name: 'Postroom', version: false, vendor: false },
    logger: false,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.inactivityMs,
    disableAutoIdle: true,
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

function toBatches(refs: readonly MessageRef[], wanted: number) {
  return fetchBatches(refs, wanted).map(batch => ({ batch, wanted }));
}
