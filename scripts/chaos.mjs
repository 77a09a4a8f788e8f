// SPDX-License-Identifier: Apache-2.0
// Usage: npm run chaos [-- --night] [--check] [--seed text] [--rows R1,R5]
//   [--soak minutes] [--break name]
// Three replicas of the plugin on one PostgreSQL, on Dovecot and the sandbox's
// provider, with a fault proxy on each wire, while all of them are killed,
// stopped, cut off and lied to. Counts from outside what became of each mail.
// See docs/testing.md.
import { randomBytes } from 'node:crypto';
import { runChaos, SUITE } from './chaos/runChaos.mjs';
import { readOptions } from './chaos/readOptions.mjs';
import { ensureDovecot } from './lib/dovecot.mjs';
import { runMain } from './lib/plainly.mjs';
import { clearReport, writeReport } from './lib/reports.mjs';
import { ensureSetUp } from './setup.mjs';

/** Says that nothing was tried. With CI set that is a failure. */
function skip(reason) {
  console.error(
    `\n!! chaos: ${reason}. The suite ${
      process.env.CI ? 'FAILS, as CI is set' : 'is SKIPPED: NOTHING WAS TRIED'
    }; see docs/testing.md.\n`,
  );
  if (process.env.CI) {
    return 1;
  }
  writeReport(SUITE, { passed: 0, failed: 0, skipped: 1 });
  return 0;
}

await runMain(async () => {
  const options = readOptions(process.argv.slice(2));
  await ensureSetUp();
  clearReport(SUITE);
  if (process.platform !== 'linux') {
    return skip('it needs the many loopback addresses of Linux');
  }
  const dovecotProgram = ensureDovecot();
  if (!dovecotProgram) {
    return skip('Dovecot is missing');
  }
  const seed = options.seed ?? randomBytes(4).toString('hex');
  return runChaos({ ...options, seed, dovecotProgram });
});
