// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** Numbers that look random and are the same for the same seed, anywhere. */
export class SeededRandom {
  #state: number;
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  }

  /** From 0 to below `end`. */
  below(end: number): number {
    // Mulberry32: a word of state, good enough for choosing words.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  /** Bytes of the seed itself: the same at each call. */
  bytes(count: number): Buffer {
    const blocks = Array.from({ length: Math.ceil(count / 32) }, (_, block) =>
      createHash('sha256').update(`${this.#seed} ${block}`).digest(),
    );
    return Buffer.concat(blocks).subarray(0, count);
  }

  /** A UUID (version 4 in form) of the seed itself. */
  uuid(): string {
    const hex = createHash('sha256').update(`${this.#seed} uuid`).digest('hex');
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `8${hex.slice(17, 20)}`,
      hex.slice(20, 32),
    ].join('-');
  }
}
