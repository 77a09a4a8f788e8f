// SPDX-License-Identifier: Apache-2.0
import {
  DatabaseService,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { Knex } from 'knex';

/**
 * The plugin's database with all migrations applied, unless the host applies
 * them itself (`skipMigrations`).
 *
 * It may also have migrations of a later version: while that is rolled out,
 * and after it was rolled back, replicas of this one start as well. Migrations
 * only add, so what they added is not in the way.
 */
export async function openDatabase(database: DatabaseService): Promise<Knex> {
  const knex = await database.getClient();
  // By default knex writes a statement's bound values into error messages,
  // and those end up in logs and replies.
  knex.client.config.compileSqlOnError = false;
  if (!database.migrations?.skip) {
    await knex.migrate.latest({
      directory: migrationsDirectory(),
      // By default knex refuses a database with migrations that it has no file of.
      disableMigrationsListValidation: true,
    });
  }
  return knex;
}

/** Where the migrations lie, in the repository and in the published package. */
export function migrationsDirectory(): string {
  return resolvePackagePath(
    '@postroom/plugin-incoming-mail-backend',
    'migrations',
  );
}
