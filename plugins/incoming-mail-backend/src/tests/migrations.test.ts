// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { migrationsDirectory, tables } from '../database';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('migrations (%s)', databaseId => {
  const directory = migrationsDirectory();
  const existing = async (db: Knex) => {
    const found = [];
    for (const table of Object.values(tables)) {
      if (await db.schema.hasTable(table)) {
        found.push(table);
      }
    }
    return found;
  };

  it('go up, down and up again, and make every table that the code names', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    await db.migrate.latest({ directory });
    expect(await existing(db)).toEqual(Object.values(tables));
    await db.migrate.rollback({ directory }, true);
    expect(await existing(db)).toEqual([]);
    await db.migrate.latest({ directory });
    expect(await existing(db)).toEqual(Object.values(tables));
  });
});
