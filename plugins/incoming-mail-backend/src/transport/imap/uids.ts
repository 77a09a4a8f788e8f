// SPDX-License-Identifier: Apache-2.0

/** RFC 9051 section 9, nz-number: a UID, UIDVALIDITY or UIDNEXT. */
export const MAX_NZ_NUMBER = 2 ** 32 - 1;

/** Whether a server's number can be a UID, UIDVALIDITY or UIDNEXT. */
export function isNzNumber(value: unknown): value is number {
  return Number.isInteger(value) && isBetween(value as number, 1);
}

/** Whether a server's number can be a count of mails. */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && isBetween(value as number, 0);
}

function isBetween(value: number, least: number): boolean {
  return value >= least && value <= MAX_NZ_NUMBER;
}

/**
 * Writes UIDs as an IMAP sequence set, such as `3:7,9`.
 *
 * @param uids - ascending and without duplicates
 */
export function toUidSet(uids: readonly number[]): string {
  const ranges: string[] = [];
  let first = uids[0];
  uids.forEach((uid, index) => {
    const next = uids[index + 1];
    if (next !== uid + 1) {
      ranges.push(first === uid ? `${uid}` : `${first}:${uid}`);
      first = next;
    }
  });
  return ranges.join(',');
}

/** Ascending and without duplicates. */
export function sortUids(uids: Iterable<number>): number[] {
  return [...new Set(uids)].sort((a, b) => a - b);
}

/** UIDs from one to another; `*` is the last one that there is. */
export interface UidWindow {
  readonly from: number;
  readonly to: number | '*';
}

const WINDOW_PER_WANTED = 8;
const WINDOW_GROWTH = 4;

/**
 * Windows to search for `wanted` mails above `afterUid`, one after the other
 * until enough are found: asked for everything at once, a folder of a million
 * mails answers with all of them. Each is larger than the one before, as UIDs
 * may be sparse. The last is open, as mail may have come since SELECT gave
 * `uidNext`.
 */
export function* uidWindows(options: {
  afterUid: number;
  wanted: number;
  uidNext: number;
}): Generator<UidWindow> {
  let from = options.afterUid + 1;
  let width = options.wanted * WINDOW_PER_WANTED;
  while (from + width < options.uidNext) {
    yield { from, to: from + width - 1 };
    from += width;
    width *= WINDOW_GROWTH;
  }
  if (isNzNumber(from)) {
    yield { from, to: '*' };
  }
}

// A reply of so many UIDs is a line of at most 8 MB.
const MAX_WINDOW = 1_000_000;

/**
 * The same downwards, for the newest `wanted` mails up to `upToUid`: from
 * there to the first one.
 */
export function* uidWindowsDown(options: {
  upToUid: number;
  wanted: number;
}): Generator<{ readonly from: number; readonly to: number }> {
  let to = options.upToUid;
  let width = options.wanted * WINDOW_PER_WANTED;
  while (to >= 1) {
    const from = Math.max(1, to - Math.min(width, MAX_WINDOW) + 1);
    yield { from, to };
    to = from - 1;
    width *= WINDOW_GROWTH;
  }
}

/** Whether a UID is within, which a server does not always mind. */
export function isWithin(uid: number, { from, to }: UidWindow): boolean {
  return isNzNumber(uid) && uid >= from && (to === '*' || uid <= to);
}
