// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import {
  GrantEvent,
  grantStateSchema,
  nextGrantState,
  refreshAheadMs,
  statesBefore,
} from './grantState';

const events: GrantEvent[] = [
  'consented',
  'refreshed',
  'refresh-failed',
  'revoked',
  'integration-changed',
];

describe('nextGrantState', () => {
  it('brings an ended grant back by a consent and by nothing else', () => {
    const revivals = events.filter(
      event => nextGrantState('needs-consent', event) === 'active',
    );
    expect(revivals).toEqual(['consented']);
  });

  it('ends a grant by a verdict, never by a failure', () => {
    expect(nextGrantState('active', 'refresh-failed')).toBe('active');
    expect(nextGrantState('active', 'revoked')).toBe('needs-consent');
    expect(nextGrantState('active', 'integration-changed')).toBe(
      'needs-consent',
    );
  });

  it('agrees with the states that updates ask for', () => {
    for (const event of events) {
      for (const state of grantStateSchema.options) {
        expect(statesBefore(event).includes(state)).toBe(
          nextGrantState(state, event) !== undefined,
        );
      }
    }
  });
});

describe('refreshAheadMs', () => {
  it.each([
    [3_600_000, 2_880_000],
    [86_400_000, 69_120_000],
    [900_000, 600_000],
    [60_000, 30_000],
  ])('renews a token that lives for %i ms after %i ms', (life, after) => {
    expect(refreshAheadMs(life, () => 0)).toBe(after);
  });

  it('lies within the life of the token, whatever the jitter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 31_536_000_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (life, jitter) => {
          const after = refreshAheadMs(life, () => jitter);
          expect(after).toBeGreaterThan(life * 0.4);
          expect(after).toBeLessThanOrEqual(life * 0.8 + 1);
        },
      ),
    );
  });
});
