// SPDX-License-Identifier: Apache-2.0
import { InputError } from '@backstage/errors';
import { Page, PageQuery } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { isUnfitValue } from './dialect';

// Keyset pages: a page begins after the last row of the one before, named by
// its values, so that rows that come or go meanwhile shift nothing.

const cursorSchema = z
  .array(z.union([z.string().max(255), z.number()]))
  .min(1)
  .max(3);

type CursorValues = z.infer<typeof cursorSchema>;

/**
 * Reads one page of a query.
 *
 * @param query - the rows to choose from, unordered
 * @param options.order - columns that together are unique, most significant
 *   first; all in one direction
 */
export async function readPage<TRow extends {}, TItem>(
  query: Knex.QueryBuilder<any, TRow[]>,
  options: {
    page: PageQuery;
    order: readonly (keyof TRow & string)[];
    direction: 'asc' | 'desc';
    toItem: (row: TRow) => TItem;
  },
): Promise<Page<TItem>> {
  const { page, order, direction, toItem } = options;
  const after =
    page.cursor === undefined
      ? undefined
      : decodeCursor(page.cursor, order.length);
  if (after) {
    const columns = order.map(() => '??').join(', ');
    const values = order.map(() => '?').join(', ');
    query.whereRaw(
      `(${columns}) ${direction === 'asc' ? '>' : '<'} (${values})`,
      [...order, ...after],
    );
  }
  const rows = await readRows<TRow>(
    query
      .orderBy(order.map(column => ({ column, order: direction })))
      .limit(page.limit + 1),
    after !== undefined,
  );
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    ...(rows.length > page.limit &&
      last && { nextCursor: encodeCursor(order.map(column => last[column])) }),
  };
}

async function readRows<TRow>(
  query: PromiseLike<unknown>,
  hasCursor: boolean,
): Promise<TRow[]> {
  try {
    return (await query) as TRow[];
  } catch (error) {
    // Well-formed, but with a value that the column's type does not have.
    if (hasCursor && isUnfitValue(error)) {
      throw invalidCursor();
    }
    throw error;
  }
}

function invalidCursor(): InputError {
  return new InputError('Invalid input: query.cursor is not one of this list');
}

function encodeCursor(values: unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

function decodeCursor(cursor: string, length: number): CursorValues {
  try {
    const values = cursorSchema.parse(
      JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')),
    );
    if (values.length === length) {
      return values;
    }
  } catch {
    // Whatever is wrong with it, the caller gets the same answer.
  }
  throw invalidCursor();
}
