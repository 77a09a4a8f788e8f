// SPDX-License-Identifier: Apache-2.0

const DAY_MS = 86_400_000;

/** How many days before the end of a secret people are warned; largest first. */
export const WARNING_DAYS = [30, 14, 7, 1] as const;

/** A warning that is due. */
export interface ExpiryWarning {
  /** Which of {@link WARNING_DAYS} it is. */
  readonly daysBefore: number;
  /** How many days really are left; 0: today is the last. */
  readonly daysLeft: number;
}

/**
 * The warning that is due for a secret: of those whose day has come, the one
 * nearest to the end. Somebody who enters a secret that ends in five days is
 * warned once then, not three times. None once the day is over: then the
 * provider says it.
 *
 * @param expiresOn - a calendar day, `2027-01-31`
 * @param today - likewise, in UTC
 */
export function dueExpiryWarning(
  expiresOn: string,
  today: string,
): ExpiryWarning | undefined {
  const daysLeft = (Date.parse(expiresOn) - Date.parse(today)) / DAY_MS;
  const daysBefore =
    daysLeft < 0
      ? undefined
      : WARNING_DAYS.filter(days => days >= daysLeft).at(-1);
  return daysBefore === undefined ? undefined : { daysBefore, daysLeft };
}

/**
 * The warning that is due for an end at an instant, as
 * {@link dueExpiryWarning} has it for days. Days are counted up: an end in 26
 * hours is two days away. What a life as short as that cannot be warned of
 * before it begins is left out: of seven days, only the last is left.
 *
 * @param of.begunAt - when the life began
 */
export function dueEndWarning(of: {
  readonly begunAt: Date;
  readonly endsAt: Date;
  readonly now: Date;
}): ExpiryWarning | undefined {
  const lifeMs = of.endsAt.getTime() - of.begunAt.getTime();
  const leftMs = of.endsAt.getTime() - of.now.getTime();
  const daysBefore =
    leftMs <= 0
      ? undefined
      : WARNING_DAYS.filter(
          days => days * DAY_MS >= leftMs && days * DAY_MS < lifeMs,
        ).at(-1);
  return daysBefore === undefined
    ? undefined
    : { daysBefore, daysLeft: Math.ceil(leftMs / DAY_MS) };
}

/** The day of an instant, in UTC. */
export function toDay(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** The day that comes `days` days after another one. */
export function addDays(day: string, days: number): string {
  return toDay(new Date(Date.parse(day) + days * DAY_MS));
}
