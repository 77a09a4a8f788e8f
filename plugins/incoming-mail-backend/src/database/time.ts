// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { isPostgres } from './dialect';
import { DbInteger } from './tables';

// Due times, leases and expiries are compared by the database's clock alone:
// the clocks of replicas differ, and one that is wrong must not take another's
// lease. Both engines count whole milliseconds since 1970.

const POSTGRES_NOW = `(extract(epoch from clock_timestamp()) * 1000)::bigint`;
const SQLITE_NOW = `CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`;

/** Now, to be used inside a statement. */
export function dbNow(knex: Knex): Knex.Raw {
  return knex.raw(isPostgres(knex) ? POSTGRES_NOW : SQLITE_NOW);
}

/** Now and `ms` milliseconds (negative for the past), to be used inside a statement. */
export function dbNowPlus(knex: Knex, ms: number): Knex.Raw {
  const now = isPostgres(knex) ? POSTGRES_NOW : SQLITE_NOW;
  return knex.raw(`${now} + CAST(? AS BIGINT)`, [Math.round(ms)]);
}

/**
 * Now and `ms` milliseconds, read once for a whole statement: for comparisons
 * that are to be looked up in an index. PostgreSQL's clock may tell another
 * time for each row, so that it would have to look at all of them; SQLite's
 * does not within a statement.
 */
export function dbNowOnce(knex: Knex, ms: number = 0): Knex.Raw {
  return isPostgres(knex)
    ? knex.raw('(SELECT ?)', [dbNowPlus(knex, ms)])
    : dbNowPlus(knex, ms);
}

/** Reads the clock; for what is compared with a row that was just read. */
export async function readDbNow(knex: Knex): Promise<number> {
  const [row]: Array<{ now: DbInteger }> = await knex.select(
    knex.raw('? as now', [dbNow(knex)]),
  );
  return Number(row.now);
}

/** An instant column as a date. */
export function fromDbTime(value: DbInteger): Date {
  return new Date(Number(value));
}

/** An instant column that may be empty as an ISO string. */
export function fromDbTimeToIso(value: DbInteger): string;
export function fromDbTimeToIso(value: DbInteger | null): string | undefined;
export function fromDbTimeToIso(value: DbInteger | null): string | undefined {
  return value === null ? undefined : fromDbTime(value).toISOString();
}
