// SPDX-License-Identifier: Apache-2.0

/** How waiting grows from one failure to the next. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  /** The share by which a wait may be shorter or longer, 0 to 1. */
  readonly jitter: number;
}

/**
 * How long to wait after the `attempt`-th failure in a row (from 1): doubling
 * from `firstMs` up to `maxMs`, moved by the jitter so that those that failed
 * together do not come back together.
 *
 * @param random - a number from 0 to below 1
 */
export function backoffMs(
  attempt: number,
  policy: BackoffPolicy,
  random: () => number,
): number {
  const doublings = Math.min(Math.max(attempt, 1) - 1, 32);
  const wait = Math.min(policy.firstMs * 2 ** doublings, policy.maxMs);
  return Math.round(wait * (1 + policy.jitter * (2 * random() - 1)));
}
