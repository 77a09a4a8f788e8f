// SPDX-License-Identifier: Apache-2.0
import { findStrangers, judge, readEnds } from './oracle.mjs';

/**
 * @typedef {import('./oracle.mjs').Verdict & { strangers: string[] }} SuiteVerdict
 *   with what is there and nobody sent
 */

/** What became of the mail that a row put into some channels. */
export async function judgeRow(world, row, channels) {
  const verdicts = [];
  for (const channel of channels) {
    const ends = await readEnds(world.api, channel);
    const mails = channel.mails.filter(mail => mail.row === row.id);
    verdicts.push({ ...judge(ends, mails), strangers: [] });
  }
  return sum(verdicts);
}

/** What became of all mail of a world. @returns {Promise<SuiteVerdict>} */
export async function judgeWorld(world) {
  const verdicts = [];
  for (const channel of world.channels()) {
    const ends = await readEnds(world.api, channel);
    const strangers = findStrangers(ends, channel.mails);
    verdicts.push({ ...judge(ends, channel.mails), strangers });
  }
  return sum(verdicts);
}

/** @param {SuiteVerdict[]} verdicts @returns {SuiteVerdict} */
export function sum(verdicts) {
  const total = { mails: 0, lost: [], doubled: [], strangers: [], states: {} };
  for (const { mails, lost, doubled, strangers, states } of verdicts) {
    total.mails += mails;
    total.lost.push(...lost);
    total.doubled.push(...doubled);
    total.strangers.push(...strangers);
    for (const [state, count] of Object.entries(states)) {
      total.states[state] = (total.states[state] ?? 0) + count;
    }
  }
  return total;
}

/** @param {SuiteVerdict} verdict */
export function isClean({ lost, doubled, strangers }) {
  return lost.length + doubled.length + strangers.length === 0;
}

/** @param {SuiteVerdict} verdict */
export function toText({ mails, lost, doubled, states }) {
  const counted = Object.entries(states)
    .sort()
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
  return `${lost.length} lost, ${doubled.length} doubled of ${mails} (${counted})`;
}
