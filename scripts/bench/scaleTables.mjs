// SPDX-License-Identifier: Apache-2.0
// Migrates a database and puts one channel into it, to be copied.
import { createRequire } from 'node:module';

// Required and not imported: it is TypeScript.
const require = createRequire(import.meta.url);
const {
  migrationsDirectory,
} = require('../../plugins/incoming-mail-backend/src/database/index.ts');
const {
  aChannel,
} = require('../../plugins/incoming-mail-backend/src/__testUtils__/aChannel.ts');
const knexFactory = createRequire(`${process.cwd()}/`)('knex');

const db = knexFactory(JSON.parse(process.env.BENCH_SETTINGS).database);
await db.migrate.latest({ directory: migrationsDirectory() });
await aChannel(db, 'component:default/template');
await db.destroy();
process.stdout.write(`${JSON.stringify({ event: 'done' })}\n`);
