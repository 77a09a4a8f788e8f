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

/**
 * How long until the next visit, in milliseconds; undefined: not before
 * somebody does something (authorizes, changes the settings, asks for it).
 *
 * A server that asks for patience gets it, up to an hour. Never sooner than
 * the interval after a failure that is tried again.
 *
 * @param failedVisits - failures in a row, this one included
 * @param random - a number from 0 to below 1
 */
export function nextVisitInMs(
  outcome: PollOutcome,
  options: { intervalMs: number; failedVisits: number; random(): number },
): number | undefined {
  const { intervalMs, failedVisits, random } = options;
  switch (outcome.kind) {
    case 'completed':
      return outcome.more
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
      const waitMs = backoffMs(
        failedVisits,
        {
          firstMs: Math.min(FIRST_BACKOFF_MS, intervalMs),
          maxMs: HOUR,
          jitter: FAILURE_JITTER,
        },
        random,
      );
      return Math.min(Math.max(waitMs, outcome.retryAfterMs ?? 0), HOUR);
    }
    case 'aborted':
      return 0;
    default:
      throw new Error('Unknown outcome');
  }
}
