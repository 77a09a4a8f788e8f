// SPDX-License-Identifier: Apache-2.0
import { failureCodes, failures } from '@postroom/plugin-incoming-mail-common';
import fc from 'fast-check';
import { nextVisitInMs } from './pollSchedule';
import { PollOutcome } from './types';

const completed: PollOutcome = {
  kind: 'completed',
  accepted: 0,
  more: false,
  baseline: false,
  renumbered: false,
};
const failed = (
  failure: keyof typeof failures,
  retryAfterMs?: number,
): PollOutcome => ({ kind: 'failed', failure, accepted: 0, retryAfterMs });

const inMs = (outcome: PollOutcome, failedVisits = 1, random = 0.5) =>
  nextVisitInMs(outcome, {
    intervalMs: 60_000,
    failedVisits,
    random: () => random,
  });

describe('nextVisitInMs', () => {
  it('comes back after the interval, at once when there is more', () => {
    expect(inMs(completed)).toBe(60_000);
    expect(inMs({ ...completed, more: true })).toBe(0);
    expect(inMs({ kind: 'aborted' })).toBe(0);
  });

  it('waits longer after each failure', () => {
    const waits = [1, 2, 3, 10].map(n => inMs(failed('connection-refused'), n));
    expect(waits).toEqual([30_000, 60_000, 120_000, 3_600_000]);
  });

  it('has the patience that a server asks for, up to an hour', () => {
    expect(inMs(failed('throttled', 600_000))).toBe(600_000);
    expect(inMs(failed('throttled', 1))).toBe(30_000);
    expect(inMs(failed('throttled', 86_400_000))).toBe(3_600_000);
  });

  it('P33 P46: tries a refused password three times, far apart, and then no more', () => {
    const waits = [1, 2, 3, 4].map(refusedSignIns =>
      nextVisitInMs(failed('password-refused'), {
        intervalMs: 1_000,
        failedVisits: 9,
        refusedSignIns,
        random: () => 0.5,
      }),
    );
    expect(waits).toEqual([600_000, 1_200_000, undefined, undefined]);
  });

  it('does not come back by itself exactly where the catalogue says stop', () => {
    for (const code of failureCodes) {
      const stops = inMs(failed(code)) === undefined;
      expect([code, stops]).toEqual([code, failures[code].retry === 'stop']);
    }
  });

  it('never goes beyond its bounds', () => {
    const retried = failureCodes.filter(c => failures[c].retry === 'backoff');
    fc.assert(
      fc.property(
        fc.constantFrom(...retried),
        fc.nat(1_000),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.option(fc.nat(), { nil: undefined }),
        (code, failedVisits, random, retryAfterMs) => {
          const wait = inMs(failed(code, retryAfterMs), failedVisits, random);
          expect(wait).toBeGreaterThanOrEqual(24_000);
          expect(wait).toBeLessThanOrEqual(3_600_000);
        },
      ),
    );
  });
});
