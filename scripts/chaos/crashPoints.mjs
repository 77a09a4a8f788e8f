// SPDX-License-Identifier: Apache-2.0

// Where a replica dies, one by one: the rows of the crash tables, each as the
// moment on a wire by which it is told. No code of the product has a part in
// it. `times`: how often the moment comes while a case's mail is read; a case
// is made for the first, the middle and the last time.

/** Mails of a case, and how many of them one visit reads. */
export const MAILS_PER_CASE = 6;
export const MAILS_PER_VISIT = 2;

const VISITS = MAILS_PER_CASE / MAILS_PER_VISIT;

const sql = (at, ...bytes) => ({ wire: 'database', at, bytes });
const imap = (at, ...bytes) => ({ wire: 'imap', at, bytes });

const CLAIM = 'update "leases" set "holder" = $1, "ticket"';
const STORE = 'insert into "inbox_messages"';
const ATTEMPT = '"attempts" = "attempts" + 1';
const EFFECT = 'insert into "deliveries"';
const COMMIT = 'COMMIT';

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
    moment: sql('answered', CLAIM, COMMIT),
    times: VISITS,
  },
  {
    name: 'signing in',
    moment: imap('before', 'AUTHENTICATE'),
    times: VISITS,
  },
  {
    name: 'folder open, nothing listed',
    moment: imap('before', 'UID SEARCH'),
    times: VISITS,
  },
  {
    name: 'within the bytes of a mail',
    moment: {
      ...imap('before', 'BODY[]<0> {', '\r\n\r\n'),
      direction: 'toClient',
    },
    times: MAILS_PER_CASE,
  },
  {
    name: 'mail fetched, before it is stored',
    moment: sql('before', STORE),
    times: VISITS,
  },
  {
    name: 'mail stored, before its bytes are',
    moment: sql('before', 'insert into "inbox_chunks"'),
    times: MAILS_PER_CASE,
  },
  {
    name: 'all stored, before the commit',
    moment: sql('before', STORE, COMMIT),
    times: VISITS,
  },
  {
    name: 'committed, the answer lost',
    moment: sql('answered', STORE, COMMIT),
    times: VISITS,
  },
  {
    name: 'durable, before the server is told',
    moment: imap('before', 'UID STORE'),
    times: VISITS,
  },
  {
    name: 'the server told, its answer lost',
    moment: imap('answered', 'UID STORE', '\r\n'),
    times: VISITS,
  },
  {
    name: 'the server told, before that is noted',
    moment: sql('before', 'delete from "acknowledgements"'),
    times: VISITS,
  },
  {
    name: 'stored, before the attempt is counted',
    moment: sql('before', ATTEMPT),
    times: MAILS_PER_CASE,
  },
  {
    name: 'attempt counted, before anything is made of it',
    moment: sql('answered', ATTEMPT, COMMIT),
    times: MAILS_PER_CASE,
  },
  {
    name: 'handled, before the delivery is written',
    moment: sql('before', EFFECT),
    times: MAILS_PER_CASE,
  },
  {
    name: 'effect written, before the commit',
    moment: sql('before', EFFECT, COMMIT),
    times: MAILS_PER_CASE,
  },
  {
    name: 'effect committed, the answer lost',
    moment: sql('answered', EFFECT, COMMIT),
    times: MAILS_PER_CASE,
  },
];

/** The first, the middle and the last time, from 1. */
export function occurrencesOf({ times }) {
  return [...new Set([1, Math.ceil(times / 2), times])];
}
