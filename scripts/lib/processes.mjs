// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fromRoot, requireFromRoot } from './repository.mjs';

const IS_WINDOWS = process.platform === 'win32';
const GRACE_MS = 10_000;
const KEPT_LINES = 200;

/**
 * A process that a script has started, with all that it starts in turn.
 *
 * @typedef {object} Running
 * @property {string} name - for messages: 'backend', 'sandbox', 'app'
 * @property {number} pid - also the id of its process group
 * @property {() => string} tail - the last lines it printed
 * @property {Promise<{ code: number | null, signal: string | null }>} ended
 */

/**
 * Starts Node on a script of the repository, as the leader of a process group of
 * its own: so it can be ended with all its children, and a Ctrl-C on the terminal
 * reaches the starting script alone, which then ends it in order.
 *
 * @param {object} options
 * @param {string} options.name
 * @param {string[]} options.args - arguments of `node`
 * @param {string} options.cwd
 * @param {NodeJS.ProcessEnv} [options.env] - on top of this process's own
 * @param {(line: string, name: string) => void} [options.onLine] - each line it prints
 * @returns {Running}
 */
export function startNode({ name, args, cwd, env, onLine = () => {} }) {
  const child = spawn(
    process.execPath,
    ['--require', fromRoot('scripts', 'lib', 'exitWithParent.cjs'), ...args],
    {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: !IS_WINDOWS,
    },
  );
  const lines = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', line => {
      lines.push(line);
      lines.splice(0, lines.length - KEPT_LINES);
      onLine(line, name);
    });
  }
  const ended = new Promise(resolve => {
    child.once('error', error => {
      lines.push(String(error));
      resolve({ code: 1, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return { name, pid: child.pid, tail: () => lines.join('\n'), ended };
}

/** Sends a signal to the process and all its children; false if none is left. */
export function signalGroup({ pid }, signal) {
  if (IS_WINDOWS) {
    return spawnSync('taskkill', ['/pid', `${pid}`, '/T', '/F']).status === 0;
  }
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // EPERM: what macOS says of a group of which only the dead are left.
    if (error.code === 'ESRCH' || error.code === 'EPERM') {
      return false;
    }
    throw error;
  }
}

async function untilGroupIsGone(running, deadline) {
  while (Date.now() < deadline) {
    if (!signalGroup(running, 0)) {
      return true;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return false;
}

/**
 * Ends a process and all its children: asks, waits `graceMs` at most, then kills.
 * Ends at once, and does no harm, where it is gone already.
 *
 * @param {Running} running
 */
export async function stop(running, { graceMs = GRACE_MS } = {}) {
  if (!signalGroup(running, 'SIGTERM') || IS_WINDOWS) {
    return;
  }
  if (!(await untilGroupIsGone(running, Date.now() + graceMs))) {
    signalGroup(running, 'SIGKILL');
    await running.ended;
  }
}

/** What lets plain Node run the TypeScript of a package, as Backstage's CLI does. */
function typescriptArgs() {
  return [
    '--enable-source-maps',
    '--require',
    requireFromRoot.resolve('@backstage/cli/config/nodeTransform.cjs'),
  ];
}

/**
 * Starts the backend as it runs in development, without a watcher: the quickest
 * way up, and the one that a SIGKILL ends at once.
 *
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env] - `APP_CONFIG_…` overrides configuration
 * @param {string[]} [options.configFiles] - absolute paths, later ones win; without
 *   any, app-config.yaml and app-config.local.yaml
 * @param {string} [options.cwd] - relative paths of the configuration start here
 * @returns {Running}
 */
export function startBackend({
  env,
  configFiles = [],
  cwd = fromRoot('packages', 'backend'),
  onLine,
} = {}) {
  return startNode({
    name: 'backend',
    args: [
      ...typescriptArgs(),
      fromRoot('packages', 'backend', 'src', 'index.ts'),
      ...configFiles.flatMap(path => ['--config', path]),
    ],
    cwd,
    env: { NODE_ENV: 'development', ...env },
    onLine,
  });
}

/**
 * Starts the mail sandbox.
 *
 * @param {object} [options]
 * @param {number} [options.httpPort] - its OAuth 2.0 provider, API and pages
 * @param {number} [options.imapPort]
 * @param {string} [options.stateDir] - where it keeps accounts, tokens and mails
 * @returns {Running}
 */
export function startSandbox({
  httpPort,
  imapPort,
  stateDir,
  env,
  onLine,
} = {}) {
  const settings = {
    MAIL_SANDBOX_HTTP_PORT: httpPort,
    MAIL_SANDBOX_IMAP_PORT: imapPort,
    MAIL_SANDBOX_STATE: stateDir,
  };
  const given = Object.entries(settings).filter(
    ([, value]) => value !== undefined,
  );
  return startNode({
    name: 'sandbox',
    args: [
      ...typescriptArgs(),
      fromRoot('packages', 'mail-sandbox', 'src', 'main.ts'),
    ],
    cwd: fromRoot('packages', 'mail-sandbox'),
    env: {
      ...Object.fromEntries(given.map(([key, value]) => [key, `${value}`])),
      ...env,
    },
    onLine,
  });
}

/**
 * Starts a package the way `backstage-cli package start` does: the backend with a
 * watcher that restarts it, the app with a development server.
 *
 * @param {'app' | 'backend'} name - a folder of packages/
 * @returns {Running}
 */
export function startPackage(name, { env, onLine } = {}) {
  return startNode({
    name,
    args: [
      fromRoot('node_modules', '@backstage', 'cli', 'bin', 'backstage-cli'),
      'package',
      'start',
    ],
    cwd: fromRoot('packages', name),
    // Nobody asked for a browser window to open by itself.
    env: { BROWSER: 'none', ...env },
    onLine,
  });
}
