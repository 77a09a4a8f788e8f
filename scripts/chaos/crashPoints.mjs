// SPDX-License-Identifier: Apache-2.0
import {
  attempt,
  attempted,
  bytesStored,
  claimed,
  deleted,
  fetching,
  handled,
  handledForGood,
  listed,
  quitAfterDeleting,
  retrieved,
  signedIn,
  stored,
  storedForGood,
  toldNoted,
  toldServer,
} from './moments.mjs';

// Where a replica dies, one by one: the rows of the crash tables, each as the
// moment on a wire by which it is told. No code of the product has a part in
// it. `times`: how often the moment comes while a case's mail is read; a case
// is made for the first, the middle and the last time.

/** Mails of a case, and how many of them one visit reads. */
export const MAILS_PER_CASE = 6;
export const MAILS_PER_VISIT = 2;

const VISITS = MAILS_PER_CASE / MAILS_PER_VISIT;

/**
 * @typedef {object} CrashPoint
 * @property {string} name - as the table has it
 * @property {import('./Tap.mjs').Moment} moment
 * @property {number} times
 */

/** @type {CrashPoint[]} */
export const imapPoints = [
  {
    name: 'lease claimed, nothing begun',
    moment: claimed('answered'),
    times: VISITS,
  },
  {
    name: 'signing in',
    moment: signedIn('before'),
    times: VISITS,
  },
  {
    name: 'folder open, nothing listed',
    moment: listed('before'),
    times: VISITS,
  },
  {
    name: 'within the bytes of a mail',
    moment: fetching,
    times: MAILS_PER_CASE,
  },
  {
    name: 'mail fetched, before it is stored',
    moment: stored('before'),
    times: VISITS,
  },
  {
    name: 'mail stored, before its bytes are',
    moment: bytesStored('before'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'all stored, before the commit',
    moment: storedForGood('before'),
    times: VISITS,
  },
  {
    name: 'committed, the answer lost',
    moment: storedForGood('answered'),
    times: VISITS,
  },
  {
    name: 'durable, before the server is told',
    moment: toldServer('before'),
    times: VISITS,
  },
  {
    name: 'the server told, its answer lost',
    moment: toldServer('answered'),
    times: VISITS,
  },
  {
    name: 'the server told, before that is noted',
    moment: toldNoted('before'),
    times: VISITS,
  },
  {
    name: 'stored, before the attempt is counted',
    moment: attempt('before'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'attempt counted, before anything is made of it',
    moment: attempted('answered'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'handled, before the delivery is written',
    moment: handled('before'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'effect written, before the commit',
    moment: handledForGood('before'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'effect committed, the answer lost',
    moment: handledForGood('answered'),
    times: MAILS_PER_CASE,
  },
];

/** With mail deleted on the server once it is stored. @type {CrashPoint[]} */
export const pop3Points = [
  {
    name: 'a mail retrieved, its bytes lost',
    moment: retrieved('answered'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'mail fetched, before it is stored',
    moment: stored('before'),
    times: VISITS,
  },
  {
    name: 'all stored, before the commit',
    moment: storedForGood('before'),
    times: VISITS,
  },
  {
    name: 'committed, before QUIT',
    moment: storedForGood('answered'),
    times: VISITS,
  },
  {
    name: 'before DELE',
    moment: deleted('before'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'after DELE',
    moment: deleted('answered'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'DELE, before QUIT',
    moment: quitAfterDeleting('before'),
    times: 1,
  },
  {
    name: 'QUIT sent, its answer lost',
    moment: quitAfterDeleting('answered'),
    times: 1,
  },
];

/** The first, the middle and the last time, from 1. */
export function occurrencesOf({ times }) {
  return [...new Set([1, Math.ceil(times / 2), times])];
}
