// SPDX-License-Identifier: Apache-2.0
import { isError } from '@backstage/errors';
import {
  AnyMailHandler,
  HandlerContext,
  HandlerOutcome,
  IncomingMessage,
} from '@postroom/plugin-incoming-mail-node';
import { z } from 'zod';
import { toOneLine } from '../parse/boundedText';
import { frozenMessage } from './frozenMessage';

/** Thrown when a handler's deadline has passed. */
export class HandlerTimedOutError extends Error {
  name = 'HandlerTimedOutError' as const;
}

/** Thrown when the work was given up while a handler ran. */
export class HandlerAbortedError extends Error {
  name = 'HandlerAbortedError' as const;
}

const MAX_TARGET_LENGTH = 200;
const MAX_REASON_LENGTH = 300;

// A handler is code of others: what it answers goes into columns and pages.
const targetSchema = z
  .string()
  .min(1)
  .max(MAX_TARGET_LENGTH)
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\x00-\x1f\x7f-\x9f]+$/);
const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('created'), target: targetSchema }),
  z.object({ kind: z.literal('commented'), target: targetSchema }),
  z.object({
    kind: z.literal('ignored'),
    reason: z.string().transform(text => toOneLine(text, MAX_REASON_LENGTH)),
  }),
]);

/**
 * Calls a handler and waits for it, but not longer than its deadline. A handler
 * that is late keeps running until it notices its signal; its transaction is
 * rolled back by whoever opened it, so that it cannot write any more.
 *
 * @throws HandlerTimedOutError
 * @throws HandlerAbortedError where `signal` was aborted
 * @throws whatever error the handler throws, unchanged: a deadlock must be
 *   recognized as one and run again
 */
export async function runHandler(
  handler: AnyMailHandler,
  message: IncomingMessage,
  options: {
    context: Omit<HandlerContext<unknown>, 'signal'>;
    timeoutMs: number;
    signal: AbortSignal;
  },
): Promise<HandlerOutcome> {
  const { context, timeoutMs, signal } = options;
  if (signal.aborted) {
    throw new HandlerAbortedError('The work was given up');
  }
  const ending = new AbortController();
  let stopWaiting = () => {};
  const ended = new Promise<never>((_resolve, reject) => {
    const end = (error: Error) => {
      ending.abort(error);
      reject(error);
    };
    const timer = setTimeout(
      () => end(new HandlerTimedOutError(`No end after ${timeoutMs} ms`)),
      timeoutMs,
    );
    const onAbort = () => end(new HandlerAbortedError('The work was given up'));
    signal.addEventListener('abort', onAbort, { once: true });
    stopWaiting = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
  });
  try {
    const outcome: unknown = await Promise.race([
      // A handler that is not async may throw at once: it ends up here too.
      (async () =>
        handler.handle(frozenMessage(message), {
          ...context,
          // Whatever they are, they are what the handler made of them.
          settings: context.settings as never,
          signal: ending.signal,
        }))(),
      ended,
    ]);
    return outcomeSchema.parse(outcome);
  } catch (error) {
    // knex takes a rejection with nothing for a wanted rollback, and resolves.
    throw isError(error)
      ? error
      : new Error('The handler threw something that is no error');
  } finally {
    stopWaiting();
  }
}
