// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { explainInstallFailure } from './installFailure.mjs';
import { PlainError } from './plainly.mjs';
import { fromRoot, ROOT } from './repository.mjs';
import { clearStamp, isFirstTime, writeStamp } from './setUpStamp.mjs';

const LOG = fromRoot('.demo', 'setup.log');
const TAIL_LINES = 30;
const IS_WINDOWS = process.platform === 'win32';

/** The Yarn that package.json pins, such as '4.13.0'. */
function pinnedYarn() {
  const { packageManager } = JSON.parse(
    readFileSync(fromRoot('package.json'), 'utf8'),
  );
  return packageManager.replace('yarn@', '');
}

/**
 * Native modules are compiled against Node's headers. node-gyp would download
 * them, which not every machine may; where they lie beside the running Node it
 * is told so, unless somebody has told it otherwise.
 */
function withNodeHeaders(env) {
  const prefix = dirname(dirname(process.execPath));
  const found = existsSync(join(prefix, 'include', 'node', 'node.h'));
  return env.npm_config_nodedir || !found
    ? env
    : { ...env, npm_config_nodedir: prefix };
}

/** Runs the pinned Yarn, its output in the log. Returns the output on failure. */
async function yarn(...args) {
  mkdirSync(dirname(LOG), { recursive: true });
  const log = createWriteStream(LOG);
  const output = [];
  const child = spawn(
    'npx',
    ['--yes', `@yarnpkg/cli-dist@${pinnedYarn()}`, ...args],
    {
      cwd: ROOT,
      env: withNodeHeaders({ ...process.env, FORCE_COLOR: '0' }),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: IS_WINDOWS,
    },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      log.write(chunk);
      output.push(chunk);
    });
  }
  const code = await new Promise(resolve => {
    child.on('close', resolve);
    child.on('error', error => {
      output.push(Buffer.from(`${error}\n`));
      resolve(1);
    });
  });
  log.end();
  return code === 0 ? undefined : Buffer.concat(output).toString('utf8');
}

function failWith(output) {
  const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  throw new PlainError(
    `${tail}\n\n${explainInstallFailure(output)}\n(The whole log: ${LOG})`,
  );
}

/** Whether the compiled half of better-sqlite3 fits this Node. */
function sqliteLoads() {
  // In a process of its own: a native module that failed to load once stays so.
  const { status } = spawnSync(
    process.execPath,
    ['-e', "new (require('better-sqlite3'))(':memory:').close()"],
    { cwd: fromRoot('packages', 'backend'), stdio: 'ignore' },
  );
  return status === 0;
}

/** Yarn keeps a build across a change of Node's version; this makes it anew. */
async function ensureSqlite() {
  if (sqliteLoads()) {
    return;
  }
  console.log('Compiling better-sqlite3 for this Node (about a minute) …');
  const failure = await yarn('rebuild', 'better-sqlite3');
  if (failure !== undefined || !sqliteLoads()) {
    failWith(failure ?? 'better-sqlite3 was built, but does not load.');
  }
}

/** Installs what yarn.lock says, no more and no less, and says so in one line. */
export async function installDependencies() {
  const usual = isFirstTime()
    ? 'first time about 3 minutes'
    : 'about 20 seconds';
  console.log(`Installing dependencies (${usual}) …`);
  clearStamp();
  const startedAt = Date.now();
  // Builds inline, so that the log holds what a compiler said.
  const failure = await yarn('install', '--immutable', '--inline-builds');
  if (failure !== undefined) {
    failWith(failure);
  }
  await ensureSqlite();
  writeStamp();
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(`Dependencies are installed (${seconds} s).`);
}
