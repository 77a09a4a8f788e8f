// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { fetchBatches } from './fetchBatches';

const MB = 1024 * 1024;
const MAX = 25 * MB;

const sizes = (...list: number[]) =>
  list.map((sizeBytes, index) => ({
    position: index + 1,
    sourceKey: `${index + 1}`,
    sizeBytes,
  }));

const shape = (list: number[]) =>
  fetchBatches(sizes(...list), MAX).map(batch => batch.length);

describe('fetchBatches', () => {
  it.each<[string, number[], number[]]>([
    ['nothing', [], []],
    ['small mail', [1000, 1000, 1000], [3]],
    ['many mails', Array(450).fill(1000), [200, 200, 50]],
    ['much mail', Array(10).fill(4 * MB), [4, 4, 2]],
    ['large mail alone', [1000, 6 * MB, 1000, 1000, 9 * MB], [1, 1, 2, 1]],
    ['a size that is a lie', [2 ** 53, 1000], [1, 1]],
  ])('splits %s', (_name, list, expected) => {
    expect(shape(list)).toEqual(expected);
  });

  it('keeps every mail, in order and within the bounds', () => {
    const anySize = fc.oneof(fc.nat(100_000), fc.nat(8 * MB), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(anySize, { maxLength: 600 }), list => {
        const batches = fetchBatches(sizes(...list), MAX);

        expect(batches.flat()).toEqual(sizes(...list));
        for (const batch of batches) {
          const bytes = batch.map(ref => Math.min(ref.sizeBytes, MAX));
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(200);
          expect(
            batch.length === 1 || bytes.reduce((a, b) => a + b) <= 16 * MB,
          ).toBe(true);
        }
      }),
    );
  });
});
