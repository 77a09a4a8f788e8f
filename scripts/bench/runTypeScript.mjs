// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fromRoot } from '../lib/repository.mjs';
import { compileTypeScript } from './compileTypeScript.mjs';

// What hangs must not stand for ever; all that is measured takes less.
const HEAR_MS = 10 * 60_000;

let compiled;

function compiledOnce() {
  if (!compiled) {
    compiled = compileTypeScript();
    process.once('exit', compiled.remove);
  }
  return compiled.directory;
}

/**
 * Starts a script that may require TypeScript of the packages. It speaks in
 * lines of JSON on its standard output and listens to lines on its input.
 *
 * @param {string} name - a file beside this one
 * @param {object} settings - what it reads as `BENCH_SETTINGS`
 * @param {string[]} [flags] - for Node
 */
export function runTypeScript(name, settings, flags = []) {
  const child = spawn(
    process.execPath,
    [
      ...flags,
      '--require',
      fromRoot('scripts', 'bench', 'requireCompiled.cjs'),
      ...(process.env.BENCH_PROFILE
        ? ['--cpu-prof', '--cpu-prof-dir', process.env.BENCH_PROFILE]
        : []),
      fromRoot('scripts', 'bench', name),
    ],
    {
      cwd: fromRoot('plugins', 'incoming-mail-backend'),
      env: {
        ...process.env,
        NODE_ENV: 'production',
        BENCH_COMPILED: compiledOnce(),
        BENCH_SETTINGS: JSON.stringify(settings),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise(resolve => child.once('exit', resolve));
  const waiting = new Map();
  createInterface({ input: child.stdout }).on('line', line => {
    const said = line.startsWith('{') ? JSON.parse(line) : {};
    waiting.get(said.event)?.(said);
  });
  return {
    pid: child.pid,
    say: word => child.stdin.write(`${word}\n`),
    /** Resolves with what it says; rejects where it ends before, or is silent. */
    hear(event) {
      let timer;
      const silent = new Promise((_resolve, reject) => {
        timer = setTimeout(() => {
          child.kill('SIGKILL');
          reject(new Error(`${name} did not come to '${event}'`));
        }, HEAR_MS);
      });
      return Promise.race([
        new Promise(resolve => waiting.set(event, resolve)),
        ended.then(code => {
          throw new Error(`${name} ended with ${code} before '${event}'`);
        }),
        silent,
      ]).finally(() => clearTimeout(timer));
    },
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}
