// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { InputError } from '@backstage/errors';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { readPage } from './pages';
import { DbRequestCounterRow, tables } from './tables';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('readPage (%s)', databaseId => {
  it('walks all rows once, in order, also when rows come and go meanwhile', async () => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    await db(tables.requestCounters).insert(
      ['a', 'b', 'c', 'd', 'e'].map((name, n) => ({
        project_ref: name,
        // Pairs of equal values: the second column has to decide.
        last_number: Math.floor(n / 2),
      })),
    );
    const read = (direction: 'asc' | 'desc', cursor?: string) =>
      readPage<DbRequestCounterRow, string>(db(tables.requestCounters), {
        page: { limit: 2, cursor },
        order: ['last_number', 'project_ref'],
        direction,
        toItem: row => row.project_ref,
      });

    const first = await read('asc');
    expect(first.items).toEqual(['a', 'b']);
    await db(tables.requestCounters).where({ project_ref: 'b' }).delete();
    const second = await read('asc', first.nextCursor);
    expect(second.items).toEqual(['c', 'd']);
    const third = await read('asc', second.nextCursor);
    expect(third).toEqual({ items: ['e'] });

    expect((await read('desc')).items).toEqual(['e', 'd']);
  });

  it('refuses a cursor whose values the columns cannot have', async () => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const cursor = Buffer.from('["one","a"]').toString('base64url');
    const reading = readPage<DbRequestCounterRow, string>(
      db(tables.requestCounters),
      {
        page: { limit: 2, cursor },
        order: ['last_number', 'project_ref'],
        direction: 'asc',
        toItem: row => row.project_ref,
      },
    );
    const answer = await reading.catch((error: Error) => error.message);
    // SQLite compares values of any type, and finds nothing.
    expect([
      'Invalid input: query.cursor is not one of this list',
      { items: [] },
    ]).toContainEqual(answer);
  });

  it.each(['x', 'e30', 'WzFd', 'W1sxXSwyXQ', ''.padEnd(400, 'A')])(
    'refuses the cursor %p as an input error of its field',
    async cursor => {
      const db = await openTestDatabase(
        databases,
        databaseId as TestDatabaseId,
      );
      const reading = readPage<DbRequestCounterRow, string>(
        db(tables.requestCounters),
        {
          page: { limit: 2, cursor },
          order: ['last_number', 'project_ref'],
          direction: 'asc',
          toItem: row => row.project_ref,
        },
      );
      await expect(reading).rejects.toThrow(InputError);
      await expect(reading).rejects.toThrow('query.cursor');
    },
  );
});
