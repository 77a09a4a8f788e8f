// SPDX-License-Identifier: Apache-2.0
import type { MailboxFiles } from './MailboxFiles';

/** A message as it came, with what IMAP keeps about it. */
export interface StoredMessage {
  /** Ascending in the mailbox, never used twice. */
  readonly uid: number;
  readonly internalDate: Date;
  /** The exact bytes; nobody may write to this buffer. */
  readonly raw: Buffer;
  readonly flags: ReadonlySet<string>;
  /** The change counter of the mailbox when the message came. */
  readonly added: number;
  /** The change counter of the mailbox when the flags changed last. */
  readonly changed: number;
}

export interface NewMessage {
  readonly raw: Buffer;
  readonly flags?: Iterable<string>;
  readonly internalDate?: Date;
}

/** More would make a demo's memory the bottleneck. */
const MAX_MESSAGES = 50_000;
const MAX_BYTES = 1024 * 1024 * 1024;

/** 2026-01-01, where our UIDVALIDITY numbers begin. */
const UIDVALIDITY_EPOCH_MS = Date.UTC(2026, 0, 1);

let lastUidValidity = 0;

/**
 * A new UIDVALIDITY: tenths of a second, so it fits 32 bits for 13 years, and
 * always above those this process gave before (RFC 3501 section 2.3.1.1).
 */
function newUidValidity(): number {
  const tenths = Math.floor((Date.now() - UIDVALIDITY_EPOCH_MS) / 100);
  lastUidValidity = Math.max(lastUidValidity + 1, tenths, 1);
  return lastUidValidity;
}

/**
 * One mailbox. All changes are synchronous, so each is atomic for every
 * session; sessions learn of them through {@link Mailbox.subscribe} and see
 * them when they compare their view ({@link SelectedMailbox}).
 */
export class Mailbox {
  readonly name: string;
  readonly #files: MailboxFiles | undefined;
  readonly #listeners = new Set<() => void>();
  #messages: StoredMessage[] = [];
  #uidValidity: number;
  #uidNext = 1;
  #bytes = 0;
  #changes = 0;

  constructor(name: string, files: MailboxFiles | undefined) {
    this.name = name;
    this.#files = files;
    const saved = files?.load();
    this.#uidValidity = saved?.uidValidity ?? newUidValidity();
    if (saved) {
      this.#uidNext = saved.uidNext;
      this.#messages = saved.messages.map(message => ({
        ...message,
        added: 0,
        changed: 0,
      }));
      this.#bytes = this.#messages.reduce(
        (sum, { raw }) => sum + raw.length,
        0,
      );
    } else {
      files?.create(this.#uidValidity, this.#uidNext);
    }
  }

  get uidValidity(): number {
    return this.#uidValidity;
  }

  get uidNext(): number {
    return this.#uidNext;
  }

  /** Ascending by UID; a new array after every change. */
  get messages(): readonly StoredMessage[] {
    return this.#messages;
  }

  /** Goes up with every change; equal counters mean an equal mailbox. */
  get changes(): number {
    return this.#changes;
  }

  find(uid: number): StoredMessage | undefined {
    return this.#messages[this.#indexOf(uid)];
  }

  /**
   * Adds messages; all or none.
   *
   * @returns their UIDs; `undefined` if the mailbox is full.
   */
  deliver(arrivals: readonly NewMessage[]): number[] | undefined {
    const bytes = arrivals.reduce((sum, { raw }) => sum + raw.length, 0);
    if (
      this.#messages.length + arrivals.length > MAX_MESSAGES ||
      this.#bytes + bytes > MAX_BYTES
    ) {
      return undefined;
    }
    const added = arrivals.map((arrival, index) => ({
      uid: this.#uidNext + index,
      internalDate: arrival.internalDate ?? new Date(),
      raw: arrival.raw,
      flags: new Set(arrival.flags),
      added: this.#changes + 1,
      changed: this.#changes + 1,
    }));
    // On disk first: once announced, a message must survive a SIGKILL.
    this.#files?.add(added);
    this.#messages = this.#messages.concat(added);
    this.#uidNext += added.length;
    this.#bytes += bytes;
    this.#announce();
    return added.map(({ uid }) => uid);
  }

  /** Gives messages new flags; UIDs that are not there are left out. */
  setFlags(flagsByUid: ReadonlyMap<number, ReadonlySet<string>>): void {
    const changed = this.#changes + 1;
    const before = this.#messages;
    this.#messages = before.map(message => {
      const flags = flagsByUid.get(message.uid);
      return flags ? { ...message, flags, changed } : message;
    });
    this.#files?.setFlags(this.#messages.filter((m, i) => m !== before[i]));
    this.#announce();
  }

  /** Removes messages for good. */
  expunge(uids: ReadonlySet<number>): void {
    const gone = this.#messages.filter(({ uid }) => uids.has(uid));
    if (gone.length === 0) return;
    this.#files?.remove(gone.map(({ uid }) => uid));
    this.#messages = this.#messages.filter(({ uid }) => !uids.has(uid));
    this.#bytes -= gone.reduce((sum, { raw }) => sum + raw.length, 0);
    this.#announce();
  }

  /**
   * Makes all known UIDs worthless, as a server does that was restored from a
   * backup: a new UIDVALIDITY, and UIDs that begin at 1 again.
   */
  renewUidValidity(): void {
    const renumbered = this.#messages.map((message, index) => ({
      ...message,
      uid: index + 1,
    }));
    this.#uidValidity = newUidValidity();
    this.#uidNext = renumbered.length + 1;
    this.#messages = renumbered;
    this.#files?.replace(this.#uidValidity, this.#uidNext, renumbered);
    this.#announce();
  }

  /** Calls `listener` after every change; returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #indexOf(uid: number): number {
    let low = 0;
    let high = this.#messages.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#messages[middle].uid;
      if (found === uid) return middle;
      if (found < uid) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #announce(): void {
    this.#changes += 1;
    for (const listener of [...this.#listeners]) listener();
  }
}
