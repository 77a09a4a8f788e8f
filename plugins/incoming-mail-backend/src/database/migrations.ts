// SPDX-License-Identifier: Apache-2.0
import {
  DatabaseService,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { setTimeout } from 'node:timers/promises';
import { isRetryable } from './dialect';

// A migration locks tables one after the other, and so do replicas at work, in
// another order: one of them is told to give way, and it may be this one.
const MAX_TRIES = 10;
const LONGEST_PAUSE_MS = 1_000;

/**
 * The plugin's database with all migrations applied, unless the host applies
 * them itself (`skipMigrations`). Several replicas may do this at once, and
 * others may be at work meanwhile.
 *
 * It may also have migrations of a later version: while that is rolled out,
 * and after it was rolled back, replicas of this one start as well. Migrations
 * only add, so what they added is not in the way.
 *
 * @param directory - of the migrations; {@link migrationsDirectory} by default
 */
export async function openDatabase(
  database: DatabaseService,
  directory: string = migrationsDirectory(),
): Promise<Knex> {
  const knex = await database.getClient();
  // By default knex writes a statement's bound values into error messages,
  // and those end up in logs and replies.
  knex.client.config.compileSqlOnError = false;
  if (!database.migrations?.skip) {
    await migrate(knex, directory);
  }
  return knex;
}

// All that is new is one transaction of knex's, which nothing stands of where
// it fails.
async function migrate(knex: Knex, directory: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await knex.migrate.latest({
        directory,
        // By default knex refuses a database with migrations that it has no
        // file of.
        disableMigrationsListValidation: true,
      });
      return;
    } catch (error) {
      if (tries >= MAX_TRIES || !isRetryable(error)) {
        throw error;
      }
      await setTimeout(Math.random() * LONGEST_PAUSE_MS);
    }
  }
}

/** Where the migrations lie, in the repository and in the published package. */
export function migrationsDirectory(): string {
  return resolvePackagePath(
    '@postroom/plugin-incoming-mail-backend',
    'migrations',
  );
}
