// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { reportPath, writeReport } from './lib/reports.mjs';
import { fromRoot } from './lib/repository.mjs';

/** Names that no real suite has: the reports lie side by side with its own. */
const [A, B, MISSING] = ['summary-test-a', 'summary-test-b', 'summary-test-c'];

function summarise(...results) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [fromRoot('scripts', 'summary.mjs'), ...results],
    { encoding: 'utf8' },
  );
  return { status, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

describe('summary', () => {
  afterEach(() => {
    rmSync(reportPath(A), { force: true });
    rmSync(reportPath(B), { force: true });
  });

  it('adds up what the suites report', () => {
    writeReport(A, { passed: 3, failed: 0, skipped: 1 });
    writeReport(B, {
      numPassedTests: 5,
      numFailedTests: 0,
      numRuntimeErrorTestSuites: 0,
      numPendingTests: 1,
      numTodoTests: 1,
    });
    assert.deepEqual(summarise(`${A}=0`, `${B}=0`), {
      status: 0,
      lastLine: '8 passed, 0 failed, 3 skipped',
    });
  });

  it('counts a test file that could not be loaded as failed', () => {
    writeReport(B, {
      numPassedTests: 5,
      numFailedTests: 1,
      numRuntimeErrorTestSuites: 2,
      numPendingTests: 0,
      numTodoTests: 0,
    });
    assert.deepEqual(summarise(`${B}=1`), {
      status: 1,
      lastLine: '5 passed, 3 failed, 0 skipped',
    });
  });

  it('counts a suite as failed that left no report', () => {
    writeReport(A, { passed: 3, failed: 0, skipped: 0 });
    assert.deepEqual(summarise(`${A}=0`, `${MISSING}=0`), {
      status: 1,
      lastLine: '3 passed, 1 failed, 0 skipped',
    });
  });

  it('does not believe a clean report of a suite that fell over', () => {
    writeReport(A, { passed: 3, failed: 0, skipped: 0 });
    assert.deepEqual(summarise(`${A}=137`), {
      status: 1,
      lastLine: '3 passed, 1 failed, 0 skipped',
    });
  });
});
