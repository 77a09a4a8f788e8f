// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { isRetryable } from './dialect';

/** The plugin's database, for those who only pass it on. */
export type Db = Knex;

/** An open transaction. Inside one, nothing else of the database may be used. */
export type Tx = Knex.Transaction;

const MAX_TRIES = 3;

/**
 * Runs `work` in a transaction, again when the engine says that another
 * transaction was in the way (deadlock, serialization). `work` must therefore
 * have no effect outside its transaction.
 *
 * On SQLite the pool has one connection: a query inside `work` that does not
 * go through `tx` waits for itself until the pool gives up.
 */
export async function inTransaction<T>(
  knex: Knex,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await knex.transaction(work);
    } catch (error) {
      if (tries >= MAX_TRIES || !isRetryable(error)) {
        throw error;
      }
    }
  }
}
