// SPDX-License-Identifier: Apache-2.0
import type { LoggerService } from '@backstage/backend-plugin-api';
import type {
  HandlerField,
  HandlerSettings,
} from '@postroom/plugin-incoming-mail-common';
import type { Knex } from 'knex';
import type { IncomingMessage } from './message';

/**
 * The conversation that a mail belongs to, found by `In-Reply-To` and
 * `References` (RFC 5322 section 3.6.4) among the mails of its mailbox.
 *
 * @public
 */
export interface MessageThread {
  /** The same for every mail of the conversation, and at each attempt. */
  readonly id: string;
  /** Whether an earlier mail of the conversation has been handled or is known by a reference. */
  readonly isReply: boolean;
}

/**
 * The mailbox whose mail a handler gets.
 *
 * @public
 */
export interface HandlerMailbox {
  readonly id: string;
  /** The account whose mail is read, lower-cased. */
  readonly address: string;
  /** Other addresses whose mail arrives here, where they are known. */
  readonly aliases?: readonly string[];
  /** The project whose channel it is, as a lower-cased entity ref; absent for a mail server. */
  readonly projectRef?: string;
}

/**
 * What a handler gets besides the mail.
 *
 * @public
 */
export interface HandlerContext<TSettings = HandlerSettings> {
  /**
   * The transaction in which the handler's delivery is written. What is
   * written through it stands exactly when this handler counts as done with
   * the mail. Valid until the handler's promise settles. Use nothing else of
   * the plugin's database meanwhile: SQLite has one connection, and would wait
   * for itself. Never commit it or roll it back: that is the plugin's to do.
   */
  readonly tx: Knex.Transaction;
  /**
   * The same at each attempt for this mail and this binding, different for
   * every other. Hand it to systems outside so that a repeated call has no
   * second effect.
   */
  readonly idempotencyKey: string;
  readonly thread: MessageThread;
  /** What {@link MailHandler.parseSettings} made of this binding's settings; frozen where there is none. */
  readonly settings: TSettings;
  readonly mailbox: HandlerMailbox;
  /**
   * Whether a person only asks what would happen: `tx` is then rolled back
   * whatever the outcome, and nothing outside may be called. Only ever true
   * for a handler that says {@link MailHandler.supportsDryRun}.
   */
  readonly dryRun: boolean;
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
 * one mail of a mailbox at a time over all replicas. Its effects and its
 * delivery record commit in one transaction that also proves that this replica
 * still holds the mailbox.
 *
 * - A handler that writes only through {@link HandlerContext.tx} takes effect
 *   **exactly once** per mail and binding: if it throws, the process dies or
 *   another replica took over, nothing of it remains and it is called again.
 * - A handler that calls the outside world does so **at least once**: it may
 *   be called again after the outside call succeeded. It passes
 *   {@link HandlerContext.idempotencyKey} on.
 * - **Several bindings** of one mailbox are called one after the other in
 *   their order, each in a transaction of its own. One that fails keeps none
 *   of the others from being called, and is called again alone: what is done
 *   is not repeated. A later binding may therefore be done before an earlier
 *   one that has to be tried again.
 * - **Each call has a deadline** of its own, 30 s unless configured.
 * - **The message is deeply frozen**, the settings are those of the binding at
 *   the time of the call, and neither is ever an object whose properties a
 *   sender of mail could have named.
 * - **A dry run** calls only handlers that support it, and rolls back whatever
 *   they wrote.
 *
 * **Promise of the handler.** It ends in time, observes the signal, throws
 * only when a later attempt may succeed, and returns `ignored` with a reason
 * when it does not want the mail. A throw is tried again after 2 s, 30 s and
 * 5 min; then the mail is quarantined, visible and replayable. A mail whose
 * handler is not installed, or whose settings {@link MailHandler.parseSettings}
 * refuses, is held until a person has mended that and has it run again.
 *
 * @typeParam TSettings - what `parseSettings` gives; without it, the settings
 *   as they are stored
 * @public
 */
export interface MailHandler<TSettings = HandlerSettings> {
  /** Stable and unique over all handlers: kebab-case, stored with each binding. */
  readonly id: string;
  /** What an administrator reads when choosing handlers. */
  readonly title: string;
  /** One or two sentences below the title, at most 500 characters. */
  readonly description?: string;
  /**
   * What the page asks for when the handler is bound. A setting that no field
   * names, is missing though required, or is of another kind is refused before
   * the handler sees it; a handler without fields has no settings.
   */
  readonly fields?: readonly HandlerField[];
  /** Whether it observes {@link HandlerContext.dryRun}. */
  readonly supportsDryRun?: boolean;
  /**
   * Makes of stored settings what {@link MailHandler.handle} works with. Called
   * when a binding is saved and before each mail; pure and quick. Needed where
   * `TSettings` is anything but the settings as they are stored.
   *
   * @param mailbox - the one that the binding is of; a mail server has no
   *   project
   * @throws InputError from `@backstage/errors` that begins with the name of
   *   the setting that is wrong, or the ZodError of a schema
   */
  parseSettings?(
    settings: HandlerSettings,
    mailbox: Pick<HandlerMailbox, 'address' | 'projectRef'>,
  ): TSettings;
  handle(
    message: IncomingMessage,
    context: HandlerContext<TSettings>,
  ): Promise<HandlerOutcome>;
}

/**
 * A handler whatever its settings are; what a collection of them holds. Only
 * what its own `parseSettings` gave may be handed to its `handle`.
 *
 * @public
 */
export interface AnyMailHandler
  extends Omit<MailHandler<never>, 'parseSettings'> {
  parseSettings?(
    settings: HandlerSettings,
    mailbox: Pick<HandlerMailbox, 'address' | 'projectRef'>,
  ): unknown;
}
