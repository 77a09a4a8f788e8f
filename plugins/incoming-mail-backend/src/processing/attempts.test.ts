// SPDX-License-Identifier: Apache-2.0
import { delayAfterAttempt, MAX_ATTEMPTS } from './attempts';

describe('delayAfterAttempt', () => {
  it('waits 2 s, 30 s and 5 min, and then no more', () => {
    expect([1, 2, 3, 4, 5].map(delayAfterAttempt)).toEqual([
      2_000,
      30_000,
      300_000,
      undefined,
      undefined,
    ]);
    expect(MAX_ATTEMPTS).toBe(4);
  });
});
