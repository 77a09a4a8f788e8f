// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { WaitingMessage } from '../inbox';
import { HandlerBinding, Mailbox } from '../mailboxes';

/**
 * How one attempt at a mail ended.
 *
 * - `done`, `ignored`: handled; the effects of its handlers stand.
 * - `quarantined`: kept for a person, byte for byte. What handlers have done
 *   with it stands.
 * - `held`: a handler is missing or its settings are not valid; kept for a
 *   person, who has it handled again once that is mended.
 * - `postponed`: a handler failed, of which nothing stands; tried again in
 *   `dueInMs` with those handlers alone that are not done.
 * - `put-off`: the database cannot serve now, as when its disk is full. Neither
 *   the mail nor a handler is to blame: the attempt does not count, and the
 *   mail is due when its mailbox has rested.
 * - `lease-lost`: another replica has the mailbox, and goes on with it.
 * - `aborted`: the work was given up, as when the backend stops; the mail is
 *   due at once, for the handlers that are not done.
 */
export type ProcessingOutcome =
  | { readonly kind: 'done'; readonly target: string }
  | { readonly kind: 'ignored'; readonly reason: string }
  | {
      readonly kind: 'quarantined' | 'held';
      readonly failure: FailureCode;
      /** For the log; may hold foreign text. */
      readonly cause?: unknown;
    }
  | {
      readonly kind: 'postponed';
      readonly failure: FailureCode;
      readonly attempt: number;
      readonly dueInMs: number;
      /** For the log; may hold foreign text. */
      readonly cause?: unknown;
    }
  | {
      readonly kind: 'put-off';
      /** For the log; may hold foreign text. */
      readonly cause: unknown;
    }
  | { readonly kind: 'lease-lost' }
  | { readonly kind: 'aborted' };

/** Told how each attempt at a mail ended. Must not throw. */
export type OnProcessingOutcome = (
  outcome: ProcessingOutcome,
  message: WaitingMessage,
) => void;

/** What processing has to know of mailboxes. */
export interface MailboxDirectory {
  findById(id: string): Promise<Mailbox | undefined>;
  /** @throws NotFoundError */
  getById(id: string): Promise<Mailbox>;
  /** In the order in which the handlers are to be called. */
  listBindings(mailboxId: string): Promise<HandlerBinding[]>;
}
