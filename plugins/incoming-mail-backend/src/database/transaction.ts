// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { isRetryable, takeTurn } from './dialect';

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
      return await knex.transaction(async tx => {
        await takeTurn(tx);
        return work(tx);
      });
    } catch (error) {
      if (tries >= MAX_TRIES || !isRetryable(error)) {
        throw error;
      }
    }
  }
}

/**
 * Runs `work` in a transaction that is rolled back whatever comes of it: for a
 * look at what would happen. Each of `work`'s parts that may fail belongs into
 * a {@link inSavepoint} of its own, since PostgreSQL refuses everything after a
 * failed statement.
 */
export async function inRolledBackTransaction<T>(
  knex: Knex,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const tx = await knex.transaction();
  try {
    await takeTurn(tx);
    return await work(tx);
  } finally {
    await tx.rollback();
  }
}

/**
 * Runs a part of a transaction, of which nothing stands if it rejects. The
 * part is handed a transaction of its own, which can end neither way what is
 * around it.
 */
export async function inSavepoint<T>(
  tx: Tx,
  work: (savepoint: Tx) => Promise<T>,
): Promise<T> {
  return tx.transaction(work);
}
