// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { takeBatch } from './takeBatch';

const limits = { maxCount: 3, maxBytes: 100, maxMessageBytes: 80 };
const refsOf = (...sizes: number[]) =>
  sizes.map((sizeBytes, n) => ({
    position: n + 1,
    sourceKey: `${n + 1}`,
    sizeBytes,
  }));

describe('takeBatch', () => {
  it('stops at the count and before the bytes are exceeded', () => {
    expect(takeBatch(refsOf(1, 1, 1, 1), limits)).toHaveLength(3);
    expect(takeBatch(refsOf(60, 40, 1), limits)).toHaveLength(2);
    expect(takeBatch(refsOf(60, 41), limits)).toHaveLength(1);
    expect(takeBatch([], limits)).toEqual([]);
  });

  it('takes one mail however large it is, and counts it with what is kept', () => {
    const generous = { ...limits, maxMessageBytes: 1_000 };
    expect(takeBatch(refsOf(900, 1), generous)).toHaveLength(1);
    expect(takeBatch(refsOf(900, 20), limits)).toHaveLength(2);
  });

  it('always makes progress, from the front, within its bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { minLength: 1 }), sizes => {
        const refs = refsOf(...sizes);
        const batch = takeBatch(refs, limits);
        expect(batch).toEqual(refs.slice(0, batch.length));
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(3);
      }),
    );
  });
});
