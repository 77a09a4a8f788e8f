// SPDX-License-Identifier: Apache-2.0

// How long a mail waits after its first, second and third failed attempt; the
// contract of MailHandler promises these.
const DELAYS_MS = [2_000, 30_000, 300_000];

/** After so many attempts a mail is quarantined. */
export const MAX_ATTEMPTS = DELAYS_MS.length + 1;

/**
 * How long a mail waits after its `attempt`-th attempt (from 1) failed;
 * undefined where there is no other.
 */
export function delayAfterAttempt(attempt: number): number | undefined {
  return DELAYS_MS[attempt - 1];
}
