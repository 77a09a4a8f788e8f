// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { Db, LeaseTicket } from '../database';
import {
  AcknowledgementStore,
  InboxStore,
  MessageQueueStore,
  RawMailStore,
} from '../inbox';
import { ImportStore, Mailbox, MailboxStore } from '../mailboxes';
import {
  MailSession,
  OpenSession,
  SessionCredentials,
  SettleOutcome,
} from '../transport';
import { CursorStore } from './CursorStore';
import { GapStore } from './GapStore';
import { KnownSourceStore } from './KnownSourceStore';

/**
 * How a visit ended.
 *
 * - `completed`: everything that was there is stored; `accepted` says how
 *   much of it was new, `more` that the visit stopped at its bound.
 * - `failed`: the outside world stood in the way; what was stored before stays.
 * - `put-off`: nothing was asked of the server, as the account is busy with
 *   another of its mailboxes, or the server asked for patience. Nothing can be
 *   said about the mailbox.
 * - `aborted`: the backend stops, or the lease went to someone else. Nothing
 *   can be said about the mailbox.
 */
export type PollOutcome =
  | {
      readonly kind: 'completed';
      readonly accepted: number;
      readonly more: boolean;
      /** The first visit: reading begins with mail that arrives from now on. */
      readonly baseline: boolean;
      /** The server gave its mails new numbers since the last visit. */
      readonly renumbered: boolean;
      /** Why the server did not do with stored mail what is to be done. */
      readonly refusal?: SettleOutcome['refusal'];
      /** It fetched no more, as too many mails wait for handling. */
      readonly heldBack?: true;
      /** How many mails it left for the next visit, at most. */
      readonly left?: number;
      /** What it did for an import of older mail; `accepted` holds that as well. */
      readonly older?: ImportProgress;
    }
  | {
      readonly kind: 'failed';
      readonly failure: FailureCode;
      readonly detail?: string;
      readonly retryAfterMs?: number;
      /** How many mails were stored before it failed. */
      readonly accepted: number;
    }
  | {
      readonly kind: 'put-off';
      /** When it is worth another try, in milliseconds. */
      readonly waitMs: number;
    }
  | { readonly kind: 'aborted' };

/** How a visit ended that says something about its mailbox. */
export type VisitOutcome = Exclude<
  PollOutcome,
  { kind: 'aborted' } | { kind: 'put-off' }
>;

/** What a visit did for an import of older mail. */
export interface ImportProgress {
  /** How many mails were new to us. */
  readonly accepted: number;
  /** How it ended, if it did in this visit. */
  readonly ended?: 'done' | 'failed';
  /** How many mails were new in all visits. */
  readonly total?: number;
}

/** How often and how much. */
export interface PollPolicy {
  readonly intervalMs: number;
  readonly messagesPerVisit: number;
  readonly maxMessageBytes: number;
  /** Where so many mails of a mailbox wait for handling, no more are fetched. */
  readonly maxWaiting: number;
}

/** What a visit needs. */
export interface PollDeps {
  readonly db: Db;
  readonly cursors: CursorStore;
  readonly gaps: GapStore;
  readonly sources: KnownSourceStore;
  readonly inbox: InboxStore;
  readonly acknowledgements: AcknowledgementStore;
  readonly queue: MessageQueueStore;
  readonly rawMails: RawMailStore;
  readonly mailboxes: MailboxStore;
  readonly imports: ImportStore;
  /** May throw an AccountBusyError. */
  readonly openSession: OpenSession;
  /**
   * What signs in to a mailbox; polling carries it to the session, unopened.
   *
   * @param options.refused - what the server has just refused: a token is to
   *   be renewed. Only given for OAuth 2.0, as a password does not change
   * @throws MailFailure
   */
  credentials(
    mailbox: Mailbox,
    options: { signal: AbortSignal; refused?: SessionCredentials },
  ): Promise<SessionCredentials>;
  /**
   * Whether a mailbox is signed in to in the application's own name, so that a
   * refusal is for an administrator to mend. Asked only where a login was
   * refused; absent: never.
   */
  actsAlone?(mailbox: Mailbox): Promise<boolean>;
  readonly policy: PollPolicy;
  /** Told whenever new mails are stored, so that they are handled; must not throw. */
  onAccepted?(): void;
  /** Runs the storing of a batch within whatever observes it. */
  observeStoring?(store: () => Promise<number>): Promise<number>;
}

/** A visit under way: its mailbox is open. */
export interface Visit {
  readonly mailbox: Mailbox;
  readonly ticket: LeaseTicket;
  readonly session: MailSession;
  readonly deps: PollDeps;
  readonly signal: AbortSignal;
}
