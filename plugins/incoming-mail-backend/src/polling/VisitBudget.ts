// SPDX-License-Identifier: Apache-2.0
import { Visit } from './types';

// Far below what a visit may take at most, as that would be a failure.
const LONG_MS = 10_000;

/**
 * How many mails a visit may fetch: as many as the policy lets it, and not more
 * than until too many of the mailbox wait for handling. Mail is left on its
 * server rather than heaped up here. Once there is no room, nothing is fetched
 * until half of what waited is handled, so that mail does not come in drop by
 * drop.
 *
 * What waits is counted when somebody first asks what is left: most visits find
 * nothing and need not know.
 */
export class VisitBudget {
  readonly #visit: Pick<Visit, 'mailbox' | 'deps'>;
  readonly #lateAt = performance.now() + LONG_MS;
  #room: number | undefined;
  #spent = 0;

  constructor(visit: Pick<Visit, 'mailbox' | 'deps'>) {
    this.#visit = visit;
  }

  /** What the policy lets a visit fetch, whether there is room for it or not. */
  get perVisit(): number {
    return this.#visit.deps.policy.messagesPerVisit;
  }

  /** How many mails were looked at. */
  get spent(): number {
    return this.#spent;
  }

  /** Whether no more may be looked at, where that was asked. */
  get isSpent(): boolean {
    return this.isFull || this.isLate || this.#spent >= this.perVisit;
  }

  /** Whether others should go first by now: large mails take their time. */
  get isLate(): boolean {
    return this.#spent > 0 && performance.now() > this.#lateAt;
  }

  /** Whether as many were looked at as there was room for, where that was asked. */
  get isFull(): boolean {
    return this.#room !== undefined && this.#spent >= this.#room;
  }

  /** How many mails may still be looked at. */
  async left(): Promise<number> {
    this.#room ??= await findRoom(this.#visit);
    return this.isLate ? 0 : Math.min(this.perVisit, this.#room) - this.#spent;
  }

  spend(count: number): void {
    this.#spent += count;
  }
}

async function findRoom({
  mailbox,
  deps,
}: Pick<Visit, 'mailbox' | 'deps'>): Promise<number> {
  const { maxWaiting } = deps.policy;
  const waiting = await deps.queue.countWaiting(mailbox.id, maxWaiting);
  const allowed = mailbox.heldBackAt ? relievedBelow(maxWaiting) : maxWaiting;
  return waiting >= allowed ? 0 : maxWaiting - waiting;
}

/** Below how many waiting mails a mailbox is fetched from again. */
export function relievedBelow(maxWaiting: number): number {
  return Math.ceil(maxWaiting / 2);
}
