// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { migrationsDirectory } from '../database';

/**
 * An empty, migrated database of the given engine, set up as `openDatabase`
 * sets up the plugin's own. `TestDatabases` removes it after the suite.
 */
export async function openTestDatabase(
  databases: TestDatabases,
  id: TestDatabaseId,
): Promise<Knex> {
  const knex = await databases.init(id);
  knex.client.config.compileSqlOnError = false;
  await knex.migrate.latest({ directory: migrationsDirectory() });
  return knex;
}
