// SPDX-License-Identifier: Apache-2.0
// Usage: node scripts/run.mjs <program> [arguments …]
// Sets up what is missing, then runs a program of node_modules/.bin.
import { PlainError, runMain } from './lib/plainly.mjs';
import { runBin } from './lib/runBin.mjs';
import { ensureSetUp } from './setup.mjs';

await runMain(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (!name) {
    throw new PlainError('Say what to run: node scripts/run.mjs <program> …');
  }
  await ensureSetUp();
  return runBin(name, args);
});
