// SPDX-License-Identifier: Apache-2.0
import { isClean, judgeRow, toText } from './verdicts.mjs';
import { within } from './waiting.mjs';

const DEADLINE_MS = 240_000;
/** Until the mail of a row that waits has ended, once others are done. */
const WAITING_MS = 120_000;
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
 * Runs one row and heals the world.
 *
 * @param {import('./World.mjs').World} world
 * @param {import('./rows/index.mjs').Row} row
 * @param {import('./rows/index.mjs').Size} size
 * @returns {Promise<() => Promise<RowEnd>>} waits until the row's mail has
 *   ended, and has the oracle look at it
 */
export async function runRow(world, row, size) {
  const usualMs = size.night ? NIGHT_DEADLINE_MS : DEADLINE_MS;
  const deadlineMs = row.deadlineMs?.(size) ?? usualMs;
  try {
    const channels = await within(
      runAndHeal(world, row, size),
      deadlineMs,
      row.title,
    );
    return channels
      ? () => judgeInTime(world, row, { channels, deadlineMs })
      : async () => ({ outcome: 'skipped', text: '', faults: [] });
  } catch (error) {
    await world.heal();
    return async () => toFailure(error);
  }
}

/** @returns the row's channels; undefined where it cannot run here */
async function runAndHeal(world, row, size) {
  world.beginRow(row.id);
  const channels = await row.run(world, size);
  if (channels !== undefined) {
    await world.heal();
  }
  return channels;
}

/** @returns {Promise<RowEnd>} */
async function judgeInTime(world, row, { channels, deadlineMs }) {
  const judged = async () => {
    await world.drain(channels, row.waits && { timeoutMs: WAITING_MS });
    return judgeRow(world, row, channels);
  };
  try {
    const verdict = await within(judged(), deadlineMs, row.title);
    return {
      outcome: isClean(verdict) ? 'passed' : 'failed',
      text: toText(verdict),
      faults: [],
    };
  } catch (error) {
    return toFailure(error);
  }
}

/** @returns {RowEnd} */
function toFailure({ message }) {
  return { outcome: 'failed', text: '', faults: [message] };
}
