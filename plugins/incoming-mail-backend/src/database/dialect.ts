// SPDX-License-Identifier: Apache-2.0
import { isDatabaseConflictError } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { tables } from './tables';

// The only file that asks which engine this is.

/** Whether the engine is PostgreSQL; the other one is SQLite. */
export function isPostgres(knex: Knex): boolean {
  return knex.client.config.client === 'pg';
}

/**
 * Has a transaction that has just begun be one that writes, as `BEGIN
 * IMMEDIATE` would, which knex cannot say. On SQLite another process that has
 * the file open would otherwise be met in the middle: of two transactions that
 * have read and want to write, one is refused at once, however long one may
 * wait (`SQLITE_BUSY`). At its beginning it waits for its turn.
 */
export async function takeTurn(tx: Knex.Transaction): Promise<void> {
  if (!isPostgres(tx)) {
    // Any statement that may write does; this one finds nothing, by the key.
    await tx(tables.leases).where({ kind: '', subject_id: '' }).delete();
  }
}

/**
 * Locks the selected rows and passes over those that others hold. On SQLite
 * nothing has to be done: a transaction is alone from its beginning (see
 * {@link takeTurn}).
 */
export function forUpdateSkipLocked<T extends Knex.QueryBuilder>(
  tx: Knex,
  query: T,
): T {
  return isPostgres(tx) ? (query.forUpdate().skipLocked() as T) : query;
}

/** Locks the selected rows for this transaction. See {@link forUpdateSkipLocked}. */
export function forUpdate<T extends Knex.QueryBuilder>(tx: Knex, query: T): T {
  return isPostgres(tx) ? (query.forUpdate() as T) : query;
}

/**
 * Locks the selected rows against change but not against other readers of
 * this kind. See {@link forUpdateSkipLocked}.
 */
export function forShare<T extends Knex.QueryBuilder>(tx: Knex, query: T): T {
  return isPostgres(tx) ? (query.forShare() as T) : query;
}

/**
 * Has transactions that name the same thing wait for each other, where there
 * is no row that all of them write. The lock ends with the transaction, so it
 * works behind a pooler as well. See {@link forUpdateSkipLocked} for SQLite.
 */
export async function holdName(
  tx: Knex.Transaction,
  name: string,
): Promise<void> {
  if (isPostgres(tx)) {
    await tx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
      name,
    ]);
  }
}

/**
 * Has the engine give up statements of a transaction that take longer. SQLite
 * has no such thing: there, a statement keeps all others waiting anyhow.
 */
export async function limitStatements(
  tx: Knex.Transaction,
  ms: number,
): Promise<void> {
  if (isPostgres(tx)) {
    await tx.raw("SELECT set_config('statement_timeout', ?, true)", [`${ms}`]);
  }
}

/** Runs a statement that knex cannot build. @returns its rows */
export async function rowsOfRaw(
  tx: Knex,
  sql: string,
  values: readonly unknown[],
): Promise<unknown[]> {
  const result = await tx.raw(sql, values as Knex.RawBinding[]);
  return isPostgres(tx) ? result.rows : result;
}

/** Whether an insert or update failed because of a unique index. */
export function isUniqueViolation(error: unknown): boolean {
  return isDatabaseConflictError(error);
}

// PostgreSQL: invalid_text_representation and numeric_value_out_of_range.
// SQLite compares values of any type.
const unfitValueCodes = new Set(['22P02', '22003']);

/** Whether a bound value is none that its column's type can have. */
export function isUnfitValue(error: unknown): boolean {
  return unfitValueCodes.has(codeOf(error) ?? '');
}

// PostgreSQL: serialization_failure and deadlock_detected. SQLite: another
// process holds the file; SQLITE_BUSY has several kinds.
const RETRYABLE = /^(?:40001|40P01|SQLITE_BUSY(?:_[A-Z]+)?)$/;

/** Whether the same transaction may succeed when it is run again. */
export function isRetryable(error: unknown): boolean {
  return RETRYABLE.test(codeOf(error) ?? '');
}

// PostgreSQL: insufficient_resources (a full disk, no memory, no connection),
// an administrator's shutdown, a crash, not yet up, io_error. SQLite: the same
// of its file.
const OUTAGE =
  /^(?:53[0-9A-Z]{3}|57P0[123]|58030|SQLITE_FULL|SQLITE_IOERR\w*|SQLITE_NOMEM)$/;

/**
 * Whether the engine cannot serve at the moment, whatever it is asked: what
 * was asked of it is not to blame, and may be asked again later.
 */
export function isOutage(error: unknown): boolean {
  return OUTAGE.test(codeOf(error) ?? '');
}

/**
 * Whether an error comes from the engine. Its message can hold parts of a row
 * ("Key (x)=(y) already exists"), so it must neither be logged nor answered.
 */
export function isDatabaseError(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code !== undefined &&
    (code.startsWith('SQLITE_') || /^[0-9A-Z]{5}$/.test(code))
  );
}

/** The engine's code of an error: SQLSTATE or SQLITE_…. */
export function codeOf(error: unknown): string | undefined {
  const code =
    typeof error === 'object' && error !== null && 'code' in error
      ? error.code
      : undefined;
  return typeof code === 'string' ? code : undefined;
}
