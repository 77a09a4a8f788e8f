// SPDX-License-Identifier: Apache-2.0
// Usage: npm run chaos [-- --night] [--seed text] [--rows R1,R5] [--break name]
// Three replicas of the plugin on one PostgreSQL, on Dovecot and the sandbox's
// provider, with a fault proxy on each wire, while all of them are killed,
// stopped, cut off and lied to. Counts from outside what became of each mail.
// See docs/testing.md.
import { randomBytes } from 'node:crypto';
import { runChaos } from './chaos/runChaos.mjs';
import { readOptions } from './chaos/readOptions.mjs';
import { ensureDovecot } from './lib/dovecot.mjs';
import { PlainError, runMain } from './lib/plainly.mjs';
import { ensureSetUp } from './setup.mjs';

await runMain(async () => {
  const options = readOptions(process.argv.slice(2));
  await ensureSetUp();
  const dovecotProgram = ensureDovecot();
  if (!dovecotProgram) {
    throw new PlainError('chaos: Dovecot is missing, see docs/testing.md');
  }
  const seed = options.seed ?? randomBytes(4).toString('hex');
  return runChaos({ ...options, seed, dovecotProgram });
});
