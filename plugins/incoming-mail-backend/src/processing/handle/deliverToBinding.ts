// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  AnyMailHandler,
  HandlerMailbox,
  HandlerOutcome,
  IncomingMessage,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import { Tx } from '../../database';
import { HandlerBinding } from '../../mailboxes';
import { DeliveryStore } from './DeliveryStore';
import { HandlerRegistry } from './HandlerRegistry';
import { runHandler, runHandlerTogether } from './runHandler';

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
  const { message, binding } = options;
  const delivered = await deps.deliveries.find(tx, message.id, binding.id);
  if (delivered) {
    return delivered;
  }
  const outcome = await callHandler(tx, deps, options);
  await deps.deliveries.add(tx, message.id, {
    bindingId: binding.id,
    outcome,
  });
  return outcome;
}

/**
 * Calls the handler of a binding, and leaves the delivery to the caller: to be
 * written in the same transaction.
 *
 * @throws see {@link deliverToBinding}
 */
export async function callHandler(
  tx: Tx,
  deps: DeliveryDeps,
  options: DeliveryOptions,
): Promise<HandlerOutcome> {
  const { message, mailbox, binding, signal } = options;
  const { handler, settings } = deps.registry.resolve(binding, mailbox);
  options.onCall?.();
  return runHandler(handler, message, {
    context: toContext(tx, deps, { ...options, handler, settings }),
    timeoutMs: deps.handlerTimeoutMs,
    signal,
  });
}

/**
 * Calls the handler of a binding for several mails; see {@link callHandler}.
 *
 * @param options - at least one, all of the same binding
 */
export async function callHandlerTogether(
  tx: Tx,
  deps: DeliveryDeps,
  options: readonly DeliveryOptions[],
): Promise<HandlerOutcome[]> {
  const [{ binding, mailbox, signal }] = options;
  const { handler, settings } = deps.registry.resolve(binding, mailbox);
  const { handleTogether } = handler;
  if (!handleTogether) {
    const outcomes: HandlerOutcome[] = [];
    for (const one of options) {
      outcomes.push(await callHandler(tx, deps, one));
    }
    return outcomes;
  }
  return runHandlerTogether(
    handler as typeof handler & { handleTogether: typeof handleTogether },
    options.map(one => ({
      message: one.message,
      context: toContext(tx, deps, { ...one, handler, settings }),
    })),
    { timeoutMs: deps.handlerTimeoutMs, signal },
  );
}

function toContext(
  tx: Tx,
  deps: DeliveryDeps,
  call: DeliveryOptions & { handler: AnyMailHandler; settings: unknown },
) {
  const { message, thread, mailbox, binding, dryRun, handler, settings } = call;
  return {
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
  };
}
