// SPDX-License-Identifier: Apache-2.0
// Usage: npm run check
// All that is checked without running the product. Every step runs, even where
// an earlier one has failed.
import { runMain } from './lib/plainly.mjs';
import { clearReport, writeReport } from './lib/reports.mjs';
import { runBin } from './lib/runBin.mjs';
import { ensureSetUp } from './setup.mjs';

const CONFIGS = ['app-config.yaml', 'app-config.production.yaml'];

const STEPS = [
  { name: 'prettier', run: ['prettier', '--check', '.'] },
  // The rooms' zones are part of the lint of the back end.
  {
    name: 'lint packages',
    run: ['backstage-cli', 'repo', 'lint', '--max-warnings', '0'],
  },
  {
    name: 'lint scripts',
    run: ['eslint', '--max-warnings', '0', '--ext', '.js,.mjs,.cjs', 'scripts'],
  },
  {
    name: 'types',
    run: [
      'tsc',
      '--noEmit',
      '--skipLibCheck',
      'false',
      '--incremental',
      'false',
    ],
  },
  {
    name: 'config, demo',
    run: ['backstage-cli', 'config:check', '--lax', '--strict'],
  },
  {
    name: 'config, production',
    run: [
      'backstage-cli',
      'config:check',
      '--lax',
      '--strict',
      ...CONFIGS.flatMap(path => ['--config', path]),
    ],
  },
];

async function runStep({ name, run: [program, ...args] }) {
  console.log(`\n── ${name}`);
  const startedAt = Date.now();
  const code = await runBin(program, args);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  return { name, passed: code === 0, seconds };
}

await runMain(async () => {
  await ensureSetUp();
  clearReport('check');
  const results = [];
  for (const step of STEPS) {
    results.push(await runStep(step));
  }

  console.log('');
  for (const { name, passed, seconds } of results) {
    console.log(
      `${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(20)} ${seconds} s`,
    );
  }
  const failed = results.filter(({ passed }) => !passed).length;
  writeReport('check', {
    passed: results.length - failed,
    failed,
    skipped: 0,
  });
  return failed > 0 ? 1 : 0;
});
