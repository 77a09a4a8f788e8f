// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import {
  isCount,
  isNzNumber,
  isWithin,
  sortUids,
  toUidSet,
  uidWindows,
  uidWindowsDown,
} from './uids';

describe('toUidSet', () => {
  it.each([
    [[7], '7'],
    [[3, 4, 5, 7, 9, 10], '3:5,7,9:10'],
    [[1, 4294967295], '1,4294967295'],
  ])('writes %j', (uids, expected) => {
    expect(toUidSet(uids)).toBe(expected);
  });

  it('names exactly the UIDs that it is given', () => {
    const uid = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(fc.array(uid, { minLength: 1 }), list => {
        const uids = sortUids(list);
        const named = toUidSet(uids)
          .split(',')
          .flatMap(range => {
            const [first, last = first] = range.split(':').map(Number);
            return Array.from(
              { length: last - first + 1 },
              (_, i) => first + i,
            );
          });
        expect(named).toEqual(uids);
      }),
    );
  });
});

describe('isNzNumber and isCount', () => {
  it('take what RFC 9051 allows, and no more', () => {
    for (const value of [1, 2 ** 32 - 1]) {
      expect([isNzNumber(value), isCount(value)]).toEqual([true, true]);
    }
    expect([isNzNumber(0), isCount(0)]).toEqual([false, true]);
    for (const value of [-1, 1.5, 2 ** 32, NaN, Infinity, '1', 1n, undefined]) {
      expect([isNzNumber(value), isCount(value)]).toEqual([false, false]);
    }
  });
});

describe('uidWindows', () => {
  it('starts small, grows, and leaves the last one open', () => {
    expect([
      ...uidWindows({ afterUid: 100, wanted: 10, uidNext: 1000 }),
    ]).toEqual([
      { from: 101, to: 180 },
      { from: 181, to: 500 },
      { from: 501, to: '*' },
    ]);
  });

  it('holds every UID above the last one exactly once', () => {
    const uid = fc.integer({ min: 1, max: 2 ** 32 - 1 });
    const input = fc.record({
      afterUid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      wanted: fc.integer({ min: 1, max: 1000 }),
      uidNext: uid,
    });
    fc.assert(
      fc.property(input, uid, (options, one) => {
        const windows = [...uidWindows(options)];

        expect(windows.length).toBeLessThan(20);
        expect(windows.filter(window => isWithin(one, window))).toHaveLength(
          one > options.afterUid ? 1 : 0,
        );
      }),
    );
  });
});

describe('uidWindowsDown', () => {
  it('covers everything from a UID down to the first, once, in windows that a line holds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 10_000 }),
        (upToUid, wanted) => {
          let next = upToUid;
          for (const { from, to } of uidWindowsDown({ upToUid, wanted })) {
            expect(to).toBe(next);
            expect(from).toBeGreaterThanOrEqual(1);
            expect(to - from).toBeLessThan(1_000_000);
            next = from - 1;
          }
          expect(next).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });
});
