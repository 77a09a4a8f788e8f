// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import type { Faults } from '../faults/faultsRequest';
import type { Mailbox, StoredMessage } from '../imap/Mailbox';
import { repairLineEnds } from './multiLine';

/** A message as a session sees it. */
export interface ListedMessage {
  /** Its number in this session, from 1. */
  readonly number: number;
  readonly uid: number;
  /** What RETR sends, before dot-stuffing. */
  readonly bytes: Buffer;
  /** What LIST says about it. */
  readonly size: number;
  /** What UIDL says about it. */
  readonly uniqueId: string;
}

/**
 * The mailbox of a POP3 session: as it was at the login, whatever comes or
 * goes meanwhile (RFC 1939 section 4). Deletions are marks until
 * {@link Maildrop.update}.
 */
export class Maildrop {
  readonly #mailbox: Mailbox;
  readonly #uidValidity: number;
  readonly #messages: readonly ListedMessage[];
  readonly #deleted = new Set<number>();
  readonly #retrieved = new Set<number>();

  /**
   * @param shown - the messages of the mailbox that the session may see
   * @param faults - those in force at the login
   */
  constructor(
    mailbox: Mailbox,
    shown: readonly StoredMessage[],
    faults: Faults,
  ) {
    this.#mailbox = mailbox;
    this.#uidValidity = mailbox.uidValidity;
    const uniqueIdOf = uniqueIds(mailbox.uidValidity, faults.pop3Uidl);
    this.#messages = shown.map((message, index) => {
      const bytes = faults.pop3RepairLineEnds
        ? repairLineEnds(message.raw)
        : message.raw;
      return {
        number: index + 1,
        uid: message.uid,
        bytes,
        size: Math.max(0, bytes.length + (faults.pop3SizeError ?? 0)),
        uniqueId: uniqueIdOf(message),
      };
    });
  }

  /** What is there and not marked as deleted. */
  get messages(): readonly ListedMessage[] {
    return this.#messages.filter(({ number }) => !this.#deleted.has(number));
  }

  /** UIDs that RETR sent. */
  get retrieved(): ReadonlySet<number> {
    return this.#retrieved;
  }

  /** @returns `undefined` also for one that is marked as deleted. */
  find(number: number): ListedMessage | undefined {
    return this.#deleted.has(number) ? undefined : this.#messages[number - 1];
  }

  markDeleted({ number }: ListedMessage): void {
    this.#deleted.add(number);
  }

  markRetrieved({ uid }: ListedMessage): void {
    this.#retrieved.add(uid);
  }

  /** Takes all deletion marks back. */
  reset(): void {
    this.#deleted.clear();
  }

  /** Removes a message for good, before the session ends. */
  removeNow({ uid }: ListedMessage): void {
    this.#expunge([uid]);
  }

  /** Removes for good what is marked: the UPDATE state (RFC 1939 section 6). */
  update(): void {
    this.#expunge(
      this.#messages
        .filter(({ number }) => this.#deleted.has(number))
        .map(({ uid }) => uid),
    );
  }

  #expunge(uids: readonly number[]): void {
    // Under another UIDVALIDITY these numbers are those of other messages.
    if (this.#mailbox.uidValidity !== this.#uidValidity) return;
    this.#mailbox.expunge(new Set(uids));
  }
}

function uniqueIds(
  uidValidity: number,
  way: Faults['pop3Uidl'],
): (message: StoredMessage) => string {
  if (way === 'duplicate') {
    return ({ raw }) => createHash('sha256').update(raw).digest('hex');
  }
  const prefix =
    way === 'changing' ? randomBytes(8).toString('hex') : `${uidValidity}`;
  return ({ uid }) => `${prefix}.${uid}`;
}
