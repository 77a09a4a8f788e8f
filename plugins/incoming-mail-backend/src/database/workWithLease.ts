// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { LeaseTicket, renewLease } from './leases';

/**
 * Works while keeping a lease. The lease is renewed four times within its
 * duration by a timer of its own, whatever the work is waiting for.
 *
 * The work's signal is aborted when `signal` is, when the lease went to
 * someone else, and when it could not be renewed until shortly before its end:
 * a holder that cannot reach the database stops before another one begins. The
 * work may finish what it is doing; its transactions fail by `holdLease`.
 *
 * Does not release the lease. Throws only what the work throws.
 */
export async function workWithLease<T>(
  db: Knex,
  ticket: LeaseTicket,
  options: { durationMs: number; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { durationMs } = options;
  const lost = new AbortController();
  const marginMs = durationMs / 6;
  let expiry = setTimeout(() => lost.abort(), durationMs - marginMs);

  const renew = async () => {
    // The lease counts from when the database was asked, not from when its
    // answer arrived.
    const askedAt = performance.now();
    const kept = await renewLease(db, ticket, durationMs).catch(
      () => undefined,
    );
    if (kept === false) {
      lost.abort();
    } else if (kept && !lost.signal.aborted) {
      clearTimeout(expiry);
      const spentMs = performance.now() - askedAt;
      expiry = setTimeout(() => lost.abort(), durationMs - marginMs - spentMs);
    }
    // Without an answer the expiry timer stands.
  };

  const renewal = setInterval(() => void renew(), durationMs / 4);
  try {
    return await work(AbortSignal.any([options.signal, lost.signal]));
  } finally {
    clearInterval(renewal);
    clearTimeout(expiry);
    // So that a renewal under way does not set the timer again.
    lost.abort();
  }
}
