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

  /** A whole number, both ends included. */
  between(from, to) {
    return from + this.below(to - from + 1);
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}
