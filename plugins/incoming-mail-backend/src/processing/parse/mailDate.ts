// SPDX-License-Identifier: Apache-2.0

// RFC 5322 section 3.3: an optional day of the week, date, time, zone; with the
// obsolete two-digit years and named zones of section 4.3. Parts of fixed
// length only, so that nothing backtracks.
const DATE =
  /^(?:[A-Za-z]{3},? {1,4})?(\d{1,2}) {1,4}([A-Za-z]{3}) {1,4}(\d{2}|\d{4}) {1,4}(\d{1,2}:\d{2}(?::\d{2})?) {1,4}([+-]\d{4}|[A-Za-z]{1,5})/;
const MAX_LENGTH = 100;

const FIRST_MS = 0;
// The last instant whose ISO form has a year of four digits.
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Reads a `Date` field; undefined where it is malformed, without a zone, or
 * outside the years 1970 to 9999.
 */
export function parseMailDate(value: string): Date | undefined {
  const match = DATE.exec(value.slice(0, MAX_LENGTH).replace(/\s/g, ' '));
  if (!match) {
    return undefined;
  }
  const [, day, month, year, time, zone] = match;
  // "UT" is in the RFC but not in JavaScript.
  const ms = Date.parse(
    `${day} ${month} ${year} ${time} ${zone === 'UT' ? 'UTC' : zone}`,
  );
  return ms >= FIRST_MS && ms <= LAST_MS ? new Date(ms) : undefined;
}
