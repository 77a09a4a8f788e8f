// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { PlainError } from './plainly.mjs';
import { fromRoot, ROOT } from './repository.mjs';

const IS_WINDOWS = process.platform === 'win32';

/**
 * Runs a program of node_modules/.bin in the repository's root, on this terminal.
 *
 * Ctrl-C reaches it by itself, being of the same process group; a SIGTERM that
 * only this process gets is passed on. Either way its end is waited for.
 *
 * @returns {Promise<number>} its exit code, 128 + n where signal n ended it
 */
export async function runBin(name, args, { env = process.env } = {}) {
  const child = spawn(
    fromRoot('node_modules', '.bin', IS_WINDOWS ? `${name}.cmd` : name),
    args,
    { cwd: ROOT, env, stdio: 'inherit', shell: IS_WINDOWS },
  );
  const ignore = () => {};
  const passOn = signal => child.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', passOn);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', error =>
        reject(
          new PlainError(`Cannot run ${name}: ${error.message}`, {
            cause: error,
          }),
        ),
      );
      child.on('close', (code, signal) =>
        resolve(code ?? 128 + constants.signals[signal]),
      );
    });
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', passOn);
  }
}
