// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import {
  HandlerOutcome,
  IncomingMessage,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import { Tx } from '../../database';
import { HandlerBinding } from '../../mailboxes';
import { DeliveryStore } from './DeliveryStore';
import { HandlerRegistry } from './HandlerRegistry';
import { runHandler } from './runHandler';

/** Thrown for a binding whose handler is not installed (any more). */
export class HandlerMissingError extends NotFoundError {}

/** What delivering needs besides the mail. */
export interface DeliveryDeps {
  readonly deliveries: DeliveryStore;
  readonly registry: HandlerRegistry;
  readonly logger: LoggerService;
  readonly handlerTimeoutMs: number;
}

/**
 * Calls the handler of each binding that has no delivery yet, one after the
 * other, and writes the delivery. All in the caller's transaction: if one
 * fails, nothing of the others stands either, and all are called again.
 *
 * @param options.onHandler - told which handler is about to be called
 * @returns the outcome of every binding, those of earlier deliveries included
 * @throws HandlerMissingError, and what {@link runHandler} throws
 */
export async function deliverMessage(
  tx: Tx,
  deps: DeliveryDeps,
  options: {
    message: IncomingMessage;
    thread: MessageThread;
    bindings: readonly HandlerBinding[];
    signal: AbortSignal;
    onHandler(handlerId: string): void;
  },
): Promise<Array<{ handlerId: string; outcome: HandlerOutcome }>> {
  const { message, thread, bindings, signal } = options;
  const finished = new Map(
    (await deps.deliveries.list(tx, message.id)).map(delivery => [
      delivery.bindingId,
      delivery.outcome,
    ]),
  );
  const results = [];
  for (const { id: bindingId, handlerId } of bindings) {
    let outcome = finished.get(bindingId);
    if (!outcome) {
      options.onHandler(handlerId);
      outcome = await runHandler(getHandler(deps, handlerId), message, {
        context: {
          tx,
          idempotencyKey: `${message.id}:${bindingId}`,
          thread,
          logger: deps.logger.child({
            handler: handlerId,
            mailboxId: message.mailboxId,
            messageId: message.id,
          }),
        },
        timeoutMs: deps.handlerTimeoutMs,
        signal,
      });
      await deps.deliveries.add(tx, message.id, { bindingId, outcome });
    }
    results.push({ handlerId, outcome });
  }
  return results;
}

function getHandler(deps: DeliveryDeps, handlerId: string) {
  const handler = deps.registry.find(handlerId);
  if (!handler) {
    throw new HandlerMissingError(
      `The mail handler '${handlerId}' is not installed`,
    );
  }
  return handler;
}
