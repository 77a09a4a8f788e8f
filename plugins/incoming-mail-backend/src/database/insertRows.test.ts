// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { insertRows } from './insertRows';
import { dbNow } from './time';
import { inTransaction } from './transaction';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('insertRows (%s)', databaseId => {
  const open = async () => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    await db.schema.createTable('things', table => {
      table.string('name').primary();
      table.boolean('shiny').notNullable();
      table.binary('bytes');
      table.bigInteger('at').notNullable();
    });
    const aThing = (name: string, bytes: Buffer | null = null) => ({
      name,
      shiny: true,
      bytes,
      at: dbNow(db),
    });
    return { db, aThing };
  };

  it('writes every kind of value, and text that looks like a statement', async () => {
    const { db, aThing } = await open();
    const hostile = `?', now()); DROP TABLE things; -- ?? :x $1`;
    const before = Date.now();
    await inTransaction(db, tx =>
      insertRows(tx, 'things', [
        aThing(hostile, Buffer.from([0, 39, 92, 255])),
        aThing('empty'),
      ]),
    );
    const [empty, first] = await db('things').orderByRaw('length(name)');
    expect(first.name).toBe(hostile);
    expect(Buffer.from(first.bytes)).toEqual(Buffer.from([0, 39, 92, 255]));
    expect(Boolean(first.shiny)).toBe(true);
    expect(Math.abs(Number(first.at) - before)).toBeLessThan(3_600_000);
    expect(empty).toMatchObject({ name: 'empty', bytes: null });
  });

  it('leaves alone what is there, and tells what is new', async () => {
    const { db, aThing } = await open();
    const insert = (...names: string[]) =>
      inTransaction(db, tx =>
        insertRows(
          tx,
          'things',
          names.map(name => aThing(name)),
          { unless: ['name'], returning: 'name' },
        ),
      );
    expect(await insert()).toEqual([]);
    expect(await insert('a', 'b')).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(await insert('b', 'c')).toEqual([{ name: 'c' }]);
    expect(await db('things').pluck('name')).toHaveLength(3);
  });
});
