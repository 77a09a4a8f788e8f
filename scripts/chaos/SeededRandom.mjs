// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** Numbers that the same seed gives again. */
export class SeededRandom {
  #seed;
  #drawn = 0;

  constructor(seed) {
    this.#seed = seed;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit) {
    this.#drawn += 1;
    const hash = createHash('sha256').update(`${this.#seed} ${this.#drawn}`);
    return Math.floor((hash.digest().readUInt32BE(0) / 2 ** 32) * limit);
  }

  uuid() {
    this.#drawn += 1;
    const hex = createHash('sha256')
      .update(`${this.#seed} ${this.#drawn}`)
      .digest('hex');
    const part = (from, to) => hex.slice(from, to);
    return [
      part(0, 8),
      part(8, 12),
      `4${part(13, 16)}`,
      `8${part(17, 20)}`,
      part(20, 32),
    ].join('-');
  }

  /** A whole number, both ends included. */
  between(from, to) {
    return from + this.below(to - from + 1);
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}
