// SPDX-License-Identifier: Apache-2.0
// Usage: npm test [-- jest's arguments, such as a path]
// All tests but the slow journeys, stores on SQLite and on PostgreSQL, IMAP on
// Dovecot. With arguments: jest alone, with them. See docs/testing.md.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { ensureDovecot } from './lib/dovecot.mjs';
import { runMain } from './lib/plainly.mjs';
import { startPostgres } from './lib/postgres.mjs';
import {
  clearReport,
  readReport,
  reportPath,
  sumCounts,
  toSentence,
} from './lib/reports.mjs';
import { fromRoot, ROOT } from './lib/repository.mjs';
import { runBin } from './lib/runBin.mjs';
import { ensureSetUp } from './setup.mjs';

/** The scripts and the lint rules, with Node's own runner. */
function testScripts() {
  const files = readdirSync(fromRoot('scripts'), { recursive: true })
    .filter(path => path.endsWith('.test.mjs'))
    .map(path => fromRoot('scripts', path));
  const { status } = spawnSync(
    process.execPath,
    [
      '--test',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${fromRoot('scripts', 'lib', 'countReporter.mjs')}`,
      `--test-reporter-destination=${reportPath('scripts')}`,
      ...files,
    ],
    { cwd: ROOT, stdio: 'inherit' },
  );
  return status ?? 1;
}

/** Everything in packages/ and plugins/. */
async function testPackages(args) {
  const dovecot = ensureDovecot();
  const postgres = await startPostgres();
  try {
    return await runBin(
      'backstage-cli',
      [
        'repo',
        'test',
        '--watchAll=false',
        // A busy machine is slow, and slowness is not what is tested.
        '--testTimeout=60000',
        '--json',
        `--outputFile=${reportPath('jest')}`,
        ...args,
      ],
      {
        env: {
          ...process.env,
          BACKSTAGE_TEST_DATABASE_POSTGRES18_CONNECTION_STRING:
            postgres.connectionString,
          POSTROOM_DOVECOT: dovecot,
          // With CI set, Backstage's test utilities would look for Docker.
          BACKSTAGE_TEST_DISABLE_DOCKER: '1',
        },
      },
    );
  } finally {
    await postgres.stop();
  }
}

await runMain(async () => {
  const args = process.argv.slice(2);
  await ensureSetUp();
  const suites = args.length > 0 ? ['jest'] : ['scripts', 'jest'];
  suites.forEach(clearReport);

  const scriptsCode = suites.includes('scripts') ? testScripts() : 0;
  const jestCode = await testPackages(args);

  const reports = suites.map(readReport);
  if (reports.every(Boolean)) {
    console.log(`\nnpm test: ${toSentence(sumCounts(reports))}`);
  }
  return scriptsCode || jestCode;
});
