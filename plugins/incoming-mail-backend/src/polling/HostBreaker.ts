// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { PollOutcome } from './types';

const OPENS_AFTER = 10;
const PROBE_EVERY_MS = 60_000;

// More hosts that fail than an installation has; the oldest are forgotten.
const MAX_HOSTS = 10_000;

// The host is not there, or does not get as far as reading.
const UNREACHED: ReadonlySet<FailureCode> = new Set([
  'host-not-found',
  'connection-refused',
  'connection-timed-out',
  'connection-lost',
  'tls-failed',
  'server-unavailable',
]);

// A host that says no is there.
const ANSWERED: ReadonlySet<FailureCode> = new Set([
  'login-refused',
  'throttled',
  'folder-not-found',
]);

interface HostRecord {
  failures: number;
  /** When the next visit may try the host, once the circuit is open. */
  probeAt: number;
}

/**
 * Keeps visits away from hosts that are down, whichever mailbox they are for.
 * After ten visits in a row that did not reach a host, its circuit is open:
 * one visit a minute tries it, and the first that is answered closes it.
 *
 * Kept in memory, so each replica finds out for itself: a host that only one
 * replica cannot reach is still read by the others.
 */
export class HostBreaker {
  readonly #hosts = new Map<string, HostRecord>();
  readonly #now: () => number;

  /** @param now - a clock that never goes back, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Asks for a visit. Where the circuit is open, the one that is let through
   * is the probe, and the next one has to wait a minute.
   *
   * @returns 0 to go ahead, otherwise how long to wait, in milliseconds
   */
  enter(host: string): number {
    const record = this.#hosts.get(host);
    if (!record || record.failures < OPENS_AFTER) {
      return 0;
    }
    const now = this.#now();
    if (now < record.probeAt) {
      return record.probeAt - now;
    }
    record.probeAt = now + PROBE_EVERY_MS;
    return 0;
  }

  /**
   * Notes how a visit ended. What says nothing of the host (a consent that was
   * revoked, a visit that was aborted) changes nothing.
   */
  note(host: string, outcome: PollOutcome): void {
    if (outcome.kind === 'completed') {
      this.#hosts.delete(host);
    } else if (outcome.kind === 'failed') {
      this.#noteFailure(host, outcome.failure);
    }
  }

  #noteFailure(host: string, failure: FailureCode): void {
    if (ANSWERED.has(failure)) {
      this.#hosts.delete(host);
    } else if (UNREACHED.has(failure)) {
      const failures = (this.#hosts.get(host)?.failures ?? 0) + 1;
      this.#hosts.set(host, {
        failures,
        probeAt: this.#now() + PROBE_EVERY_MS,
      });
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    if (this.#hosts.size > MAX_HOSTS) {
      const [oldest] = this.#hosts.keys();
      this.#hosts.delete(oldest);
    }
  }
}
