// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { isPostgres, rowsOfRaw } from './dialect';

/**
 * Rows of a table by many keys at once, each looked up in an index of its own
 * column: `column IN (…)` has PostgreSQL read the whole table as long as it has
 * no statistics of it, which is when the first thousands of mails come in.
 *
 * @param options.keys - at most a few hundred; each counts once
 * @param options.where - what the rows have besides, such as their mailbox
 * @returns the rows found, in no order
 */
export async function rowsByKeys<T>(
  db: Knex,
  options: {
    table: string;
    column: string;
    keys: Iterable<string>;
    where?: Readonly<Record<string, string | null>>;
    select: ReadonlyArray<keyof T & string>;
  },
): Promise<T[]> {
  const { table, column, where = {}, select } = options;
  const keys = [...new Set(options.keys)];
  if (keys.length === 0) {
    return [];
  }
  // Names are the code's own, never data.
  const rows = `SELECT ${select.join(', ')} FROM ${table} WHERE ${column}`;
  const besides = Object.entries(where).map(([name, value]) =>
    value === null ? `AND ${name} IS NULL` : `AND ${name} = ?`,
  );
  const values = Object.values(where).filter(value => value !== null);
  const found = isPostgres(db)
    ? // OFFSET keeps it a look-up for each key.
      rowsOfRaw(
        db,
        `SELECT found.* FROM unnest(?::text[]) AS wanted(key)
         CROSS JOIN LATERAL (${rows} = wanted.key ${besides.join(
          ' ',
        )} OFFSET 0) AS found`,
        [keys, ...values],
      )
    : rowsOfRaw(
        db,
        `${rows} IN (SELECT value FROM json_each(?)) ${besides.join(' ')}`,
        [JSON.stringify(keys), ...values],
      );
  return (await found) as T[];
}
