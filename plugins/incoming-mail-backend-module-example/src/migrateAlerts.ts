// SPDX-License-Identifier: Apache-2.0
import {
  DatabaseService,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';

/**
 * Makes the handler's table in the plugin's database, which a module shares.
 * Its migrations are counted in a table of their own, apart from the plugin's.
 */
export async function migrateAlerts(
  database: Pick<DatabaseService, 'getClient' | 'migrations'>,
): Promise<void> {
  if (!database.migrations?.skip) {
    const knex = await database.getClient();
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@postroom/plugin-incoming-mail-backend-module-example',
        'migrations',
      ),
      tableName: 'example_migrations',
    });
  }
}
