// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { toSafeError } from '../database';

/** One kind of record that does not stay for ever. */
export interface RetentionRule {
  /** For the log. */
  readonly what: string;
  /** Where an installation may say otherwise; absent: nowhere. */
  readonly setting?: string;
  readonly keepMs: number;
  /** How many are removed at a time. */
  readonly batch: number;
  /** Removes at most `limit` records older than `ageMs`; says how many. */
  removeOld(options: { ageMs: number; limit: number }): Promise<number>;
}

const MAX_BATCHES_PER_RUN = 200;

// Rules that come first must not keep those after them from their turn for
// ever, and a run must end before the scheduler takes it for dead.
const RULE_MS = 60_000;

/**
 * Removes what is older than its rule says. One run in all replicas together,
 * now and then; a run that does not get through goes on at the next one.
 */
export class Janitor {
  readonly #rules: readonly RetentionRule[];
  readonly #logger: LoggerService;
  readonly #ruleMs: number;

  constructor(options: {
    rules: readonly RetentionRule[];
    logger: LoggerService;
    /** How long a rule may begin new batches in one run. Default: a minute. */
    ruleMs?: number;
  }) {
    this.#rules = options.rules;
    this.#logger = options.logger;
    this.#ruleMs = options.ruleMs ?? RULE_MS;
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
    const { keepMs: ageMs, batch: limit } = rule;
    const begunAt = performance.now();
    for (let batch = 0; batch < MAX_BATCHES_PER_RUN; batch += 1) {
      if (signal?.aborted || performance.now() - begunAt > this.#ruleMs) {
        return;
      }
      const removed = await rule.removeOld({ ageMs, limit });
      if (removed < limit) {
        return;
      }
    }
  }
}
