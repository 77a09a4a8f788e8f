// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

// What became of each mail, told from outside: the UUID in a mail's text is
// looked for in requests, in comments, and in the mails that the mail log shows
// as anything but done. The product's own counters are not asked.

const CASE = /(?:^|\n)Case ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/;
const EXCERPT = /^Case ([0-9a-f-]{36})\b/;

const digest = bytes => createHash('sha256').update(bytes).digest('hex');

/**
 * What a channel shows of its mail.
 *
 * @param {import('./Api.mjs').Api} api
 * @param {import('./Channel.mjs').Channel} channel
 * @returns {Promise<Map<string, string[]>>} by UUID: each thing that the mail
 *   is, such as `request`, `comment`, `quarantined`, `stored`
 */
export async function readEnds(api, channel) {
  const { project, mails } = channel;
  const uuidOfRaw = new Map(mails.map(({ raw, uuid }) => [digest(raw), uuid]));
  const ends = new Map();
  const note = (uuid, end) => ends.set(uuid, [...(ends.get(uuid) ?? []), end]);

  for (const summary of await api.list(`${project}/requests`)) {
    const path = `${project}/requests/${summary.number}`;
    const [, uuid] =
      EXCERPT.exec(summary.excerpt) ??
      CASE.exec(textOf(await api.call('GET', path))) ??
      [];
    note(uuid ?? `request ${summary.number}`, 'request');
    if (summary.commentCount > 0) {
      for (const comment of await api.list(`${path}/comments`)) {
        const [, commented] = CASE.exec(textOf(comment)) ?? [];
        note(commented ?? `comment ${comment.id}`, 'comment');
      }
    }
  }
  for (const message of await api.list(`${project}/messages`)) {
    if (message.state !== 'done') {
      const raw = await api.download(`${project}/messages/${message.id}/raw`);
      const known = uuidOfRaw.get(digest(raw));
      const [, uuid = known] = CASE.exec(raw.toString('latin1')) ?? [];
      note(known ?? uuid ?? `mail ${message.id}`, message.state);
    }
  }
  return ends;
}

function textOf({ text, html }) {
  return `${text}\n${(html ?? '').replace(/<[^>]*>/g, '\n')}`.replace(
    /\r/g,
    '',
  );
}

/**
 * @typedef {object} Verdict
 * @property {number} mails
 * @property {string[]} lost - in nothing, or still waiting
 * @property {string[]} doubled - in more than its copies
 * @property {Record<string, number>} states
 */

/**
 * @param {Map<string, string[]>} ends
 * @param {import('./Channel.mjs').Delivered[]} mails - those that are judged
 * @returns {Verdict}
 */
export function judge(ends, mails) {
  const verdict = { mails: 0, lost: [], doubled: [], states: {} };
  for (const { uuid, copies, mayVanish } of mails) {
    const found = ends.get(uuid) ?? [];
    const ended = found.filter(end => end !== 'stored');
    verdict.mails += copies;
    for (const end of found) {
      verdict.states[end] = (verdict.states[end] ?? 0) + 1;
    }
    if (ended.length < copies && !mayVanish) {
      verdict.lost.push(uuid);
    }
    if (ended.length > copies) {
      verdict.doubled.push(uuid);
    }
  }
  return verdict;
}

/** What a channel shows that nobody sent. */
export function findStrangers(ends, mails) {
  const sent = new Set(mails.map(({ uuid }) => uuid));
  return [...ends.keys()].filter(uuid => !sent.has(uuid));
}
