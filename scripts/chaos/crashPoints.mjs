// SPDX-License-Identifier: Apache-2.0
import {
  attempted,
  attemptedAlone,
  bytesStored,
  claimed,
  deleted,
  fetching,
  handled,
  handledAlone,
  handledTogether,
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
//
// Mail that waits together is handled together. So where handling is what dies,
// mail is delivered in portions, each when the one before it has ended.

const MAILS = 6;
const MAILS_PER_VISIT = 2;
const VISITS = MAILS / MAILS_PER_VISIT;

/** Each visit opens its own connection, so that all of it is seen each time. */
export const shortVisits = {
  messagesPerVisit: MAILS_PER_VISIT,
  idleConnections: 0,
};

/** How mail comes: so many portions of so many mails. */
const ALL = { portions: 1, mails: MAILS };
const PAIRS = { portions: 3, mails: 2 };
const SINGLES = { portions: 3, mails: 1 };

/**
 * @typedef {object} CrashPoint
 * @property {string} name - as the table has it
 * @property {import('./Tap.mjs').Moment} moment
 * @property {number} times
 * @property {{ portions: number, mails: number }} delivery
 */

const visitPoint = (name, moment, times = VISITS) => ({
  ...{ name, moment, times },
  delivery: ALL,
});
const handlingPoint = (name, moment, delivery) => ({
  ...{ name, moment, delivery },
  times: delivery.portions,
});

/** @type {CrashPoint[]} */
export const imapPoints = [
  visitPoint('lease claimed, nothing begun', claimed('answered')),
  visitPoint('signing in', signedIn('before')),
  visitPoint('folder open, nothing listed', listed('before')),
  visitPoint('within the bytes of a mail', fetching, MAILS),
  visitPoint('mail fetched, before it is stored', stored('before')),
  visitPoint('mail stored, before its bytes are', bytesStored('before')),
  visitPoint('all stored, before the commit', storedForGood('before')),
  visitPoint('committed, the answer lost', storedForGood('answered')),
  visitPoint('durable, before the server is told', toldServer('before')),
  visitPoint('the server told, its answer lost', toldServer('answered')),
  visitPoint('the server told, before that is noted', toldNoted('before')),
  ...[
    ['stored, before the attempts are counted', attempted('before')],
    ['attempts counted, before anything is made of it', attempted('answered')],
    ['handled together, before the deliveries are written', handled('before')],
    ['effects written, before the commit', handledTogether('before')],
    ['effects committed, the answer lost', handledTogether('answered')],
  ].map(([name, moment]) => handlingPoint(name, moment, PAIRS)),
  ...[
    ['attempt counted, one mail alone', attemptedAlone('answered')],
    [
      'effect written, before the commit, one mail alone',
      handledAlone('before'),
    ],
    [
      'effect committed, the answer lost, one mail alone',
      handledAlone('answered'),
    ],
  ].map(([name, moment]) => handlingPoint(name, moment, SINGLES)),
];

/** With mail deleted on the server once it is stored. @type {CrashPoint[]} */
export const pop3Points = [
  visitPoint('a mail retrieved, its bytes lost', retrieved('answered'), MAILS),
  visitPoint('mail fetched, before it is stored', stored('before')),
  visitPoint('all stored, before the commit', storedForGood('before')),
  visitPoint('committed, before QUIT', storedForGood('answered')),
  visitPoint('before DELE', deleted('before'), MAILS),
  visitPoint('after DELE', deleted('answered'), MAILS),
  visitPoint('DELE, before QUIT', quitAfterDeleting('before'), 1),
  visitPoint('QUIT sent, its answer lost', quitAfterDeleting('answered'), 1),
];

/** The first, the middle and the last time, from 1. */
export function occurrencesOf({ times }) {
  return [...new Set([1, Math.ceil(times / 2), times])];
}
