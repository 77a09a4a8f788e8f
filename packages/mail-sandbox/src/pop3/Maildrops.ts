// SPDX-License-Identifier: Apache-2.0
import type { FaultBoard } from '../faults/FaultBoard';
import type { MailAccount } from '../imap/MailStore';
import { Maildrop } from './Maildrop';

/** A maildrop with the lock that its session holds. */
export interface OpenMaildrop {
  readonly maildrop: Maildrop;
  /** Gives the lock back; a second call does nothing. */
  release(): void;
}

/**
 * Opens maildrops, each for one session at a time (RFC 1939 section 4), and
 * remembers what was retrieved for servers that then hide it.
 */
export class Maildrops {
  readonly #faults: FaultBoard;
  readonly #locked = new Set<string>();
  /** Retrieved UIDs by address and UIDVALIDITY. */
  readonly #retrieved = new Map<string, Set<number>>();

  constructor(faults: FaultBoard) {
    this.#faults = faults;
  }

  /** @returns `undefined` while another session has it. */
  open({ address, inbox }: MailAccount): OpenMaildrop | undefined {
    if (this.#locked.has(address)) return undefined;
    this.#locked.add(address);
    const faults = this.#faults.current;
    const hidden = faults.pop3HideRetrieved
      ? this.#retrieved.get(`${address} ${inbox.uidValidity}`)
      : undefined;
    const shown = inbox.messages
      .filter(({ uid }) => !hidden?.has(uid))
      .slice(0, faults.pop3ListLimit);
    let isMine = true;
    return {
      maildrop: new Maildrop(inbox, shown, faults),
      release: () => {
        if (isMine) this.#locked.delete(address);
        isMine = false;
      },
    };
  }

  /** Says that a session ended well, and what it retrieved. */
  noteRetrieved({ address, inbox }: MailAccount, maildrop: Maildrop): void {
    const key = `${address} ${inbox.uidValidity}`;
    const before = this.#retrieved.get(key) ?? [];
    this.#retrieved.set(key, new Set([...before, ...maildrop.retrieved]));
  }
}
