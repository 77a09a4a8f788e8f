// SPDX-License-Identifier: Apache-2.0
import {
  AfterStoring,
  FailureCode,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { headDigest } from '../transport/headDigest';
import { secretOf } from '../transport/secretOf';
import {
  FetchedBatch,
  FetchedMessage,
  FetchLimits,
  FolderDates,
  MailFolder,
  MailSession,
  MessageRef,
  OpenFolder,
  OpenSession,
  SessionOptions,
  SettleOutcome,
  SettleRefusal,
} from '../transport/types';

/** What a session can be asked for; `connect` is the opening itself. */
export type FakeOperation =
  | 'connect'
  | 'open'
  | 'list'
  | 'fetch'
  | 'digest'
  | 'settle'
  | 'list-folders'
  | 'wait'
  | 'close';

/** One call, as it was made. */
export interface FakeCall {
  readonly operation: FakeOperation;
  readonly folder?: string;
  readonly uids?: readonly number[];
  /** What is to be done with the mails of `settle`. */
  readonly action?: AfterStoring['action'];
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
  #toldUpTo = 0;
  readonly waitForNews?: MailSession['waitForNews'];

  constructor(server: FakeMailServer, options: SessionOptions) {
    this.#server = server;
    this.#options = options;
    if (server.offersNews) {
      this.waitForNews = signal =>
        this.#call({ operation: 'wait' }, () => this.#wait(signal));
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { uidNext } = this.#server.folder(this.#openFolder());
    if (uidNext === this.#toldUpTo) {
      await this.#server.tellNews(
        AbortSignal.any([signal, this.#options.signal]),
      );
    }
    if (this.#options.signal.aborted) {
      throw new MailFailure('connection-lost', 'The session was aborted');
    }
  }

  open(folder: string): Promise<OpenFolder> {
    return this.#call({ operation: 'open', folder }, () => {
      const { uidValidity, uidNext, mails } = this.#server.folder(folder);
      this.#folderName = folder;
      this.#toldUpTo = uidNext;
      return {
        positions: 'uids',
        uidValidity,
        uidNext,
        messageCount: mails.length,
      };
    });
  }

  list(options: { after: number; limit: number }): Promise<MessageRef[]> {
    return this.#call({ operation: 'list' }, () =>
      this.#mails()
        .map(mail => mail.ref)
        .filter(ref => ref.position > options.after)
        .slice(0, options.limit),
    );
  }

  fetch(
    refs: readonly MessageRef[],
    limits: FetchLimits,
  ): Promise<FetchedBatch> {
    const uids = refs.map(ref => ref.position);
    return this.#call({ operation: 'fetch', uids }, () => {
      const { undeliverable } = this.#server;
      const mails = this.#mails();
      const present = refs.flatMap(ref => {
        const mail = mails.find(one => one.ref.position === ref.position);
        return mail ? [{ ref, raw: mail.raw }] : [];
      });
      return {
        messages: present
          .filter(({ ref }) => !undeliverable.has(ref.position))
          .map(({ ref, raw }) => toFetched(ref, raw, limits)),
        refused: present
          .map(({ ref }) => ref)
          .filter(ref => undeliverable.has(ref.position)),
      };
    });
  }

  settle(
    sourceKeys: readonly string[],
    action: AfterStoring,
  ): Promise<SettleOutcome> {
    const uids = sourceKeys.map(Number);
    const call = { operation: 'settle', uids, action: action.action } as const;
    return this.#call(call, () => {
      const { settleRefusal } = this.#server;
      if (settleRefusal) {
        return { done: [], refusal: settleRefusal };
      }
      return this.#server.settle(this.#openFolder(), uids, action)
        ? { done: sourceKeys }
        : { done: [], refusal: 'no-folder' };
    });
  }

  digestHeads(
    refs: readonly MessageRef[],
  ): Promise<ReadonlyMap<string, string>> {
    const uids = refs.map(ref => ref.position);
    return this.#call({ operation: 'digest', uids }, () => {
      const present = this.#mails().filter(({ ref }) =>
        uids.includes(ref.position),
      );
      return new Map(
        present.map(({ ref, raw }) => [ref.sourceKey, headDigest(raw)]),
      );
    });
  }

  listFolders(): Promise<MailFolder[]> {
    return this.#call({ operation: 'list-folders' }, () =>
      this.#server.folderNames.map(path => ({ path, selectable: true })),
    );
  }

  preview({ afterUid }: { afterUid: number }): Promise<FolderDates> {
    return this.#call({ operation: 'list' }, () => {
      const refs = this.#mails().map(mail => mail.ref);
      return {
        oldestAt: refs[0]?.receivedAt,
        newestAt: refs.at(-1)?.receivedAt,
        newerCount: refs.filter(ref => ref.position > afterUid).length,
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
        .filter(ref => ref.position <= upToUid)
        .filter(ref => !since || Number(ref.receivedAt) >= since.getTime())
        .slice(-limit);
      return {
        afterUid: older.length > 0 ? older[0].position - 1 : upToUid,
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
    return this.#server.folder(this.#openFolder()).mails;
  }

  #openFolder(): string {
    if (this.#folderName === undefined) {
      throw new TypeError('No folder is open');
    }
    return this.#folderName;
  }

  async #call<T>(call: FakeCall, answer: () => T | Promise<T>): Promise<T> {
    if (this.#state !== 'ready') {
      throw new TypeError(
        `${call.operation} on a session that is ${this.#state}`,
      );
    }
    this.#state = 'busy';
    try {
      await this.#server.enter(this.#options, call);
      const result = await answer();
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
  readonly refusedSecrets = new Set<string>();
  /** UIDs of mails that are listed and not delivered. */
  readonly undeliverable = new Set<number>();
  /** Why nothing is marked, moved or deleted, if it is not. */
  settleRefusal?: SettleRefusal;
  /** Whether sessions can wait for news. */
  offersNews = true;
  /** Sessions that have been opened and not closed. */
  openSessionCount = 0;

  readonly #folders = new Map<string, FakeFolder>();
  readonly #hooks = new Map<FakeOperation, FakeHook[]>();
  readonly #waiting = new Set<(end?: MailFailure) => void>();

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
      /** What the server calls the mail for good. */
      stableId?: string;
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
        position: uid,
        sourceKey: `${uid}`,
        sizeBytes: options.announcedBytes ?? bytes.length,
        receivedAt: options.receivedAt ?? new Date(0),
        stableId: options.stableId,
      },
    });
    this.#waiting.forEach(tell => tell());
    return uid;
  }

  /** How many sessions wait for news. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Ends all sessions that wait for news, as servers do when a token runs out. */
  endWaiting(): void {
    const end = new MailFailure('connection-lost', 'The server had enough');
    this.#waiting.forEach(tell => tell(end));
  }

  /** Used by the sessions: resolves with the next mail, or when aborted. */
  async tellNews(signal: AbortSignal): Promise<void> {
    let settle: (end?: MailFailure) => void = () => {};
    const told = new Promise<void>((resolve, reject) => {
      settle = end => (end ? reject(end) : resolve());
    });
    const callOff = () => settle();
    signal.addEventListener('abort', callOff, { once: true });
    this.#waiting.add(settle);
    try {
      await (signal.aborted || told);
    } finally {
      this.#waiting.delete(settle);
      signal.removeEventListener('abort', callOff);
    }
  }

  /** Removes a mail, as if its owner had deleted it. */
  expunge(uid: number, folderName?: string): void {
    const folder = this.folder(folderName);
    folder.mails = folder.mails.filter(mail => mail.ref.position !== uid);
  }

  /** A new UIDVALIDITY: the same mails, numbered anew from 1. */
  renumber(folderName?: string): void {
    const folder = this.folder(folderName);
    folder.uidValidity += 1;
    folder.mails = folder.mails.map((mail, index) => ({
      ...mail,
      ref: {
        ...mail.ref,
        position: index + 1,
        sourceKey: `${index + 1}`,
      },
    }));
    folder.uidNext = folder.mails.length + 1;
  }

  /** Leaves UIDs out, as a folder has them that much was deleted from. */
  skipUids(count: number, folderName?: string): void {
    this.folder(folderName).uidNext += count;
  }

  get folderNames(): string[] {
    return [...this.#folders.keys()];
  }

  /** The texts of the mails in a folder. */
  texts(folderName?: string): string[] {
    return this.folder(folderName).mails.map(({ raw }) => raw.toString());
  }

  /** Used by the sessions. */
  settle(
    folderName: string,
    uids: readonly number[],
    action: AfterStoring,
  ): boolean {
    const folder = this.folder(folderName);
    const mails = folder.mails.filter(({ ref }) => uids.includes(ref.position));
    switch (action.action) {
      case 'mark-read':
        mails.forEach(mail => {
          mail.seen = true;
        });
        break;
      case 'move':
        if (folderName === action.folder || !this.#folders.has(action.folder)) {
          return false;
        }
        mails.forEach(({ raw }) =>
          this.deliver(raw, { folder: action.folder }),
        );
        folder.mails = folder.mails.filter(mail => !mails.includes(mail));
        break;
      case 'delete':
        folder.mails = folder.mails.filter(mail => !mails.includes(mail));
        break;
      default:
    }
    return true;
  }

  seenUids(folderName?: string): number[] {
    return this.folder(folderName)
      .mails.filter(mail => mail.seen)
      .map(mail => mail.ref.position);
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
    if (this.refusedSecrets.has(secretOf(options.credentials).reveal())) {
      throw new MailFailure('login-refused', 'The secret is refused');
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
    let abort = () => {};
    const aborted = new Promise<never>((_resolve, reject) => {
      abort = () =>
        reject(new MailFailure('connection-lost', 'The session was aborted'));
      if (signal.aborted) {
        abort();
      }
      signal.addEventListener('abort', abort, { once: true });
    });
    const hook = this.#hooks.get(call.operation)?.shift();
    // A turn of the event loop, so that nobody counts on an immediate answer.
    const turn = new Promise<void>(resolve => setImmediate(resolve));
    try {
      await Promise.race([aborted, turn.then(() => hook?.(call))]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

function toFetched(
  ref: MessageRef,
  raw: Buffer,
  limits: FetchLimits,
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
