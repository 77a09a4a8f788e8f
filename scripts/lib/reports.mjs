// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromRoot } from './repository.mjs';

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** Where a suite leaves its counts: .reports/<suite>.json */
export function reportPath(suite) {
  return fromRoot('.reports', `${suite}.json`);
}

/** To be called before a suite begins: an old report must not speak for it. */
export function clearReport(suite) {
  const path = reportPath(suite);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
}

/** @param {string} suite @param {Counts} counts */
export function writeReport(suite, counts) {
  const path = reportPath(suite);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(counts)}\n`);
}

/**
 * Counts of a jest report. A file that could not even be loaded has no failed
 * test, so it counts as one itself.
 */
function fromJest(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** The counts of a suite, or undefined where it left no readable report. */
export function readReport(suite) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportPath(suite), 'utf8'));
  } catch {
    return undefined;
  }
  const counts = 'numPassedTests' in report ? fromJest(report) : report;
  const isComplete = ['passed', 'failed', 'skipped'].every(key =>
    Number.isInteger(counts[key]),
  );
  return isComplete ? counts : undefined;
}

/** @param {Counts[]} all @returns {Counts} */
export function sumCounts(all) {
  return all.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** @param {Counts} counts */
export function toSentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
