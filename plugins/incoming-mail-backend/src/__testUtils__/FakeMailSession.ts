// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import {
  FetchedMessage,
  FolderDates,
  MailSession,
  MessageRef,
  OpenFolder,
  OpenSession,
  SessionOptions,
} from '../transport/types';
import { secretOf } from '../transport/secretOf';

/** What a session can be asked for; `connect` is the opening itself. */
export type FakeOperation =
  | 'connect'
  | 'open'
  | 'list'
  | 'fetch'
  | 'acknowledge'
  | 'close';

/** One call, as it was made. */
export interface FakeCall {
  readonly operation: FakeOperation;
  readonly folder?: string;
  readonly uids?: readonly number[];
}

interface FakeMail {
  readonly ref: MessageRef;
  readonly raw: Buffer;
  seen: boolean;
}

interface FakeFolder {
  uidValidity: number;
  uidNext: number;
  mails: FakeMail[];
}

/** Runs before an operation; may throw, or take its time. */
export type FakeHook = (call: FakeCall) => void | Promise<void>;

/** Made by {@link FakeMailServer.openSession} only. */
class FakeMailSession implements MailSession {
  readonly #server: FakeMailServer;
  readonly #options: SessionOptions;
  #state: 'ready' | 'busy' | 'failed' | 'closed' = 'ready';
  #folderName?: string;

  constructor(server: FakeMailServer, options: SessionOptions) {
    this.#server = server;
    this.#options = options;
  }

  open(folder: string): Promise<OpenFolder> {
    return this.#call({ operation: 'open', folder }, () => {
      const { uidValidity, uidNext, mails } = this.#server.folder(folder);
      this.#folderName = folder;
      return { uidValidity, uidNext, messageCount: mails.length };
    });
  }

  list(options: { afterUid: number; limit: number }): Promise<MessageRef[]> {
    return this.#call({ operation: 'list' }, () =>
      this.#mails()
        .map(mail => mail.ref)
        .filter(ref => ref.uid > options.afterUid)
        .slice(0, options.limit),
    );
  }

  fetch(
    refs: readonly MessageRef[],
    limits: { maxBytes: number; truncateBytes: number },
  ): Promise<FetchedMessage[]> {
    const uids = refs.map(ref => ref.uid);
    return this.#call({ operation: 'fetch', uids }, () => {
      const mails = this.#mails();
      return refs.flatMap(ref => {
        const mail = mails.find(({ ref: { uid } }) => uid === ref.uid);
        return mail ? [toFetched(ref, mail.raw, limits)] : [];
      });
    });
  }

  acknowledge(uids: readonly number[]): Promise<void> {
    return this.#call({ operation: 'acknowledge', uids }, () => {
      this.#mails()
        .filter(mail => uids.includes(mail.ref.uid))
        .forEach(mail => {
          mail.seen = true;
        });
    });
  }

  preview({ afterUid }: { afterUid: number }): Promise<FolderDates> {
    return this.#call({ operation: 'list' }, () => {
      const refs = this.#mails().map(mail => mail.ref);
      return {
        oldestAt: refs[0]?.receivedAt,
        newestAt: refs.at(-1)?.receivedAt,
        newerCount: refs.filter(ref => ref.uid > afterUid).length,
      };
    });
  }

  findOlder(options: {
    upToUid: number;
    since?: Date;
    limit: number;
  }): Promise<{ afterUid: number; count: number }> {
    const { upToUid, since, limit } = options;
    return this.#call({ operation: 'list' }, () => {
      const older = this.#mails()
        .map(mail => mail.ref)
        .filter(ref => ref.uid <= upToUid)
        .filter(ref => !since || Number(ref.receivedAt) >= since.getTime())
        .slice(-limit);
      return {
        afterUid: older.length > 0 ? older[0].uid - 1 : upToUid,
        count: older.length,
      };
    });
  }

  async close(): Promise<void> {
    if (this.#state !== 'closed') {
      this.#state = 'closed';
      this.#server.openSessionCount -= 1;
      this.#server.calls.push({ operation: 'close' });
    }
  }

  #mails(): FakeMail[] {
    if (this.#folderName === undefined) {
      throw new TypeError('No folder is open');
    }
    return this.#server.folder(this.#folderName).mails;
  }

  async #call<T>(call: FakeCall, answer: () => T): Promise<T> {
    if (this.#state !== 'ready') {
      throw new TypeError(
        `${call.operation} on a session that is ${this.#state}`,
      );
    }
    this.#state = 'busy';
    try {
      await this.#server.enter(this.#options, call);
      const result = answer();
      this.#become('ready');
      return result;
    } catch (error) {
      this.#become('failed');
      throw error;
    }
  }

  // A session may be closed while a call is pending.
  #become(state: 'ready' | 'failed'): void {
    if (this.#state !== 'closed') {
      this.#state = state;
    }
  }
}

/**
 * A mail server in memory, with any number of sessions on it. It keeps the
 * contract of {@link MailSession} and holds its caller to it: calls at the same
 * time, or after a failure, are programmer's mistakes and throw a TypeError.
 */
export class FakeMailServer {
  /** All calls of all sessions, in order. */
  readonly calls: FakeCall[] = [];
  /** Tokens and passwords that are refused with `login-refused`. */
  readonly refusedTokens = new Set<string>();
  /** Sessions that have been opened and not closed. */
  openSessionCount = 0;

  readonly #folders = new Map<string, FakeFolder>();
  readonly #hooks = new Map<FakeOperation, FakeHook[]>();

  constructor() {
    this.createFolder('INBOX');
  }

  createFolder(name: string): void {
    this.#folders.set(name, { uidValidity: 1, uidNext: 1, mails: [] });
  }

  removeFolder(name: string): void {
    this.#folders.delete(name);
  }

  /** Puts a mail into a folder and returns its UID. */
  deliver(
    raw: Buffer | string,
    options: {
      folder?: string;
      receivedAt?: Date;
      /** What the server says the size is, where that is not the truth. */
      announcedBytes?: number;
    } = {},
  ): number {
    const folder = this.folder(options.folder);
    const bytes = Buffer.from(raw);
    const uid = folder.uidNext;
    folder.uidNext += 1;
    folder.mails.push({
      raw: bytes,
      seen: false,
      ref: {
        uid,
        sizeBytes: options.announcedBytes ?? bytes.length,
        receivedAt: options.receivedAt ?? new Date(0),
      },
    });
    return uid;
  }

  /** Removes a mail, as if its owner had deleted it. */
  expunge(uid: number, folderName?: string): void {
    const folder = this.folder(folderName);
    folder.mails = folder.mails.filter(mail => mail.ref.uid !== uid);
  }

  /** A new UIDVALIDITY: the same mails, numbered anew from 1. */
  renumber(folderName?: string): void {
    const folder = this.folder(folderName);
    folder.uidValidity += 1;
    folder.mails = folder.mails.map((mail, index) => ({
      ...mail,
      ref: { ...mail.ref, uid: index + 1 },
    }));
    folder.uidNext = folder.mails.length + 1;
  }

  /** Leaves UIDs out, as a folder has them that much was deleted from. */
  skipUids(count: number, folderName?: string): void {
    this.folder(folderName).uidNext += count;
  }

  seenUids(folderName?: string): number[] {
    return this.folder(folderName)
      .mails.filter(mail => mail.seen)
      .map(mail => mail.ref.uid);
  }

  /** Has the next such call do something first. Several are used in turn. */
  onNext(operation: FakeOperation, hook: FakeHook): void {
    const hooks = this.#hooks.get(operation) ?? [];
    this.#hooks.set(operation, [...hooks, hook]);
  }

  failNext(operation: FakeOperation, code: FailureCode): void {
    this.onNext(operation, () => {
      throw new MailFailure(code, `${operation} was told to fail`);
    });
  }

  /** Has the next such call hang until its session is aborted. */
  hangNext(operation: FakeOperation): void {
    this.onNext(operation, () => new Promise(() => {}));
  }

  /** Opens a session on this server, whatever host it is asked for. */
  readonly openSession: OpenSession = async options => {
    await this.enter(options, { operation: 'connect' });
    const token = secretOf(options.credentials).reveal();
    if (this.refusedTokens.has(token)) {
      throw new MailFailure('login-refused', 'The token is refused');
    }
    this.openSessionCount += 1;
    return new FakeMailSession(this, options);
  };

  /** Used by the sessions. */
  folder(name: string = 'INBOX'): FakeFolder {
    const folder = this.#folders.get(name);
    if (!folder) {
      throw new MailFailure('folder-not-found', `There is no folder ${name}`);
    }
    return folder;
  }

  /** Used by the sessions: notes a call and lets its hook have its way. */
  async enter({ signal }: SessionOptions, call: FakeCall): Promise<void> {
    this.calls.push(call);
    const aborted = new Promise<never>((_resolve, reject) => {
      const abort = () =>
        reject(new MailFailure('connection-lost', 'The session was aborted'));
      if (signal.aborted) {
        abort();
      }
      signal.addEventListener('abort', abort, { once: true });
    });
    const hook = this.#hooks.get(call.operation)?.shift();
    // A turn of the event loop, so that nobody counts on an immediate answer.
    const turn = new Promise<void>(resolve => setImmediate(resolve));
    await Promise.race([aborted, turn.then(() => hook?.(call))]);
  }
}

function toFetched(
  ref: MessageRef,
  raw: Buffer,
  limits: { maxBytes: number; truncateBytes: number },
): FetchedMessage {
  const wanted =
    ref.sizeBytes > limits.maxBytes ? limits.truncateBytes : limits.maxBytes;
  const truncated = raw.length > wanted;
  return {
    ref,
    raw: truncated ? raw.subarray(0, limits.truncateBytes) : raw,
    truncated,
  };
}
