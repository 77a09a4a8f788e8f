// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fromRoot } from '../lib/repository.mjs';
import { HOST, PASSWORD } from './mailServer.mjs';

const requireFromPlugin = createRequire(
  fromRoot('plugins', 'incoming-mail-backend', 'package.json'),
);

const HOME = '/usr/share/redmine';
const INSTANCE = 'postroom-bench';
const CONFIG = `/etc/redmine/${INSTANCE}`;
const LOCK = '/var/lib/redmine/Gemfile.lock';
const FOLDERS = [CONFIG, `/var/lib/redmine/${INSTANCE}`].concat([
  `/var/log/redmine/${INSTANCE}`,
  `/var/cache/redmine/${INSTANCE}`,
]);
const SET_UP_MS = 3 * 60_000;

// Redmine leaves automatic replies alone, of which the corpus has one in
// twenty.
const LEAST_SHARE = 0.9;

const MAKE_PROJECT = `
Project.create!(name: 'Bench', identifier: 'bench', trackers: Tracker.all)
`;

/**
 * Debian's own bundler knows that Debian's gems have no folder of their own.
 * The one that comes with Ruby is newer since a security update, is preferred
 * for that, and takes all of them for missing.
 */
function bundlerVersion() {
  const { stdout } = spawnSync(
    'dpkg-query',
    ['-W', '-f', '${Version}', 'ruby-bundler'],
    { encoding: 'utf8' },
  );
  return stdout.split('-')[0];
}

const environment = () => ({
  BUNDLER_VERSION: bundlerVersion(),
  RAILS_ENV: 'production',
  REDMINE_INSTANCE: INSTANCE,
  REDMINE_LANG: 'en',
  // Do not write the schema beside the program.
  SCHEMA: '/dev/null',
});

function run(...command) {
  const { status, stderr } = spawnSync(command[0], command.slice(1), {
    cwd: HOME,
    env: { ...process.env, ...environment() },
    encoding: 'utf8',
    timeout: SET_UP_MS,
  });
  if (status !== 0) {
    throw new Error(`${command.join(' ')} failed\n${stderr.slice(-2000)}`);
  }
}

function writeDatabaseConfig({ host, port, user, password, database }) {
  writeFileSync(
    `${CONFIG}/database.yml`,
    `production:
  adapter: postgresql
  encoding: utf8
  host: ${host}
  port: ${port}
  username: ${user}
  password: "${password}"
  database: ${database}
`,
    { mode: 0o600 },
  );
  writeFileSync(`${CONFIG}/secret_key.txt`, 'x'.repeat(64), { mode: 0o600 });
}

async function removeInstance() {
  FOLDERS.forEach(folder => rmSync(folder, { recursive: true, force: true }));
}

async function countIssues({ config }) {
  const db = requireFromPlugin('knex')(config);
  try {
    return Number((await db('issues').count({ n: '*' }).first()).n);
  } finally {
    await db.destroy();
  }
}

/**
 * Redmine's mail handler with a database of the same PostgreSQL; see
 * `peers.mjs`. Its start takes seconds and is measured apart.
 */
export const redmine = {
  id: 'redmine',
  name: 'Redmine, receive_imap, PostgreSQL',
  debian: 'redmine',
  alsoDebian: ['ruby-bundler', 'ruby-pg', 'redmine-pgsql'],
  program: '/usr/share/redmine/bin/redmine-instances',
  limit: 300,
  startsSlowly: true,
  installEnvironment: () => ({ BUNDLER_VERSION: bundlerVersion() }),
  // Its package would set up a database of its own.
  debconf: 'redmine redmine/instances/default/dbconfig-install boolean false\n',

  async setUp({ databases }) {
    const database = await databases.open('pg');
    await removeInstance();
    run('bin/redmine-instances', 'create', INSTANCE);
    const url = new URL(database.config.connection);
    writeDatabaseConfig({
      host: url.hostname,
      port: url.port,
      user: url.username,
      password: url.password,
      database: url.pathname.slice(1),
    });
    if (existsSync(LOCK)) {
      // It says which database's library is wanted.
      rmSync(LOCK);
    }
    run('bundle', 'install', '--local', '--quiet');
    run('bundle', 'exec', 'rake', 'db:migrate');
    run('bundle', 'exec', 'rake', 'redmine:load_default_data');
    run('bundle', 'exec', 'rails', 'runner', MAKE_PROJECT);
    return {
      database,
      async remove() {
        await database.remove();
        await removeInstance();
      },
    };
  },

  async prepare({ user, port, world }) {
    const before = await countIssues(world.database);
    world.before = before;
    return {
      command: [
        'bundle',
        'exec',
        'rake',
        'redmine:email:receive_imap',
        `host=${HOST}`,
        `port=${port}`,
        `username=${user}`,
        `password=${PASSWORD}`,
        'project=bench',
        'unknown_user=accept',
        'no_permission_check=1',
        'no_account_notice=1',
        'no_notification=1',
      ],
      cwd: HOME,
      env: environment(),
      databasePid: world.database.pid,
    };
  },
  async countArrived({ world, count }) {
    const issues = (await countIssues(world.database)) - world.before;
    return issues >= count * LEAST_SHARE ? count : issues;
  },
};
