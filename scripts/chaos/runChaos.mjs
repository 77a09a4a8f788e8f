// SPDX-License-Identifier: Apache-2.0
import { PlainError } from '../lib/plainly.mjs';
import { sumCounts, writeReport } from '../lib/reports.mjs';
import { Guard } from './Guard.mjs';
import { processorSeconds } from './processorTime.mjs';
import { rows as allRows } from './rows/index.mjs';
import { hasFailed, runSuite } from './runSuite.mjs';
import { runSabotages } from './runSabotages.mjs';

export const SUITE = 'chaos';

/** One row for each thing that can be broken on purpose. */
const SHORT_ROWS = ['R2.7', 'R5.2', 'R4'];

/** So few rows take less time than another world takes to start. */
const FEW_ROWS = 8;

const ABANDON_MS = 20_000;
const DEADLINE_MS = {
  short: 10 * 60_000,
  ci: 25 * 60_000,
  night: 10 * 3_600_000,
};

/**
 * Runs the suite.
 *
 * @param {object} options
 * @param {string} options.seed
 * @param {'ci' | 'night' | 'short'} options.size
 * @param {number} options.soakMinutes - of R51
 * @param {string[]} [options.only] - ids of rows; `R2` stands for all `R2.…`
 * @param {string} [options.broken] - see `readOptions.mjs`
 * @param {boolean} options.check - then break the product in each way, and see
 *   that the suite notices
 * @param {string} options.dovecotProgram
 * @returns {Promise<number>} the exit code
 */
export async function runChaos(options) {
  const { seed, size, broken, check, soakMinutes } = options;
  const rows = chooseRows(options);
  console.log(
    `chaos: seed ${seed}, size ${size}, ${rows.length} rows${
      broken ? `, BROKEN ON PURPOSE: ${broken}` : ''
    }`,
  );
  const startedAt = performance.now();
  const guard = new Guard();
  const open = new Set();
  const soakMs = rows.some(({ id }) => id === 'R51') ? soakMinutes * 60_000 : 0;
  const deadlineMs = DEADLINE_MS[size] + soakMs;
  const end = onTrouble({ open, guard, deadlineMs });
  const reports = [];
  let keepLogs = false;
  try {
    const suite = await runSuite({
      ...{ size, soakMinutes, seed, broken, guard, open, say },
      dovecotProgram: options.dovecotProgram,
      shares: shareOut(rows, size),
    });
    keepLogs = hasFailed(suite) && !broken;
    sayEnd(suite, startedAt);
    reports.push(suite.counts);
    await closeAll(open, keepLogs);
    if (check) {
      const { dovecotProgram } = options;
      const chosen = chooseRows({ size: 'short' });
      reports.push(
        await runSabotages({ rows: chosen, dovecotProgram, guard, open }),
      );
      sayTime(startedAt);
    }
  } finally {
    end();
    await closeAll(open, keepLogs);
    await guard.close();
  }
  const counts = sumCounts(reports);
  writeReport(SUITE, counts);
  if (counts.failed > 0) {
    console.error(`chaos: FAILED (seed ${seed})`);
    return 1;
  }
  return 0;
}

function say(seconds, id, text) {
  console.log(`${seconds.toFixed(1).padStart(6)} s  ${id.padEnd(6)} ${text}`);
}

function sayTime(startedAt) {
  const seconds = (performance.now() - startedAt) / 1000;
  const processor = processorSeconds();
  say(
    seconds,
    '',
    `in all${
      processor === undefined
        ? ''
        : `, with ${Math.round(processor)} s of processor time`
    }`,
  );
}

function sayEnd({ total, kills, restarts, cuts }, startedAt) {
  total.lost.forEach(uuid => console.log(`           lost: ${uuid}`));
  total.doubled.forEach(uuid => console.log(`           doubled: ${uuid}`));
  total.strangers.forEach(name =>
    console.log(`           nobody sent: ${name}`),
  );
  sayTime(startedAt);
  console.log(
    `           ${restarts} restarts of the database, ${cuts} connections cut at a chosen moment`,
  );
  console.log(
    `chaos: ${total.lost.length} lost, ${total.doubled.length} doubled of ${total.mails} mails under ${kills} kills`,
  );
}

async function closeAll(open, keepLogs) {
  for (const world of open) {
    open.delete(world);
    await world.close({ keepLogs });
    if (keepLogs) {
      console.error(`chaos: the replicas' logs are in ${world.folder}`);
    }
  }
}

/**
 * Ends all worlds where this process is asked to end, takes too long, or fails
 * itself, which is said first: the library that starts PostgreSQL would end it
 * without a word.
 *
 * @returns what takes that back
 */
function onTrouble({ open, guard, deadlineMs }) {
  const abandon = (code, { keepLogs }) => {
    // It may hang by what has failed.
    setTimeout(() => process.exit(code), ABANDON_MS).unref();
    void closeAll(open, keepLogs)
      .then(() => guard.close())
      .finally(() => process.exit(code));
  };
  const onSignal = signal => {
    console.error(`chaos: ended by ${signal}`);
    abandon(130, { keepLogs: false });
  };
  const onFault = error => {
    console.error(
      `chaos: a fault of the suite's own: ${error?.stack ?? error}`,
    );
    abandon(1, { keepLogs: true });
  };
  const deadline = setTimeout(() => {
    console.error(`chaos: not done after ${deadlineMs / 60_000} minutes`);
    abandon(1, { keepLogs: true });
  }, deadlineMs);
  const listeners = [
    ['SIGINT', onSignal],
    ['SIGTERM', onSignal],
    ['SIGHUP', onSignal],
    ['uncaughtException', onFault],
    ['unhandledRejection', onFault],
  ];
  listeners.forEach(([event, listener]) =>
    process.prependListener(event, listener),
  );
  return () => {
    clearTimeout(deadline);
    listeners.forEach(([event, listener]) => process.off(event, listener));
  };
}

/** In the order of a short run, or of the table. */
function chooseRows({ only, size }) {
  const wanted = only ?? (size === 'short' ? SHORT_ROWS : undefined);
  const chosen = wanted
    ? wanted.flatMap(id =>
        allRows.filter(row => row.id === id || row.id.startsWith(`${id}.`)),
      )
    : allRows.filter(({ nightOnly }) => size === 'night' || !nightOnly);
  if (chosen.length === 0) {
    throw new PlainError(`chaos: there is no row ${wanted}`);
  }
  return chosen;
}

/**
 * For three worlds: those with visits of their own kind, which are many and
 * mostly wait, in two halves, and the others, as replicas start again where
 * that changes.
 */
function shareOut(rows, size) {
  const small = rows.filter(row => row.visits !== undefined);
  const others = rows.filter(row => row.visits === undefined);
  const isWorthIt =
    size !== 'short' && rows.length > FEW_ROWS && small.length > 0;
  const half = Math.ceil(small.length / 2);
  return isWorthIt && others.length > 0
    ? [small.slice(0, half), small.slice(half), others].filter(
        share => share.length > 0,
      )
    : [rows];
}
