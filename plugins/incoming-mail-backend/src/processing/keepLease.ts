// SPDX-License-Identifier: Apache-2.0
import { sleep } from '../lib';

/**
 * Keeps a lease while its holder works, and tells when it may be gone.
 *
 * The lease is renewed every quarter of its duration, on a timer of its own:
 * however long a step of the work takes, it does not depend on it. The
 * database decides when the lease ends; we cannot see its clock, but we know
 * that the lease lasts at least its duration from the moment *before* we asked
 * for it. A sixth of the duration before that has passed without another
 * renewal, whether it was refused, failed or hangs, `onLost` is called: what
 * then still wants to write is refused by its ticket, but nothing new is
 * begun.
 *
 * @param options.heldSince - `performance.now()` from before the claim
 * @param options.renew - false when the lease went to someone else
 * @param options.signal - ends the keeping when the work is done
 */
export async function keepLease(options: {
  durationMs: number;
  heldSince: number;
  renew(): Promise<boolean>;
  onLost(): void;
  onRenewError(error: unknown): void;
  signal: AbortSignal;
}): Promise<void> {
  const { durationMs, signal } = options;
  const trustedMs = durationMs - durationMs / 6;
  let renewedAt = options.heldSince;
  while (!signal.aborted) {
    await sleep(durationMs / 4, signal);
    if (signal.aborted) {
      return;
    }
    const asked = performance.now();
    const answer = await withinMs(renewedAt + trustedMs - asked, {
      work: tryRenew(options),
      signal,
    });
    if (signal.aborted) {
      return;
    }
    if (answer === 'renewed') {
      renewedAt = asked;
    } else if (
      answer !== 'failed' ||
      performance.now() - renewedAt >= trustedMs
    ) {
      options.onLost();
      return;
    }
  }
}

async function withinMs<T>(
  ms: number,
  options: { work: Promise<T>; signal: AbortSignal },
): Promise<T | 'late'> {
  const answered = new AbortController();
  try {
    return await Promise.race([
      options.work,
      sleep(ms, AbortSignal.any([options.signal, answered.signal])).then(
        () => 'late' as const,
      ),
    ]);
  } finally {
    answered.abort();
  }
}

async function tryRenew(options: {
  renew(): Promise<boolean>;
  onRenewError(error: unknown): void;
}): Promise<'renewed' | 'refused' | 'failed'> {
  try {
    return (await options.renew()) ? 'renewed' : 'refused';
  } catch (error) {
    options.onRenewError(error);
    return 'failed';
  }
}
