// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  HandlerMailbox,
  HandlerOutcome,
  IncomingMessage,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import { Tx } from '../../database';
import { HandlerBinding } from '../../mailboxes';
import { DeliveryStore } from './DeliveryStore';
import { HandlerRegistry } from './HandlerRegistry';
import { runHandler } from './runHandler';

/** What delivering needs besides the mail. */
export interface DeliveryDeps {
  readonly deliveries: DeliveryStore;
  readonly registry: HandlerRegistry;
  readonly logger: LoggerService;
  /** For each call of a handler. */
  readonly handlerTimeoutMs: number;
}

/** One mail for one binding. */
export interface DeliveryOptions {
  readonly message: IncomingMessage;
  readonly thread: MessageThread;
  readonly mailbox: HandlerMailbox;
  readonly binding: HandlerBinding;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Told right before the handler itself is called: what fails then is its failure. */
  onCall?(): void;
}

/**
 * Calls the handler of a binding, unless it is done with the mail already, and
 * writes the delivery. All in the caller's transaction.
 *
 * @throws HandlerMissingError
 * @throws HandlerSettingsError
 * @throws what {@link runHandler} throws
 */
export async function deliverToBinding(
  tx: Tx,
  deps: DeliveryDeps,
  options: DeliveryOptions,
): Promise<HandlerOutcome> {
  const { message, thread, mailbox, binding, dryRun, signal } = options;
  const delivered = await deps.deliveries.find(tx, message.id, binding.id);
  if (delivered) {
    return delivered;
  }
  const { handler, settings } = deps.registry.resolve(binding, mailbox);
  options.onCall?.();
  const outcome = await runHandler(handler, message, {
    context: {
      tx,
      idempotencyKey: `${message.id}:${binding.id}`,
      thread,
      settings,
      mailbox,
      dryRun,
      logger: deps.logger.child({
        handler: handler.id,
        mailboxId: mailbox.id,
        messageId: message.id,
      }),
    },
    timeoutMs: deps.handlerTimeoutMs,
    signal,
  });
  await deps.deliveries.add(tx, message.id, {
    bindingId: binding.id,
    outcome,
  });
  return outcome;
}
