// SPDX-License-Identifier: Apache-2.0
import { imapCrashRows, pop3CrashRows } from './crashPoints.mjs';
import { databaseRows } from './database.mjs';
import { destinationRows } from './destination.mjs';
import { largeMailboxRows } from './largeMailbox.mjs';
import { mailServerRows } from './mailServer.mjs';
import { movingRows } from './moving.mjs';
import { noticeRows } from './notices.mjs';
import { oddImapRows } from './oddImap.mjs';
import { oddPop3Rows } from './oddPop3.mjs';
import { providerRows } from './provider.mjs';
import { readerRows } from './readers.mjs';
import { replicaRows } from './replicas.mjs';
import { tokenRows } from './tokens.mjs';
import { retentionRows } from './retention.mjs';
import { serverAnswerRows } from './serverAnswers.mjs';
import { soakRows } from './soak.mjs';
import { sqliteRows } from './sqlite.mjs';
import { versionRows } from './versions.mjs';

/**
 * One row of the table of faults.
 *
 * @typedef {object} Row
 * @property {string} id - of the table; a point behind it counts its cases
 * @property {string} title
 * @property {Visits} [visits] - {@link usualVisits} by default; replicas start
 *   again where it changes
 * @property {object} [apart] - what the world is to be like that it has for
 *   itself: options of a World; without it the row shares one
 * @property {boolean} [nightOnly]
 * @property {boolean} [waits] - what it began needs time and nothing else: the
 *   oracle looks when the rows after it are done
 * @property {(size: Size) => number} [deadlineMs] - where it takes longer than
 *   rows do
 * @property {(world: import('../World.mjs').World, size: Size) =>
 *   Promise<import('../Channel.mjs').Channel[]>} run - makes the fault happen,
 *   under load; returns the channels that it used, or undefined where it
 *   had to be skipped. Throws what the oracle cannot see.
 */

/**
 * @typedef {object} Size
 * @property {boolean} night - all of it
 * @property {boolean} short - a test of the suite itself
 * @property {number} soakMinutes - how long the longest row takes
 */

/**
 * How mailboxes are visited: settings of the product.
 *
 * @typedef {object} Visits
 * @property {number} messagesPerVisit
 * @property {number} idleConnections - that a replica keeps between visits
 */

/** @type {Visits} */
export const usualVisits = { messagesPerVisit: 25, idleConnections: 20 };

/** @type {Row[]} */
export const rows = [
  ...imapCrashRows,
  ...pop3CrashRows,
  // First, as one of them waits.
  ...oddPop3Rows,
  ...replicaRows,
  ...databaseRows,
  ...mailServerRows,
  ...oddImapRows,
  ...tokenRows,
  ...providerRows,
  ...destinationRows,
  ...serverAnswerRows,
  ...readerRows,
  ...retentionRows,
  ...movingRows,
  ...largeMailboxRows,
  ...noticeRows,
  ...versionRows,
  ...sqliteRows,
  ...soakRows,
];
