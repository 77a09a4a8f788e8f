// SPDX-License-Identifier: Apache-2.0
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import type { IncomingMessage } from './message';

/**
 * The conversation that a mail belongs to, found by `In-Reply-To` and
 * `References` (RFC 5322 section 3.6.4) among the mails of its mailbox.
 *
 * @public
 */
export interface MessageThread {
  /** The same for every mail of the conversation. */
  readonly id: string;
  /** Whether an earlier mail of the conversation has been handled or is known by a reference. */
  readonly isReply: boolean;
}

/**
 * What a handler gets besides the mail.
 *
 * @public
 */
export interface HandlerContext {
  /**
   * The transaction in which the mail is marked as handled. What is written
   * through it stands exactly when the mail counts as handled. Valid until
   * the handler's promise settles. Use nothing else of the plugin's database
   * meanwhile: SQLite has one connection, and would wait for itself. Never
   * commit it or roll it back: that is the plugin's to do.
   */
  readonly tx: Knex.Transaction;
  /**
   * The same at each attempt for this mail and this binding, different for
   * every other. Hand it to systems outside so that a repeated call has no
   * second effect.
   */
  readonly idempotencyKey: string;
  readonly thread: MessageThread;
  /** Speaks with the mail's and the mailbox's id. Never log subject, body or addresses. */
  readonly logger: LoggerService;
  /**
   * Aborted when the handler's deadline (30 s unless configured) has passed or the backend stops. A
   * handler that goes on regardless has its transaction rolled back.
   */
  readonly signal: AbortSignal;
}

/**
 * How a handler ended.
 *
 * - `created`, `commented`: `target` names what was made, in the form
 *   `kind:id`, at most 200 characters; the mail log shows it.
 * - `ignored`: deliberately nothing; `reason` is a sentence for the mail log.
 *
 * @public
 */
export type HandlerOutcome =
  | { readonly kind: 'created'; readonly target: string }
  | { readonly kind: 'commented'; readonly target: string }
  | { readonly kind: 'ignored'; readonly reason: string };

/**
 * Turns a mail into something.
 *
 * **Promise of the plugin.** A handler is called for each mail of the
 * mailboxes it is bound to, in the order in which the mails were accepted,
 * one mail of a mailbox at a time over all replicas. Its effects, the mail's
 * state and the delivery record commit in one transaction that also proves
 * that this replica still holds the mailbox.
 *
 * - A handler that writes only through {@link HandlerContext.tx} takes effect
 *   **exactly once** per mail: if it throws, the process dies or another
 *   replica took over, nothing of it remains and it is called again.
 * - A handler that calls the outside world does so **at least once**: it may
 *   be called again after the outside call succeeded. It passes
 *   {@link HandlerContext.idempotencyKey} on.
 *
 * **Promise of the handler.** It ends in time, observes the signal, throws
 * only when a later attempt may succeed, and returns `ignored` with a reason
 * when it does not want the mail. A throw is tried again after 2 s, 30 s and
 * 5 min; then the mail is quarantined, visible and replayable.
 *
 * @public
 */
export interface MailHandler {
  /** Stable and unique over all handlers: kebab-case, stored with each binding. */
  readonly id: string;
  /** What an administrator reads when choosing handlers. */
  readonly title: string;
  handle(
    message: IncomingMessage,
    context: HandlerContext,
  ): Promise<HandlerOutcome>;
}
