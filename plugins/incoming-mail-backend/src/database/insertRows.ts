// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { rowsOfRaw } from './dialect';
import { Tx } from './transaction';

/**
 * How many rows or values to put into a statement at most: both engines bound
 * the number of values in one (PostgreSQL 65,535, SQLite 32,766).
 */
export const ROWS_PER_STATEMENT = 500;

/** A column's value; a `Knex.Raw` without values is written into the statement. */
type Cell = string | number | boolean | Buffer | null | Knex.Raw;

/**
 * Inserts rows, which all must have the columns of the first and no others,
 * with one statement. For many rows at a time: knex's own builder takes longer
 * to build the statement than the engine to run it.
 *
 * @param options.unless - names the columns of a unique index: a row that is
 *   there already stays as it is
 * @param options.returning - a column to get back of each row that was inserted
 */
export async function insertRows<T = unknown>(
  tx: Tx,
  table: string,
  rows: ReadonlyArray<Readonly<Record<string, Cell>>>,
  options: { unless?: readonly string[]; returning?: string } = {},
): Promise<T[]> {
  const [first] = rows;
  if (!first) {
    return [];
  }
  const columns = Object.keys(first);
  const bindings: unknown[] = [];
  // The same object in each row, and its text the same.
  const texts = new Map<Knex.Raw, string>();
  const toPlaceholder = (value: Cell): string => {
    if (!isRaw(value)) {
      bindings.push(value);
      return '?';
    }
    const text = texts.get(value) ?? value.toQuery();
    texts.set(value, text);
    return text;
  };
  if (rows.some(row => Object.keys(row).length !== columns.length)) {
    throw new Error(`The rows for ${table} have different columns`);
  }
  const values = rows.map(
    row => `(${columns.map(name => toPlaceholder(row[name])).join(',')})`,
  );
  const { unless, returning } = options;
  const statement = [
    `insert into ${quote(table)} (${columns.map(quote)})`,
    `values ${values.join(',')}`,
    ...(unless ? [`on conflict (${unless.map(quote)}) do nothing`] : []),
    ...(returning ? [`returning ${quote(returning)}`] : []),
  ].join(' ');
  return (await rowsOfRaw(tx, statement, bindings)) as T[];
}

// Names are the code's own, never data.
function quote(name: string): string {
  return `"${name}"`;
}

function isRaw(value: Cell): value is Knex.Raw {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value);
}
