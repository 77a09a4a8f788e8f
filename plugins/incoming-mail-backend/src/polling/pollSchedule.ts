// SPDX-License-Identifier: Apache-2.0
import { failures } from '@postroom/plugin-incoming-mail-common';
import { backoffMs } from '../lib';
import { PollOutcome } from './types';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

// Visits spread over the interval instead of coming in waves.
const INTERVAL_JITTER = 0.1;
const FAILURE_JITTER = 0.2;
const FIRST_BACKOFF_MS = 30 * SECOND;

// Mail servers lock accounts out after a handful of wrong passwords within a
// quarter of an hour or so. A server may also refuse a right one for a moment.
const MAX_REFUSALS = 3;
const FIRST_REFUSAL_MS = 10 * 60 * SECOND;

/**
 * How long until the next visit, in milliseconds; undefined: not before
 * somebody does something (authorizes, changes the settings, asks for it).
 *
 * A server that asks for patience gets it, up to an hour. Never sooner than
 * the interval after a failure that is tried again.
 *
 * A password that was refused three times is not tried any more: the account
 * would be locked, also for its owner.
 *
 * @param failedVisits - failures in a row, this one included
 * @param refusedSignIns - of the password, in a row, this one included
 * @param random - a number from 0 to below 1
 */
export function nextVisitInMs(
  outcome: PollOutcome,
  options: {
    intervalMs: number;
    failedVisits: number;
    refusedSignIns?: number;
    random(): number;
  },
): number | undefined {
  const { intervalMs, failedVisits, refusedSignIns = 1, random } = options;
  switch (outcome.kind) {
    case 'completed':
      return outcome.more && !outcome.heldBack
        ? 0
        : backoffMs(
            1,
            { firstMs: intervalMs, maxMs: intervalMs, jitter: INTERVAL_JITTER },
            random,
          );
    case 'failed': {
      if (failures[outcome.failure].retry === 'stop') {
        return undefined;
      }
      const isRefusal = outcome.failure === 'password-refused';
      if (isRefusal && refusedSignIns >= MAX_REFUSALS) {
        return undefined;
      }
      const waitMs = backoffMs(
        isRefusal ? refusedSignIns : failedVisits,
        {
          firstMs: isRefusal
            ? FIRST_REFUSAL_MS
            : Math.min(FIRST_BACKOFF_MS, intervalMs),
          maxMs: HOUR,
          jitter: FAILURE_JITTER,
        },
        random,
      );
      return Math.min(Math.max(waitMs, outcome.retryAfterMs ?? 0), HOUR);
    }
    case 'put-off':
      return outcome.waitMs;
    case 'aborted':
      return 0;
    default:
      throw new Error('Unknown outcome');
  }
}
