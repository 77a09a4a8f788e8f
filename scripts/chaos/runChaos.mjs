// SPDX-License-Identifier: Apache-2.0
import { PlainError } from '../lib/plainly.mjs';
import { clearReport, writeReport } from '../lib/reports.mjs';
import { findStrangers, judge, readEnds } from './oracle.mjs';
import { rows as allRows } from './rows/index.mjs';
import { within } from './waiting.mjs';
import { World } from './World.mjs';

const SUITE = 'chaos';

/** One row for each thing that can be broken on purpose. */
const SHORT_ROWS = ['R2.7', 'R5.2', 'R4'];
const MAILS_PER_VISIT = 25;

/** How long it may take until all mail has ended, once nothing is broken. */
const PATIENCE_MS = { ci: 40_000, night: 10 * 60_000, short: 8_000 };
const ABANDON_MS = 20_000;
const ROW_DEADLINE_MS = 240_000;
const NIGHT_ROW_DEADLINE_MS = 30 * 60_000;

const secondsSince = startedAt => (performance.now() - startedAt) / 1000;

/**
 * Runs the suite.
 *
 * @param {object} options
 * @param {string} options.seed
 * @param {'ci' | 'night' | 'short'} options.size
 * @param {string[]} [options.only] - ids of rows; `R2` stands for all `R2.…`
 * @param {string} [options.broken] - see `readOptions.mjs`
 * @param {string} options.dovecotProgram
 * @returns {Promise<number>} the exit code
 */
export async function runChaos(options) {
  const { seed, size, broken } = options;
  const rows = chooseRows(options);
  // A short run is a test's, and no suite of its own.
  if (size !== 'short') {
    clearReport(SUITE);
  }
  console.log(
    `chaos: seed ${seed}, size ${size}, ${rows.length} rows${
      broken ? `, BROKEN ON PURPOSE: ${broken}` : ''
    }`,
  );
  const startedAt = performance.now();
  const world = new World({
    seed,
    dovecotProgram: options.dovecotProgram,
    broken,
    replicas: size === 'short' ? 2 : 3,
    messagesPerVisit: mailsPerVisit(rows[0], size),
    patienceMs: PATIENCE_MS[size],
  });
  const end = onTrouble(world);
  await world.start();
  print('', 'start', secondsSince(startedAt));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let isWhole = false;
  try {
    for (const row of rows) {
      const outcome = await runRow(world, row, size);
      counts[outcome] += 1;
    }
    isWhole = await judgeAll(world, startedAt);
    counts[isWhole ? 'passed' : 'failed'] += 1;
  } finally {
    end();
    const failed = !isWhole || counts.failed > 0;
    const keepLogs = failed && !broken;
    await world.close({ keepLogs });
    if (size !== 'short') {
      writeReport(SUITE, counts);
    }
    if (failed) {
      const logs = keepLogs
        ? `; the replicas' logs are in ${world.folder}`
        : '';
      console.error(`chaos: FAILED (seed ${seed})${logs}`);
    }
  }
  return counts.failed > 0 ? 1 : 0;
}

/**
 * Ends the world where this process is asked to end or fails itself, which is
 * said first: the library that starts PostgreSQL would end it without a word.
 *
 * @returns what takes that back
 */
function onTrouble(world) {
  const abandon = (code, keepLogs) => {
    // It may hang by what has failed.
    setTimeout(() => process.exit(code), ABANDON_MS).unref();
    void world.close({ keepLogs }).finally(() => process.exit(code));
  };
  const onSignal = signal => {
    console.error(`chaos: ended by ${signal}`);
    abandon(130, false);
  };
  const onFault = error => {
    console.error(
      `chaos: a fault of the suite's own: ${error?.stack ?? error}`,
    );
    abandon(1, true);
  };
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
  return () =>
    listeners.forEach(([event, listener]) => process.off(event, listener));
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

function mailsPerVisit(row, size) {
  return size === 'short'
    ? MAILS_PER_VISIT
    : row.mailsPerVisit ?? MAILS_PER_VISIT;
}

function print(id, title, seconds, rest = '') {
  console.log(
    `${seconds.toFixed(1).padStart(6)} s  ${id.padEnd(6)} ${title}${
      rest && `: ${rest}`
    }`,
  );
}

/** @returns {Promise<'passed' | 'failed' | 'skipped'>} */
async function runRow(world, row, size) {
  const night = size === 'night';
  const startedAt = performance.now();
  const faults = [];
  let verdict;
  try {
    await within(
      (async () => {
        await world.readBy(mailsPerVisit(row, size));
        const channels = await row.run(world, {
          night,
          short: size === 'short',
        });
        if (channels === undefined) {
          return;
        }
        await world.heal();
        await world.drain(channels);
        verdict = await judgeRow(world, row, channels);
      })(),
      night ? NIGHT_ROW_DEADLINE_MS : ROW_DEADLINE_MS,
      row.title,
    );
  } catch (error) {
    faults.push(error.message);
    await world.heal();
  }
  if (!verdict && faults.length === 0) {
    print(row.id, row.title, secondsSince(startedAt), 'SKIPPED');
    return 'skipped';
  }
  const isGood =
    faults.length === 0 &&
    verdict.lost.length === 0 &&
    verdict.doubled.length === 0;
  print(
    row.id,
    row.title,
    secondsSince(startedAt),
    `${isGood ? '' : 'FAILED '}${verdict ? toText(verdict) : ''}`,
  );
  faults.forEach(fault => console.log(`           ${fault}`));
  return isGood ? 'passed' : 'failed';
}

async function judgeRow(world, row, channels) {
  const verdicts = [];
  for (const channel of channels) {
    const ends = await readEnds(world.api, channel);
    const mails = channel.mails.filter(mail => mail.row === row.id);
    verdicts.push(judge(ends, mails));
  }
  return sum(verdicts);
}

function sum(verdicts) {
  const total = { mails: 0, lost: [], doubled: [], states: {} };
  for (const { mails, lost, doubled, states } of verdicts) {
    total.mails += mails;
    total.lost.push(...lost);
    total.doubled.push(...doubled);
    for (const [state, count] of Object.entries(states)) {
      total.states[state] = (total.states[state] ?? 0) + count;
    }
  }
  return total;
}

function toText({ mails, lost, doubled, states }) {
  const counted = Object.entries(states)
    .sort()
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
  return `${lost.length} lost, ${doubled.length} doubled of ${mails} (${counted})`;
}

/** Everything once more, from one fresh replica: what came late is seen here. */
async function judgeAll(world, startedAt) {
  const begun = performance.now();
  await world.leaveOne();
  const verdicts = [];
  const strangers = [];
  for (const channel of world.channels()) {
    const ends = await readEnds(world.api, channel);
    verdicts.push(judge(ends, channel.mails));
    strangers.push(...findStrangers(ends, channel.mails));
  }
  const total = sum(verdicts);
  print(
    '',
    'all mail, from a fresh replica',
    secondsSince(begun),
    toText(total),
  );
  total.lost.forEach(uuid => console.log(`           lost: ${uuid}`));
  total.doubled.forEach(uuid => console.log(`           doubled: ${uuid}`));
  strangers.forEach(name => console.log(`           nobody sent: ${name}`));
  print(
    '',
    'total',
    secondsSince(startedAt),
    `${world.restarts} restarts of the database, ${world.cuts} cuts`,
  );
  console.log(
    `chaos: ${total.lost.length} lost, ${total.doubled.length} doubled of ${total.mails} mails under ${world.kills} kills`,
  );
  return (
    total.lost.length === 0 &&
    total.doubled.length === 0 &&
    strangers.length === 0
  );
}
