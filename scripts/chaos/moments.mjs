// SPDX-License-Identifier: Apache-2.0

// Moments of the product's work, told by what is on its wires.

/** @typedef {import('./Tap.mjs').Moment} Moment */

const COMMIT = 'COMMIT';

const sql =
  (...bytes) =>
  at => ({ wire: 'database', at, bytes });
const imap =
  (...bytes) =>
  at => ({ wire: 'imap', at, bytes });

/**
 * A lease is claimed, of a visit or of handling, by a statement that is a
 * transaction of its own.
 */
export const claimed = sql('"ticket" = "ticket" + 1');

const pop3 =
  (...bytes) =>
  at => ({ wire: 'pop3', at, bytes });

export const signedIn = imap('AUTHENTICATE');
export const listed = imap('UID SEARCH');

/** The body of a mail begins to arrive. @type {Moment} */
export const fetched = {
  wire: 'imap',
  at: 'before',
  direction: 'toClient',
  bytes: ['BODY[]<0> {'],
};

/** Within the first mail's bytes. @type {Moment} */
export const fetching = { ...fetched, bytes: ['BODY[]<0> {', '\r\n\r\n'] };

/** Mail is stored, its transaction open. */
export const stored = sql('insert into "inbox_messages"');
export const bytesStored = sql('insert into "inbox_chunks"');
export const storedForGood = sql('insert into "inbox_messages"', COMMIT);

export const toldServer = imap('UID STORE');
export const toldNoted = sql('delete from "acknowledgements"');

/**
 * Attempts to handle mails that wait together are counted, by a statement that
 * is a transaction of its own.
 */
export const attempted = sql('"attempts" + 1 where "id" in (');
/** One at a mail that is handled by itself. */
export const attemptedAlone = sql('"attempts" + 1 where "id" = ', COMMIT);

/** What was made of mails is written, its transaction open. */
export const handled = sql('insert into "deliveries"');
export const handledForGood = sql('insert into "deliveries"', COMMIT);

/** Several mails end in one statement, which only they have. */
const END_OF_SEVERAL = ' AS ends';
export const handledTogether = sql(
  'insert into "deliveries"',
  END_OF_SEVERAL,
  COMMIT,
);
/** One mail ends: its state comes first in that statement. */
const END_OF_ONE = 'update "inbox_messages" set "state" = ';
export const handledAlone = sql('insert into "deliveries"', END_OF_ONE, COMMIT);

export const retrieved = pop3('RETR ');
export const deleted = pop3('DELE ');
/** A session in which mail was marked as deleted ends. */
export const quitAfterDeleting = pop3('DELE ', 'QUIT');

/** A person is told something. */
export const noticed = at => ({ wire: 'notices', at, bytes: ['POST /'] });
/** Notices are marked as sent. */
export const noticeNoted = sql('update "notices" set "sent_at"');

/** The provider is asked for tokens. */
export const renewed = at => ({
  wire: 'provider',
  at,
  bytes: ['POST /oidc/token ', 'grant_type=refresh_token'],
});

/** The right to renew a grant is asked for. */
export const claimsRenewal = sql('update "oauth_grants" set "refreshing_by"');

/** A service elsewhere is asked to make something of a mail. */
export const handedOver = at => ({
  wire: 'elsewhere',
  at,
  bytes: ['POST / ', '"project":"component:'],
});
