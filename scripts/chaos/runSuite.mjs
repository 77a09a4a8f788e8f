// SPDX-License-Identifier: Apache-2.0
import { usualVisits } from './rows/index.mjs';
import { RowQueue } from './RowQueue.mjs';
import { runApart } from './runApart.mjs';
import { runRow } from './runRow.mjs';
import { isClean, judgeWorld, sum, toText } from './verdicts.mjs';
import { World } from './World.mjs';

/** How long it may take until all mail has ended, once nothing is broken. */
const PATIENCE_MS = { ci: 40_000, night: 10 * 60_000, short: 25_000 };

/**
 * @typedef {object} SuiteEnd
 * @property {import('../lib/reports.mjs').Counts} counts - a test per row, and
 *   one for all mail in the end
 * @property {import('./verdicts.mjs').SuiteVerdict} total
 * @property {number} kills
 * @property {number} restarts - of the database
 * @property {number} cuts
 */

/**
 * Runs rows in worlds side by side, and asks in the end what became of all mail.
 *
 * @param {object} options
 * @param {import('./rows/index.mjs').Row[][]} options.shares - rows by world
 * @param {'ci' | 'night' | 'short'} options.size
 * @param {number} [options.soakMinutes] - see `readOptions.mjs`
 * @param {string} options.seed
 * @param {string} [options.broken] - see `readOptions.mjs`
 * @param {string} options.dovecotProgram
 * @param {import('./Guard.mjs').Guard} options.guard
 * @param {Set<World>} options.open - where worlds are that somebody has to close
 * @param {number} [options.firstNumber] - of the worlds
 * @param {(seconds: number, id: string, text: string) => void} options.say
 * @returns {Promise<SuiteEnd>}
 */
export async function runSuite(options) {
  const { shares, size: name, open, say, firstNumber = 1 } = options;
  const size = {
    night: name === 'night',
    short: name === 'short',
    soakMinutes: options.soakMinutes,
  };
  const startedAt = performance.now();
  const queue = new RowQueue(shares);
  const common = {
    guard: options.guard,
    seed: options.seed,
    dovecotProgram: options.dovecotProgram,
    broken: options.broken,
    patienceMs: PATIENCE_MS[name],
  };
  const worlds = shares.map(
    (rows, index) =>
      new World({
        ...common,
        number: firstNumber + index,
        replicas: size.short ? 2 : 3,
        visits: visitsOf(rows[0]),
      }),
  );
  worlds.forEach(world => open.add(world));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const apart = [];
  const runAlone = async row => {
    const begunAt = performance.now();
    const ended = await runApart(row, { ...common, size, open });
    apart.push(ended);
    return sayEnd(row, ended.end, { startedAt: begunAt, say });
  };
  const verdicts = await Promise.all(
    worlds.map(async (world, index) => {
      await world.start();
      const rows = queue.rowsFor(index);
      for await (const outcome of runRows(world, rows, {
        size,
        say,
        runAlone,
      })) {
        counts[outcome] += 1;
      }
      // Everything once more, from one fresh replica: what came late is seen.
      await world.leaveOne();
      await world.drain(world.channels());
      return judgeWorld(world);
    }),
  );
  const total = sum([
    ...verdicts,
    ...apart.flatMap(({ verdict }) => verdict ?? []),
  ]);
  counts[isClean(total) ? 'passed' : 'failed'] += 1;
  const all = [...worlds, ...apart.map(({ world }) => world)];
  const add = what => all.reduce((so, world) => so + world[what], 0);
  say(
    (performance.now() - startedAt) / 1000,
    '',
    `all mail, from fresh replicas: ${toText(total)}`,
  );
  return {
    ...{ counts, total },
    ...{ kills: add('kills'), restarts: add('restarts'), cuts: add('cuts') },
  };
}

/** Whether something went wrong. @param {SuiteEnd} end */
export function hasFailed({ counts }) {
  return counts.failed > 0;
}

function visitsOf({ visits = usualVisits }) {
  return visits;
}

/** Yields how rows ended; those that wait end when the others are done. */
async function* runRows(world, rows, { size, say, runAlone }) {
  const waiting = [];
  for (const row of rows) {
    if (row.apart) {
      yield await runAlone(row);
    } else {
      const startedAt = performance.now();
      await world.visitBy(visitsOf(row));
      const judge = await runRow(world, row, size);
      const end = async () => sayEnd(row, await judge(), { startedAt, say });
      if (row.waits) {
        waiting.push(end);
      } else {
        yield await end();
      }
    }
  }
  for (const end of waiting) {
    yield await end();
  }
}

/** @returns the outcome */
function sayEnd(row, { outcome, text, faults }, { startedAt, say }) {
  const marks = { passed: '', failed: 'FAILED ', skipped: 'SKIPPED' };
  say(
    (performance.now() - startedAt) / 1000,
    row.id,
    `${row.title}: ${marks[outcome]}${[text, ...faults].join('\n           ')}`,
  );
  return outcome;
}
