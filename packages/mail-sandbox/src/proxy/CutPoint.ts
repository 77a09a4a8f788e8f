// SPDX-License-Identifier: Apache-2.0
import type { DirectionPlan, PatternCut } from './FaultPlan';

/** The part of a chunk that is forwarded, and whether that was the last. */
export interface CutVerdict {
  readonly pass: Buffer;
  readonly cuts: boolean;
}

class PatternFinder {
  readonly #pattern: Buffer;
  readonly #when: PatternCut['when'];
  /** Matches that are still to come, the wanted one among them. */
  #left: number;
  /** The end of what came before, as far as a match may have begun in it. */
  #tail = Buffer.alloc(0);

  constructor({ pattern, when, occurrence = 1 }: PatternCut) {
    this.#pattern = Buffer.from(pattern);
    this.#when = when;
    this.#left = occurrence;
  }

  /** @returns how much of the chunk comes before the cut, if it is in there */
  find(chunk: Buffer): number | undefined {
    const text = Buffer.concat([this.#tail, chunk]);
    const { length } = this.#pattern;
    let from = 0;
    for (;;) {
      const start = text.indexOf(this.#pattern, from);
      if (start === -1) break;
      from = start + length;
      this.#left -= 1;
      if (this.#left === 0) {
        const cut = this.#when === 'after' ? from : start;
        return Math.max(0, cut - this.#tail.length);
      }
    }
    this.#tail = text.subarray(Math.max(from, text.length - length + 1));
    return undefined;
  }
}

/** Finds where a direction is cut, however its bytes are chunked. */
export class CutPoint {
  readonly #limit: number;
  readonly #finder: PatternFinder | undefined;
  #passed = 0;

  constructor({ cutAfterBytes = Infinity, cutOnPattern }: DirectionPlan) {
    this.#limit = cutAfterBytes;
    this.#finder = cutOnPattern && new PatternFinder(cutOnPattern);
  }

  /** Judges the next chunk; after a cut there is none. */
  take(chunk: Buffer): CutVerdict {
    const end = Math.min(
      this.#limit - this.#passed,
      this.#finder?.find(chunk) ?? Infinity,
    );
    const cuts = end <= chunk.length;
    const pass = cuts ? chunk.subarray(0, end) : chunk;
    this.#passed += pass.length;
    return { pass, cuts };
  }
}
