// SPDX-License-Identifier: Apache-2.0
// A reporter for `node --test` that leaves the counts that lib/reports.mjs reads.

/** A file or a `describe` is reported like a test, but is none. */
function isTest({ data }) {
  return data.details?.type !== 'suite' && data.file !== data.name;
}

function isSkipped({ data }) {
  return data.skip !== undefined || data.todo !== undefined;
}

export default async function* countReporter(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of source) {
    if (event.type === 'test:fail' && event.data.details?.type !== 'suite') {
      // A file that cannot be loaded is reported as one failed test.
      counts.failed += 1;
    } else if (event.type === 'test:pass' && isTest(event)) {
      counts[isSkipped(event) ? 'skipped' : 'passed'] += 1;
    }
  }
  yield `${JSON.stringify(counts)}\n`;
}
