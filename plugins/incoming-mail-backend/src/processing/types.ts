// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { WaitingMessage } from '../inbox';
import { HandlerBinding, Mailbox } from '../mailboxes';

/**
 * How one attempt at a mail ended.
 *
 * - `done`, `ignored`: handled; the effects of its handlers stand.
 * - `quarantined`: kept for a person, byte for byte.
 * - `postponed`: failed, nothing of it stands, tried again in `dueInMs`.
 * - `lease-lost`: another replica has the mailbox; nothing of it stands.
 * - `aborted`: the work was given up, as when the backend stops; nothing of it
 *   stands and the mail is due at once.
 */
export type ProcessingOutcome =
  | { readonly kind: 'done'; readonly target: string }
  | { readonly kind: 'ignored'; readonly reason: string }
  | {
      readonly kind: 'quarantined';
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
  /** In the order in which the handlers are to be called. */
  listBindings(mailboxId: string): Promise<HandlerBinding[]>;
}
