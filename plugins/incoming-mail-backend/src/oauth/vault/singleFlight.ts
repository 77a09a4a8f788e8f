// SPDX-License-Identifier: Apache-2.0

/** Runs work once for all who ask for the same key while it is under way. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const current = this.#flights.get(key);
    if (current) {
      return current;
    }
    const flight = work().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    // Everybody who waits hears of a failure; that all have left is no error.
    flight.catch(() => undefined);
    return flight;
  }

  /** Resolves when nothing is under way any more; never rejects. */
  async settle(): Promise<void> {
    while (this.#flights.size > 0) {
      await Promise.allSettled(this.#flights.values());
    }
  }
}

/**
 * Waits for work that others may be waiting for as well: an abort ends the
 * waiting, not the work.
 *
 * @throws the signal's reason on an abort
 */
export async function waitFor<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) {
    return work;
  }
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
