// SPDX-License-Identifier: Apache-2.0
import { InvariantReport } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbInteger,
  inTransaction,
  limitStatements,
  rowsOfRaw,
} from '../database';
import { InvariantRule, invariantRules } from './invariants';

const MAX_EXAMPLES = 10;

// Some of these go through all mail. What takes longer is given up, and the
// whole look with it: an operator is told, and nobody else waits for it.
const STATEMENT_MS = 30_000;

type ViolatorRow = { id: string; violations: DbInteger };

/**
 * Looks through the database for what can never be. Writes nothing, locks
 * nothing, and needs no lease: tests, operators and a replica that works may
 * all do it at any time.
 */
export class InvariantStore {
  readonly #db: Knex;
  readonly #rules: readonly InvariantRule[];
  #running: Promise<InvariantReport> | undefined;

  constructor(db: Knex, rules: readonly InvariantRule[] = invariantRules) {
    this.#db = db;
    this.#rules = rules;
  }

  /** One look; those who ask while it goes on get its answer. */
  async check(): Promise<InvariantReport> {
    this.#running ??= this.#checkAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #checkAll(): Promise<InvariantReport> {
    const invariants: InvariantReport['invariants'] = [];
    for (const rule of this.#rules) {
      invariants.push(await this.#checkOne(rule));
    }
    return {
      ok: invariants.every(({ violations }) => violations === 0),
      invariants,
    };
  }

  // Each in a transaction of its own: on SQLite others get their turn between
  // two of them.
  async #checkOne({ name, words, violators }: InvariantRule) {
    const rows = await inTransaction(this.#db, async tx => {
      await limitStatements(tx, STATEMENT_MS);
      return (await rowsOfRaw(
        tx,
        `SELECT v.id, count(*) OVER () AS violations
         FROM (${violators}) v LIMIT ${MAX_EXAMPLES}`,
        [],
      )) as ViolatorRow[];
    });
    return {
      name,
      words,
      violations: Number(rows[0]?.violations ?? 0),
      examples: rows.map(({ id }) => id),
    };
  }
}
