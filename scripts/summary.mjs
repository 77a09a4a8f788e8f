// SPDX-License-Identifier: Apache-2.0
// Usage: node scripts/summary.mjs <suite>=<exit code> …
// The last word of .ci/run: one line per suite, then the sum, on a line alone.
// Fails where anything failed.
import { runMain } from './lib/plainly.mjs';
import { readReport, sumCounts, toSentence } from './lib/reports.mjs';

const ONE_FAILURE = { passed: 0, failed: 1, skipped: 0 };

/**
 * What a suite contributes. One that left no report could not start, and one
 * that failed without a failed test fell over elsewhere: both are failures.
 */
function judgeSuite(argument) {
  const [suite, code] = argument.split('=');
  const counts = readReport(suite);
  if (!counts) {
    return { suite, counts: ONE_FAILURE, note: 'did not run to its end' };
  }
  if (code !== '0' && counts.failed === 0) {
    const sum = sumCounts([counts, ONE_FAILURE]);
    return { suite, counts: sum, note: `ended with exit code ${code}` };
  }
  return { suite, counts, note: undefined };
}

await runMain(async () => {
  const results = process.argv.slice(2).map(judgeSuite);
  for (const { suite, counts, note } of results) {
    const sentence = toSentence(counts);
    console.log(`${suite}: ${note ? `${sentence} (${note})` : sentence}`);
  }
  const sum = sumCounts(results.map(({ counts }) => counts));
  console.log(toSentence(sum));
  return sum.failed > 0 || results.length === 0 ? 1 : 0;
});
