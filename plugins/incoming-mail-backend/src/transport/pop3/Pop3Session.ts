// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { AfterStoring } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { withDeadline } from '../../egress';
import { ConnectOptions } from '../ConnectOptions';
import { createCounter } from '../createCounter';
import { headDigest, MAX_HEAD_BYTES } from '../headDigest';
import { secretOf } from '../secretOf';
import { fetchTimeoutMs } from '../sessionTimeouts';
import {
  FetchedBatch,
  FetchedMessage,
  FetchLimits,
  KeyedBy,
  MailSession,
  MessageRef,
  OpenFolder,
  SettleOutcome,
} from '../types';
import { judgeCredentials, judgeFolder } from '../wireText';
import { Capabilities, readCapabilities } from './capabilities';
import { ListedMail, readListing } from './listing';
import { openPop3Socket } from './openPop3Socket';
import { Pop3Connection } from './Pop3Connection';
import {
  isPlainRefusal,
  Pop3FailureContext,
  Pop3Stage,
  refusalFailure,
  toMailFailure,
} from './pop3Failures';
import { Pop3Response, ResponseShape } from './ResponseFramer';
import { signIn } from './signIn';

const MAX_CAPABILITY_BYTES = 64 * 1024;

// 250,000 lines of a number and a name.
const MAX_LISTING_BYTES = 24 * 1024 * 1024;

// How far a server may be off with the size of a mail that is at the limit.
const SLACK_BYTES = 64 * 1024;

// How much more than announced a batch may be, before the rest of it waits.
const SIZE_TOLERANCE = 2;

// Of a mail over the limit: its header and so many lines of its text.
const TOP_LINES = 200;

// The one folder that POP3 has, by the name that IMAP gives it.
const MAILDROP = 'INBOX';

/**
 * A session by POP3 (RFC 1939, RFC 2449, RFC 5034).
 *
 * The server holds the mailbox for this session alone, and does what it was
 * told only when the session ends with QUIT: then mail is deleted, and with
 * some (Gmail) whatever was fetched counts as delivered and is not listed any
 * more. So QUIT is sent where nothing was fetched, or where the caller says
 * that everything fetched is stored; otherwise the connection is cut.
 */
export class Pop3Session implements MailSession {
  readonly #options: ConnectOptions;
  readonly #abort: () => void;
  #connection?: Pop3Connection;
  #capabilities: Capabilities = {};
  /** By position, ascending. */
  #mails: ReadonlyMap<number, ListedMail> = new Map();
  #keyedBy: KeyedBy = 'uidl';
  readonly #digests = new Map<number, string>();
  /** Why no more calls can be made, though the last one gave something. */
  #failure?: MailFailure;
  #hasFetched = false;
  #closed?: Promise<void>;

  private constructor(options: ConnectOptions) {
    this.#options = options;
    this.#abort = () => this.#connection?.destroy();
    options.signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Connects and signs in. Leaves nothing open where it throws. */
  static async connect(options: ConnectOptions): Promise<Pop3Session> {
    judgeCredentials(options.credentials);
    const session = new Pop3Session(options);
    try {
      await session.#run('sign-in', options.timeouts.signInMs, signal =>
        session.#signIn(signal),
      );
      options.onStage?.('signed-in');
      return session;
    } catch (error) {
      session.#closeNow();
      throw error;
    }
  }

  async open(folder: string): Promise<OpenFolder> {
    judgeFolder(folder);
    if (folder.toUpperCase() !== MAILDROP) {
      throw new MailFailure(
        'folder-not-found',
        `There is no folder but ${MAILDROP} in POP3`,
      );
    }
    const { commandMs } = this.#options.timeouts;
    await this.#run('open', commandMs, async () => {
      const list = this.#expectOk('open', await this.#sendForListing('LIST'));
      const uidl = await this.#sendForListing('UIDL');
      const hasNames = uidl.status === 'ok';
      const mails = readListing(list.body, hasNames ? uidl.body : undefined);
      const isNamed = mails.every(mail => mail.uidlKey !== undefined);
      this.#mails = new Map(mails.map(mail => [mail.position, mail]));
      this.#keyedBy = hasNames && isNamed ? 'uidl' : 'digest';
    });
    return {
      positions: 'session',
      keyedBy: this.#keyedBy,
      messageCount: this.#mails.size,
    };
  }

  async list(options: {
    after: number;
    limit: number;
    keyedBy?: KeyedBy;
  }): Promise<MessageRef[]> {
    const { after, limit, keyedBy = this.#keyedBy } = options;
    this.#throwIfFailed();
    const mails = [...this.#mails.values()]
      .filter(({ position }) => position > after)
      .slice(0, limit);
    if (keyedBy === 'uidl' && this.#keyedBy === 'uidl') {
      return mails.map(({ position, sizeBytes, uidlKey }) => ({
        position,
        sizeBytes,
        sourceKey: uidlKey!,
      }));
    }
    return this.#listByDigest(mails);
  }

  async fetch(
    refs: readonly MessageRef[],
    limits: FetchLimits,
  ): Promise<FetchedBatch> {
    const messages: FetchedMessage[] = [];
    const refused: MessageRef[] = [];
    const room = batchBytes(refs, limits) * SIZE_TOLERANCE + limits.maxBytes;
    let received = 0;
    for (const ref of refs.filter(({ position }) =>
      this.#mails.has(position),
    )) {
      if (received > room) {
        break;
      }
      try {
        const message = await this.#fetchOne(ref, limits);
        received += message?.raw.length ?? 0;
        if (message) {
          messages.push(message);
        } else {
          refused.push(ref);
        }
      } catch (error) {
        if (messages.length + refused.length === 0) {
          throw error;
        }
        // What came before is whole, and is worth storing.
        this.#failure ??= error as MailFailure;
      }
      if (this.#failure) {
        break;
      }
    }
    return { messages, refused };
  }

  async settle(
    sourceKeys: readonly string[],
    { action }: AfterStoring,
  ): Promise<SettleOutcome> {
    if (action === 'move') {
      return { done: [], refusal: 'no-folder' };
    }
    if (action !== 'delete') {
      return { done: sourceKeys };
    }
    const positions = await this.#positions(sourceKeys);
    const done = sourceKeys.filter(key => !positions.has(key));
    const { commandMs } = this.#options.timeouts;
    for (const position of positions.values()) {
      // Carried out at the end of the session; that they have gone is seen in
      // the listing of the next.
      const response = await this.#run('settle', commandMs, () =>
        this.#send(`DELE ${position}`),
      );
      if (response.status !== 'ok') {
        return { done, refusal: 'refused' };
      }
    }
    return { done };
  }

  async digestHeads(
    refs: readonly MessageRef[],
  ): Promise<ReadonlyMap<string, string>> {
    const digests = new Map<string, string>();
    for (const { position, sourceKey } of refs) {
      const mail = this.#mails.get(position);
      const digest = mail && (await this.#digestByTop(mail));
      if (digest) {
        digests.set(sourceKey, digest);
      }
    }
    return digests;
  }

  close(options: { stored: boolean } = { stored: false }): Promise<void> {
    this.#closed ??= this.#signOut(options.stored || !this.#hasFetched);
    return this.#closed;
  }

  async #signOut(mayQuit: boolean): Promise<void> {
    const { signOutMs } = this.#options.timeouts;
    try {
      if (mayQuit && !this.#failure) {
        await withDeadline({ timeoutMs: signOutMs }, () => this.#send('QUIT'));
      }
    } catch {
      // Whether the server got it is seen in the next listing.
    } finally {
      this.#closeNow();
    }
  }

  #closeNow(): void {
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#connection?.destroy();
  }

  async #signIn(signal: AbortSignal): Promise<void> {
    this.#expectOk('connect', await this.#connect(signal));
    this.#capabilities = readCapabilities(
      await this.#send('CAPA', {
        multiline: true,
        maxBytes: MAX_CAPABILITY_BYTES,
      }),
    );
    const { credentials } = this.#options;
    const answer = await signIn(
      this.#connection!,
      credentials,
      this.#capabilities,
    );
    this.#expectOk('sign-in', answer);
  }

  /** Connects to the first of the judged addresses that answers. */
  async #connect(signal: AbortSignal): Promise<Pop3Response> {
    const { addresses, timeouts } = this.#options;
    const connectMs = timeouts.connectMs / addresses.length;
    const [last] = addresses.slice(-1);
    for (const address of addresses) {
      signal.throwIfAborted();
      const socket = openPop3Socket(this.#options, address);
      const connection = new Pop3Connection(socket, timeouts);
      this.#connection = connection;
      let answers = false;
      socket.once('connect', () => {
        answers = true;
      });
      const greeting = connection.greeting();
      // Where a deadline comes first, nobody waits for it any more.
      greeting.catch(() => {});
      try {
        await withDeadline({ timeoutMs: connectMs }, () =>
          Promise.race([this.#secured(socket), greeting]),
        );
        return await withDeadline(
          { timeoutMs: timeouts.greetingMs },
          () => greeting,
        );
      } catch (error) {
        connection.destroy();
        if (answers || address === last) {
          throw error;
        }
      }
    }
    throw new TypeError('There is no address to connect to');
  }

  #secured(socket: Socket): Promise<void> {
    const isTls = this.#options.server.security === 'tls';
    return new Promise(resolve =>
      socket.once(isTls ? 'secureConnect' : 'connect', () => resolve()),
    );
  }

  /**
   * @returns undefined where the server refuses this mail alone
   * @throws MailFailure
   */
  #fetchOne(
    ref: MessageRef,
    limits: FetchLimits,
  ): Promise<FetchedMessage | undefined> {
    const { timeouts, maxMessageBytes } = this.#options;
    const maxBytes = Math.min(limits.maxBytes, maxMessageBytes);
    const truncateBytes = Math.min(limits.truncateBytes, maxBytes);
    const isLarge = ref.sizeBytes > maxBytes;
    const command = isLarge
      ? `TOP ${ref.position} ${TOP_LINES}`
      : `RETR ${ref.position}`;
    const timeoutMs = fetchTimeoutMs(
      timeouts,
      Math.min(ref.sizeBytes, maxBytes),
    );
    this.#hasFetched = true;
    return this.#run('fetch', timeoutMs, async () => {
      const response = await this.#send(command, {
        multiline: true,
        expectedBytes: ref.sizeBytes,
        keepBytes: isLarge ? truncateBytes : maxBytes,
        maxBytes: maxMessageBytes + SLACK_BYTES,
      });
      if (response.overflow) {
        this.#failure = this.#nonsense('sends a mail without end');
      }
      if (response.status === 'ok') {
        const truncated = isLarge || response.bodyBytes > maxBytes;
        const raw = truncated
          ? // A copy, as a view would keep the whole of it in memory.
            Buffer.from(response.body.subarray(0, truncateBytes))
          : response.body;
        return { ref, raw, truncated };
      }
      if (isLarge && isPlainRefusal(response)) {
        // TOP is optional (RFC 1939 section 7): nothing of it can be had.
        return { ref, raw: Buffer.alloc(0), truncated: true };
      }
      if (isPlainRefusal(response)) {
        return undefined;
      }
      throw refusalFailure(response, this.#context('fetch'));
    });
  }

  /** Names mails by the digests of their headers; see `createCounter`. */
  async #listByDigest(mails: readonly ListedMail[]): Promise<MessageRef[]> {
    const wanted = new Set(mails);
    const last = mails.at(-1)?.position ?? 0;
    const count = createCounter();
    const refs: MessageRef[] = [];
    // From the first on, as equal ones are numbered.
    for (const mail of this.#mails.values()) {
      const { position, sizeBytes } = mail;
      if (position > last) {
        break;
      }
      const digest = await this.#digest(mail);
      const sourceKey = `head:${count(digest)}`;
      if (wanted.has(mail)) {
        refs.push({ position, sizeBytes, sourceKey, headDigest: digest });
      }
    }
    return refs;
  }

  async #digest(mail: ListedMail): Promise<string> {
    const { position, sizeBytes } = mail;
    const canRetrieve = sizeBytes <= this.#options.maxMessageBytes;
    const digest =
      (await this.#digestByTop(mail)) ??
      (canRetrieve
        ? await this.#digestBy(`RETR ${position}`, mail, sizeBytes)
        : undefined);
    // What cannot be looked at is told apart by its size.
    return (
      digest ??
      createHash('sha256').update(`size ${sizeBytes}`).digest('base64url')
    );
  }

  #digestByTop(mail: ListedMail): Promise<string | undefined> {
    return this.#digestBy(`TOP ${mail.position} 0`, mail, MAX_HEAD_BYTES);
  }

  async #digestBy(
    command: string,
    { position }: ListedMail,
    expectedBytes: number,
  ): Promise<string | undefined> {
    const { timeouts, maxMessageBytes } = this.#options;
    const known = this.#digests.get(position);
    if (known !== undefined) {
      return known;
    }
    const timeoutMs = fetchTimeoutMs(timeouts, expectedBytes);
    const response = await this.#run('list', timeoutMs, () =>
      this.#send(command, {
        multiline: true,
        keepBytes: MAX_HEAD_BYTES,
        maxBytes: maxMessageBytes + SLACK_BYTES,
      }),
    );
    if (response.status !== 'ok') {
      return undefined;
    }
    const digest = headDigest(response.body);
    this.#digests.set(position, digest);
    return digest;
  }

  /** The positions of those that are there, by source key. */
  async #positions(
    sourceKeys: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(sourceKeys);
    const byDigest = sourceKeys.some(key => key.startsWith('head:'));
    const refs = await this.list({
      after: 0,
      limit: Infinity,
      keyedBy: byDigest ? 'digest' : 'uidl',
    });
    return new Map(
      refs
        .filter(({ sourceKey }) => wanted.has(sourceKey))
        .map(({ sourceKey, position }) => [sourceKey, position]),
    );
  }

  async #sendForListing(command: string): Promise<Pop3Response> {
    const response = await this.#send(command, {
      multiline: true,
      maxBytes: MAX_LISTING_BYTES,
    });
    if (response.overflow) {
      throw this.#nonsense('lists without end');
    }
    return response;
  }

  #send(line: string, shape: ResponseShape = {}): Promise<Pop3Response> {
    return this.#connection!.send(line, shape);
  }

  #expectOk(stage: Pop3Stage, response: Pop3Response): Pop3Response {
    if (response.status !== 'ok') {
      throw refusalFailure(response, this.#context(stage));
    }
    return response;
  }

  /** Makes a call with a deadline that no traffic moves. */
  async #run<T>(
    stage: Pop3Stage,
    timeoutMs: number,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#throwIfFailed();
    let interrupted: AbortSignal | undefined;
    try {
      return await withDeadline(
        { timeoutMs, signal: this.#options.signal },
        signal => {
          interrupted = signal;
          signal.addEventListener('abort', () => this.#connection?.destroy());
          return call(signal);
        },
      );
    } catch (error) {
      const interruption = interrupted?.reason ?? this.#options.signal.reason;
      throw toMailFailure(error, { ...this.#context(stage), interruption });
    }
  }

  #throwIfFailed(): void {
    if (this.#failure) {
      throw this.#failure;
    }
  }

  #context(stage: Pop3Stage): Pop3FailureContext {
    const { server, credentials } = this.#options;
    return {
      stage,
      server: `${server.host}:${server.port}`,
      secret: secretOf(credentials).reveal(),
      loginDelayMs: this.#capabilities.loginDelayMs,
    };
  }

  #nonsense(what: string): MailFailure {
    const { host } = this.#options.server;
    return new MailFailure('protocol-error', `${host} ${what}`);
  }
}

function batchBytes(
  refs: readonly MessageRef[],
  { maxBytes }: FetchLimits,
): number {
  return refs.reduce((sum, ref) => sum + Math.min(ref.sizeBytes, maxBytes), 0);
}
