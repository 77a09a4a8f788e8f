// SPDX-License-Identifier: Apache-2.0
import type { Mailbox, StoredMessage } from './Mailbox';
import { NumberSet } from './NumberSet';
import { formatFlags } from './flags';

/** A message with the number it has in one session. */
export interface NumberedMessage {
  readonly number: number;
  readonly message: StoredMessage;
}

/**
 * A mailbox as one session sees it. Sequence numbers belong to the session:
 * they change only when the session was told so (RFC 3501 section 7.4.1), so
 * the session keeps the UIDs it knows and tells the difference later.
 */
export class SelectedMailbox {
  readonly mailbox: Mailbox;
  readonly readOnly: boolean;
  /** UIDs by sequence number minus one. */
  #uids: number[];
  #changes: number;
  #uidValidity: number;
  /** Flag changes the session learned from the answer to its own command. */
  readonly #told = new Map<number, number>();

  constructor(mailbox: Mailbox, readOnly: boolean) {
    this.mailbox = mailbox;
    this.readOnly = readOnly;
    this.#uids = mailbox.messages.map(({ uid }) => uid);
    this.#changes = mailbox.changes;
    this.#uidValidity = mailbox.uidValidity;
  }

  get count(): number {
    return this.#uids.length;
  }

  /** True when the UIDs the session knows mean nothing any more. */
  get isStale(): boolean {
    return this.#uidValidity !== this.mailbox.uidValidity;
  }

  /** All messages that the session knows and that are still there. */
  all(): NumberedMessage[] {
    return this.#pick(() => true);
  }

  /** The messages of a set of UIDs (`byUid`) or of sequence numbers. */
  choose(set: string, byUid: boolean): NumberedMessage[] {
    const last = byUid ? this.#uids.at(-1) ?? 0 : this.count;
    const chosen = NumberSet.parse(set, last);
    return this.#pick((number, uid) => chosen.has(byUid ? uid : number));
  }

  /** True if a set names a sequence number that is not there. */
  exceeds(set: string): boolean {
    if (set.includes('*')) return false;
    return NumberSet.parse(set, this.count).max > this.count;
  }

  /** Notes that the session was told the flags of this message. */
  noteTold(message: StoredMessage): void {
    this.#told.set(message.uid, message.changed);
  }

  /**
   * Catches up with the mailbox.
   *
   * @param mayExpunge - whether numbers may change now. Not in answer to
   * FETCH, STORE and SEARCH, where the client uses numbers (RFC 3501, 7.4.1).
   * @returns the untagged responses to send, without line ends.
   */
  sync(mayExpunge: boolean): string[] {
    if (this.#changes === this.mailbox.changes || this.isStale) return [];
    const lines: string[] = [];
    const present = new Map(this.mailbox.messages.map(m => [m.uid, m]));
    const someGone = this.#uids.some(uid => !present.has(uid));
    if (someGone && mayExpunge) lines.push(...this.#dropGone(present));
    lines.push(...this.#takeNew());
    lines.push(...this.#changedFlags(present));
    // What could not be said yet must be looked for again.
    if (!someGone || mayExpunge) {
      this.#changes = this.mailbox.changes;
      this.#told.clear();
    }
    return lines;
  }

  #dropGone(present: ReadonlyMap<number, StoredMessage>): string[] {
    const lines: string[] = [];
    // From the end, so that no number changes before it is said.
    for (let index = this.#uids.length - 1; index >= 0; index -= 1) {
      if (!present.has(this.#uids[index])) lines.push(`* ${index + 1} EXPUNGE`);
    }
    this.#uids = this.#uids.filter(uid => present.has(uid));
    return lines;
  }

  #takeNew(): string[] {
    const last = this.#uids.at(-1) ?? 0;
    const { messages } = this.mailbox;
    const added: number[] = [];
    for (
      let i = messages.length - 1;
      i >= 0 && messages[i].uid > last;
      i -= 1
    ) {
      added.push(messages[i].uid);
    }
    if (added.length === 0) return [];
    this.#uids = this.#uids.concat(added.reverse());
    return [`* ${this.count} EXISTS`];
  }

  #changedFlags(present: ReadonlyMap<number, StoredMessage>): string[] {
    return this.#uids.flatMap((uid, index) => {
      const message = present.get(uid);
      if (!message || message.changed <= this.#changes) return [];
      if (this.#told.get(uid) === message.changed) return [];
      // A message that only came in was announced by EXISTS.
      if (message.changed === message.added) return [];
      this.noteTold(message);
      return `* ${index + 1} FETCH (UID ${uid} FLAGS ${formatFlags(
        message.flags,
      )})`;
    });
  }

  #pick(wanted: (number: number, uid: number) => boolean): NumberedMessage[] {
    return this.#uids.flatMap((uid, index) => {
      if (!wanted(index + 1, uid)) return [];
      const message = this.mailbox.find(uid);
      return message ? { number: index + 1, message } : [];
    });
  }
}
