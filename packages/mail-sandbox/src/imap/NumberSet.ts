// SPDX-License-Identifier: Apache-2.0
import { ImapSyntaxError } from './ImapSyntaxError';

/** More ranges than this come from a client that lists what it could span. */
const MAX_RANGES = 20_000;

const MAX_NUMBER = 2 ** 32 - 1;

type Range = readonly [from: number, to: number];

/** A set of UIDs or of sequence numbers, as a client wrote it. */
export class NumberSet {
  /** Ascending, without overlap. */
  readonly #ranges: readonly Range[];

  private constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
  }

  /**
   * Reads `1:3,7,9:*`.
   *
   * @param text - the set
   * @param last - what `*` stands for: the highest number in use. A range
   * `9:*` always holds it, also when it is below 9 (RFC 3501 section 6.4.8).
   * @throws ImapSyntaxError
   */
  static parse(text: string, last: number): NumberSet {
    const parts = text.split(',');
    if (parts.length > MAX_RANGES) throw new ImapSyntaxError('Set too long');
    return new NumberSet(merge(parts.map(part => parseRange(part, last))));
  }

  has(number: number): boolean {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [from, to] = this.#ranges[middle];
      if (number < from) high = middle - 1;
      else if (number > to) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** The largest number of the set. */
  get max(): number {
    return this.#ranges.at(-1)?.[1] ?? 0;
  }
}

function parseRange(part: string, last: number): Range {
  const ends = part.split(':').map(end => parseNumber(end, last));
  if (ends.length > 2) throw new ImapSyntaxError('Invalid set');
  const [from, to = from] = ends;
  return from <= to ? [from, to] : [to, from];
}

function parseNumber(text: string, last: number): number {
  if (text === '*') return last;
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : NaN;
  if (number <= MAX_NUMBER) return number;
  throw new ImapSyntaxError('Invalid set');
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before && from <= before[1] + 1) {
      merged[merged.length - 1] = [before[0], Math.max(before[1], to)];
    } else {
      merged.push([from, to]);
    }
  }
  return merged;
}
