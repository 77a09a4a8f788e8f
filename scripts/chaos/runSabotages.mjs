// SPDX-License-Identifier: Apache-2.0
import { BREAKS } from './readOptions.mjs';
import { runSuite } from './runSuite.mjs';

const SEED = 'short';

/** What mail becomes where something is broken on purpose, and nothing else. */
const EXPECTED = {
  'no-ticket': 'doubled',
  'ack-before-commit': 'lost',
  'no-unique-key': 'doubled',
};

/**
 * Breaks the product in each way, with a few rows, and sees that the suite
 * notices: one that cannot turn red proves nothing. A test for each way.
 *
 * @param {object} options
 * @param {import('./rows/index.mjs').Row[]} options.rows
 * @param {string} options.dovecotProgram
 * @param {import('./Guard.mjs').Guard} options.guard
 * @param {Set<import('./World.mjs').World>} options.open
 * @returns {Promise<import('../lib/reports.mjs').Counts>}
 */
export async function runSabotages({ rows, dovecotProgram, guard, open }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  // Side by side: most of a short run is waiting for leases to end.
  await Promise.all(
    BREAKS.map(async (broken, index) => {
      const lines = [];
      const { total, counts: ofRows } = await runSuite({
        ...{ broken, dovecotProgram, guard, open },
        ...{ size: 'short', seed: SEED, shares: [rows] },
        firstNumber: index + 1,
        say: (seconds, id, text) => lines.push(`${id} ${text}`),
      });
      const isSeen = ofRows.failed > 0 && isAsExpected(total, EXPECTED[broken]);
      counts[isSeen ? 'passed' : 'failed'] += 1;
      console.log(
        `           broken on purpose, ${broken}: ${
          isSeen ? 'seen' : 'NOT SEEN'
        }, ${total.lost.length} lost, ${total.doubled.length} doubled of ${
          total.mails
        }`,
      );
      if (!isSeen) {
        lines.forEach(line => console.log(`             ${line}`));
      }
    }),
  );
  return counts;
}

function isAsExpected({ lost, doubled }, expected) {
  const [some, none] = expected === 'lost' ? [lost, doubled] : [doubled, lost];
  return some.length > 0 && none.length === 0;
}
