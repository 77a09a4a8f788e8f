// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../lib/postgres.mjs';
import { fromRoot } from '../lib/repository.mjs';

const requireFromBackend = createRequire(
  fromRoot('packages', 'backend', 'package.json'),
);
const requireFromPlugin = createRequire(
  fromRoot('plugins', 'incoming-mail-backend', 'package.json'),
);

/** What is measured has to survive a power cut: PostgreSQL as it comes. */
const DURABLE = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
};

/**
 * Fresh databases of both engines, one at a time.
 *
 * @typedef {object} Database
 * @property {object} config - for knex
 * @property {number} [pid] - of a server of its own
 * @property {() => Promise<object>} count - rows by what they are
 * @property {() => Promise<void>} remove
 */
export async function openDatabases() {
  const knexOf = config => requireFromPlugin('knex')(config);
  const server = await startPostgres({ settings: DURABLE });
  const connectTo = name => ({
    client: 'pg',
    connection: `${server.connectionString}/${name}`,
  });
  const admin = knexOf(connectTo('postgres'));
  // Found from where knex's own package stands; said here where it is missing.
  requireFromBackend.resolve('pg');
  let made = 0;

  const openPostgres = async () => {
    made += 1;
    const name = `bench_${made}`;
    await admin.raw(`CREATE DATABASE ${name}`);
    // What others have written is not to be written out meanwhile.
    await admin.raw('CHECKPOINT');
    return {
      name,
      config: connectTo(name),
      server,
      pid: server.pid,
      count: () => countRows(knexOf(connectTo(name))),
      remove: () => admin.raw(`DROP DATABASE ${name} WITH (FORCE)`),
    };
  };

  const openSqlite = async () => {
    const dir = mkdtempSync(join(tmpdir(), 'postroom-bench-sqlite-'));
    const config = {
      client: 'better-sqlite3',
      connection: { filename: join(dir, 'incoming-mail.sqlite') },
      useNullAsDefault: true,
    };
    return {
      config,
      count: () => countRows(knexOf(config)),
      remove: async () => rmSync(dir, { recursive: true, force: true }),
    };
  };

  return {
    open: engine => (engine === 'pg' ? openPostgres() : openSqlite()),
    async stop() {
      await admin.destroy();
      await server.stop();
    },
  };
}

async function countRows(db) {
  const count = async query =>
    Number((await query.count({ n: '*' }).first()).n);
  try {
    return {
      stored: await count(db('inbox_messages')),
      done: await count(db('inbox_messages').where({ state: 'done' })),
      made:
        (await count(db('requests'))) + (await count(db('request_comments'))),
      journal: await count(db('journal_entries')),
    };
  } finally {
    await db.destroy();
  }
}
