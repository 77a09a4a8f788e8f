// SPDX-License-Identifier: Apache-2.0
import { RawMailStore } from '../inbox';
import { RetentionRule } from './Janitor';

const DAY_MS = 86_400_000;

/** How long what an installation may decide about is kept, in milliseconds. */
export interface RetentionPeriods {
  readonly rawMailMs: number;
  readonly heldMailMs: number;
  readonly journalMs: number;
  readonly noticesMs: number;
}

type Removal = { readonly ageMs: number; readonly limit: number };

/** Whoever has records that grow old. Each removes at most `limit` at a time. */
interface RemovesOld {
  /** @returns how many were removed */
  removeOld(removal: Removal): Promise<number>;
}

/** Whose records they are. */
export interface RetentionStores {
  readonly rawMails: Pick<RawMailStore, 'removeOld'>;
  readonly oauth: {
    removeOldConsents(removal: Removal): Promise<number>;
    removeOldLinks(removal: Removal): Promise<number>;
    removeFormerTokens(options: { limit: number }): Promise<number>;
  };
  readonly journal: RemovesOld;
  readonly notices: RemovesOld;
  readonly drafts: RemovesOld;
  readonly gates: RemovesOld;
}

// A batch is one transaction. Small ones, as a large one would lock many rows
// for long; smaller ones of what is large itself.
const ROWS = 500;
const MAILS = 50;

/**
 * What is kept how long, and by which setting: the one list. What is not here
 * is kept until somebody removes the mailbox that it belongs to, or for ever:
 * the mail log without the mails, the keys by which a second arrival is known,
 * requests and comments.
 *
 * The ledger of POP3 names is not here either: a name may go only once the
 * server has not listed it for 90 days, which nobody knows but a visit that
 * has just seen the list. Age alone would tell nothing of a mailbox that was
 * not visited for a year.
 */
export function retentionPolicy(
  periods: RetentionPeriods,
  stores: RetentionStores,
): RetentionRule[] {
  const { rawMails, oauth, journal, notices, drafts, gates } = stores;
  return [
    {
      what: 'bytes of mail that is finished',
      setting: 'incomingMail.retention.rawMail',
      keepMs: periods.rawMailMs,
      batch: MAILS,
      removeOld: removal =>
        rawMails.removeOld({
          ...removal,
          states: ['done', 'ignored', 'duplicate'],
        }),
    },
    {
      // Nobody has decided about it: much longer, but not for ever.
      what: 'bytes of mail that is held or quarantined',
      setting: 'incomingMail.retention.heldMail',
      keepMs: periods.heldMailMs,
      batch: MAILS,
      removeOld: removal =>
        rawMails.removeOld({ ...removal, states: ['held', 'quarantined'] }),
    },
    {
      what: 'journal',
      setting: 'incomingMail.retention.journal',
      keepMs: periods.journalMs,
      batch: ROWS,
      removeOld: removal => journal.removeOld(removal),
    },
    {
      what: 'notices',
      setting: 'incomingMail.retention.notices',
      keepMs: periods.noticesMs,
      batch: ROWS,
      removeOld: removal => notices.removeOld(removal),
    },
    {
      // After a consent ran out; it is of no use to anyone then.
      what: 'consents',
      keepMs: DAY_MS,
      batch: ROWS,
      removeOld: removal => oauth.removeOldConsents(removal),
    },
    {
      // So that whoever opens one late is told that it has run out.
      what: 'links',
      keepMs: 30 * DAY_MS,
      batch: ROWS,
      removeOld: removal => oauth.removeOldLinks(removal),
    },
    {
      // Each names its own end.
      what: 'former refresh tokens',
      keepMs: 0,
      batch: ROWS,
      removeOld: ({ limit }) => oauth.removeFormerTokens({ limit }),
    },
    {
      // With the grant or password that they were given.
      what: 'drafts of mail servers',
      keepMs: DAY_MS,
      batch: ROWS,
      removeOld: removal => drafts.removeOld(removal),
    },
    {
      // Longer than any server asks for patience.
      what: 'accounts that nobody connects to',
      keepMs: 30 * DAY_MS,
      batch: ROWS,
      removeOld: removal => gates.removeOld(removal),
    },
  ];
}
