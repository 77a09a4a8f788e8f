// SPDX-License-Identifier: Apache-2.0
import { isClean, judgeRow, toText } from './verdicts.mjs';
import { within } from './waiting.mjs';

const DEADLINE_MS = 240_000;
const NIGHT_DEADLINE_MS = 45 * 60_000;

/**
 * How a row ended.
 *
 * @typedef {object} RowEnd
 * @property {'passed' | 'failed' | 'skipped'} outcome
 * @property {string} text - what became of its mail
 * @property {string[]} faults - what the oracle cannot see
 */

/**
 * Runs one row, heals the world, and has the oracle look at the row's mail.
 *
 * @param {import('./World.mjs').World} world
 * @param {import('./rows/index.mjs').Row} row
 * @param {import('./rows/index.mjs').Size} size
 * @returns {Promise<RowEnd>}
 */
export async function runRow(world, row, size) {
  const usualMs = size.night ? NIGHT_DEADLINE_MS : DEADLINE_MS;
  try {
    const verdict = await within(
      runAndJudge(world, row, size),
      row.deadlineMs?.(size) ?? usualMs,
      row.title,
    );
    return verdict
      ? {
          outcome: isClean(verdict) ? 'passed' : 'failed',
          text: toText(verdict),
          faults: [],
        }
      : { outcome: 'skipped', text: '', faults: [] };
  } catch (error) {
    await world.heal();
    return { outcome: 'failed', text: '', faults: [error.message] };
  }
}

/** @returns the verdict; undefined where the row cannot run here */
async function runAndJudge(world, row, size) {
  world.beginRow(row.id);
  const channels = await row.run(world, size);
  if (channels === undefined) {
    return undefined;
  }
  await world.heal();
  await world.drain(channels);
  return judgeRow(world, row, channels);
}
