// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

// What became of each mail, told from outside: the UUID in a mail's text is
// looked for in requests, in comments, in what a service elsewhere made of it,
// and in the mails that the mail log shows as anything but done. The product's
// own counters are not asked.

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
  const { project, mails, elsewhere } = channel;
  const uuidOfRaw = new Map(mails.map(({ raw, uuid }) => [digest(raw), uuid]));
  const ends = new Map();
  const note = (uuid, end) => ends.set(uuid, [...(ends.get(uuid) ?? []), end]);

  const rawOf = id => api.download(`${project}/messages/${id}/raw`);
  /** By its text, or, where that was not to be read, by its bytes. */
  const whose = async shown => {
    const [, uuid] = CASE.exec(textOf(shown)) ?? [];
    const known = uuid ?? uuidOfRaw.get(digest(await rawOf(shown.messageId)));
    return known ?? `${project} ${shown.id}`;
  };

  for (const { number, excerpt, commentCount } of await api.list(
    `${project}/requests`,
  )) {
    const path = `${project}/requests/${number}`;
    const [, uuid] = EXCERPT.exec(excerpt) ?? [];
    note(uuid ?? (await whose(await api.call('GET', path))), 'request');
    if (commentCount > 0) {
      for (const comment of await api.list(`${path}/comments`)) {
        note(await whose(comment), 'comment');
      }
    }
  }
  for (const made of elsewhere?.madeFor(channel) ?? []) {
    note(await whose(made), 'elsewhere');
  }
  for (const message of await api.list(`${project}/messages`)) {
    if (message.state !== 'done') {
      const raw = await rawOf(message.id);
      const [, uuid] = CASE.exec(raw.toString('latin1')) ?? [];
      note(
        uuidOfRaw.get(digest(raw)) ?? uuid ?? `${project} ${message.id}`,
        message.state,
      );
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
