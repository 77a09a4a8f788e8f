// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { toSafeError } from '../database';

/** One kind of record that does not stay for ever. */
export interface RetentionRule {
  /** For the log. */
  readonly what: string;
  readonly keepMs: number;
  /** Removes at most `limit` records older than `ageMs`; says how many. */
  removeOld(options: { ageMs: number; limit: number }): Promise<number>;
}

// Small statements: a large one would lock many rows for long.
const BATCH = 500;
const MAX_BATCHES_PER_RUN = 200;

/**
 * Removes what is older than its rule says. One run in all replicas together,
 * now and then; a run that does not get through goes on at the next one.
 */
export class Janitor {
  readonly #rules: readonly RetentionRule[];
  readonly #logger: LoggerService;

  constructor(options: {
    rules: readonly RetentionRule[];
    logger: LoggerService;
  }) {
    this.#rules = options.rules;
    this.#logger = options.logger;
  }

  /** One turn over all rules. Never throws: a rule that fails stops no other. */
  async runOnce(signal?: AbortSignal): Promise<void> {
    for (const rule of this.#rules) {
      try {
        await this.#apply(rule, signal);
      } catch (error) {
        this.#logger.warn('Old records could not be removed', {
          what: rule.what,
          reason: toSafeError(error).message,
        });
      }
    }
  }

  async #apply(rule: RetentionRule, signal?: AbortSignal): Promise<void> {
    for (let batch = 0; batch < MAX_BATCHES_PER_RUN; batch += 1) {
      if (signal?.aborted) {
        return;
      }
      const removed = await rule.removeOld({
        ageMs: rule.keepMs,
        limit: BATCH,
      });
      if (removed < BATCH) {
        return;
      }
    }
  }
}
