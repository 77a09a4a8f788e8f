// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import {
  addDays,
  dueEndWarning,
  dueExpiryWarning,
  WARNING_DAYS,
} from './expiryCalendar';

describe('dueExpiryWarning', () => {
  it.each([
    [31, undefined],
    [30, 30],
    [15, 30],
    [14, 14],
    [8, 14],
    [7, 7],
    [2, 7],
    [1, 1],
    [0, 1],
    [-1, undefined],
    [-400, undefined],
  ])('with %i days left is that of %p days', (daysLeft, daysBefore) => {
    const expiresOn = '2027-03-01';
    const today = addDays(expiresOn, -daysLeft);
    expect(dueExpiryWarning(expiresOn, today)).toEqual(
      daysBefore && { daysBefore, daysLeft },
    );
  });

  it('comes four times in the life of a secret that is looked at daily, over leap days and years too', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('2024-01-01'),
          max: new Date('2040-01-01'),
          noInvalidDate: true,
        }),
        end => {
          const expiresOn = end.toISOString().slice(0, 10);
          const seen = Array.from({ length: 100 }, (_, n) =>
            dueExpiryWarning(expiresOn, addDays(expiresOn, n - 90)),
          ).flatMap(warning => warning?.daysBefore ?? []);
          expect([...new Set(seen)]).toEqual([...WARNING_DAYS]);
          expect(seen).toHaveLength(31);
        },
      ),
    );
  });
});

describe('dueEndWarning', () => {
  const NOW = Date.parse('2027-01-31T12:00:00Z');
  const daysFromNow = (days: number) => NOW + days * 86_400_000;
  const warningOf = (lifeDays: number, leftDays: number) =>
    dueEndWarning({
      begunAt: new Date(NOW),
      endsAt: new Date(daysFromNow(lifeDays)),
      now: new Date(daysFromNow(lifeDays - leftDays)),
    });

  it.each<[number, number, number | undefined]>([
    [90, 31, undefined],
    [90, 30, 30],
    [90, 14.5, 30],
    [90, 14, 14],
    [90, 6.9, 7],
    [90, 0.5, 1],
    [90, 0, undefined],
    [90, -1, undefined],
    // Of a week, nobody is told at its beginning that it is one.
    [7, 7, undefined],
    [7, 2, undefined],
    [7, 1, 1],
    [0.5, 0.2, undefined],
  ])('of a life of %d days, %d before its end: %s', (life, left, step) => {
    expect(warningOf(life, left)?.daysBefore).toBe(step);
  });

  it('counts days up', () => {
    expect(warningOf(90, 6.2)?.daysLeft).toBe(7);
  });
});
