// SPDX-License-Identifier: Apache-2.0
import { usualVisits } from './rows/index.mjs';
import { runRow } from './runRow.mjs';
import { isClean, judgeWorld } from './verdicts.mjs';
import { World } from './World.mjs';

/** Far from the numbers of the worlds that most rows share. */
const FIRST_NUMBER = 100;
let number = FIRST_NUMBER;

/**
 * Runs a row that needs a world of its own, made as the row wants it, and ends
 * that world.
 *
 * @param {import('./rows/index.mjs').Row} row
 * @param {object} options - of a {@link World}, and
 * @param {import('./rows/index.mjs').Size} options.size
 * @param {Set<World>} options.open - where worlds are that somebody has to close
 * @returns {Promise<{ end: import('./runRow.mjs').RowEnd, world: World,
 *   verdict?: import('./verdicts.mjs').SuiteVerdict }>} with what became of all
 *   its mail, and the world for what it has counted
 */
export async function runApart(row, { size, open, ...options }) {
  number += 1;
  const world = new World({
    ...{ replicas: 3, visits: row.visits ?? usualVisits },
    ...options,
    ...row.apart,
    number,
  });
  open.add(world);
  try {
    await world.start();
    const judge = await runRow(world, row, size);
    const end = await judge();
    const verdict = await judgeWorld(world);
    const hasFailed = end.outcome === 'failed' || !isClean(verdict);
    if (!hasFailed || options.broken) {
      await close(world, open);
    }
    return { end, verdict, world };
  } catch (error) {
    return {
      end: { outcome: 'failed', text: '', faults: [error.message] },
      world,
    };
  }
}

// One that has failed stays open: it is closed in the end, and its logs stay.
async function close(world, open) {
  open.delete(world);
  await world.close();
}
