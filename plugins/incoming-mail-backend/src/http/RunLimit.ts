// SPDX-License-Identifier: Apache-2.0
import { CustomErrorBase } from '@backstage/errors';

/**
 * Somebody asks more often than is reasonable. `@backstage/errors` has no type
 * of its own for 429: a ConflictError would say that something changed in
 * between, a ServiceUnavailableError that we are down. The platform answers
 * with the status that an error names.
 */
export class TooManyRequestsError extends CustomErrorBase {
  name = 'TooManyRequestsError' as const;
  readonly statusCode = 429;
}

/**
 * Bounds how often each person may start something that is costly for others,
 * such as requests to a server of their choice. Counts in this process only:
 * with several replicas a person gets the limit of each.
 */
export class RunLimit {
  readonly #max: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  /** When each person's latest runs began; only those within the window. */
  readonly #runs = new Map<string, number[]>();

  constructor(options: {
    /** How many runs a person may start within the window. */
    max: number;
    windowMs: number;
    /** Milliseconds that only grow. Default: the process's own. */
    now?: () => number;
  }) {
    this.#max = options.max;
    this.#windowMs = options.windowMs;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Counts a run; one that is refused does not count.
   *
   * @throws TooManyRequestsError
   */
  take(userRef: string): void {
    const now = this.#now();
    this.#forgetBefore(now - this.#windowMs);
    const runs = this.#runs.get(userRef) ?? [];
    if (runs.length >= this.#max) {
      const waitMs = runs[0] + this.#windowMs - now;
      throw new TooManyRequestsError(
        `That was asked for ${
          this.#max
        } times in a row; try again in ${Math.ceil(waitMs / 1_000)} seconds`,
      );
    }
    this.#runs.set(userRef, [...runs, now]);
  }

  /** Like {@link take}; false where it is refused. */
  tryTake(userRef: string): boolean {
    try {
      this.take(userRef);
      return true;
    } catch (error) {
      if (error instanceof TooManyRequestsError) {
        return false;
      }
      throw error;
    }
  }

  /** Keeps the map as small as the number of people who were here just now. */
  #forgetBefore(oldest: number): void {
    for (const [userRef, runs] of this.#runs) {
      const recent = runs.filter(startedAt => startedAt > oldest);
      if (recent.length > 0) {
        this.#runs.set(userRef, recent);
      } else {
        this.#runs.delete(userRef);
      }
    }
  }
}
