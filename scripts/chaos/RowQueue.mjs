// SPDX-License-Identifier: Apache-2.0

/**
 * Shares rows out among worlds: each has rows of its own, in their order, and
 * when they are done it takes over the last ones of another.
 */
export class RowQueue {
  #shares;

  /** @param {import('./rows/index.mjs').Row[][]} shares - one per world */
  constructor(shares) {
    this.#shares = shares.map(rows => [...rows]);
  }

  /** The rows for a world, by its index; each is taken when it is asked for. */
  *rowsFor(index) {
    for (;;) {
      const own = this.#shares[index].shift();
      const row = own ?? this.#shares.find(rows => rows.length > 0)?.pop();
      if (!row) {
        return;
      }
      yield row;
    }
  }
}
