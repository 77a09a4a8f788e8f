// SPDX-License-Identifier: Apache-2.0

/**
 * Visits that wait for their servers. They give the places up that others
 * need: a visit that hangs costs a socket and nothing else. The lane is
 * bounded, and mailboxes that are known to hang fill half of it at most, so
 * that there is room for those that turn out to.
 */
export class SlowLane {
  readonly #visits = new Set<Promise<void>>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#visits.size;
  }

  /** @param known - whether the mailbox is known to hang */
  hasRoom(known: boolean): boolean {
    const places = known ? Math.ceil(this.#capacity / 2) : this.#capacity;
    return this.size < places;
  }

  /** @param visit - must not reject */
  add(visit: Promise<void>, onEnd: () => void): void {
    const done = visit.finally(() => {
      this.#visits.delete(done);
      onEnd();
    });
    this.#visits.add(done);
  }

  /** Resolves when the lane is empty. */
  async idle(): Promise<void> {
    while (this.size > 0) {
      await Promise.all(this.#visits);
    }
  }
}
