// SPDX-License-Identifier: Apache-2.0
import { CustomErrorBase } from '@backstage/errors';

/** Why {@link withDeadline} gave up; the outside world just did not answer. */
export class DeadlineError extends CustomErrorBase {
  name = 'DeadlineError' as const;
}

/**
 * Waits for work, but not longer than `timeoutMs` and not beyond an abort,
 * however busy the other side keeps the line: a peer that sends one byte a
 * second defeats every inactivity timeout.
 *
 * The work gets a signal that tells it to stop. It then has one turn of the
 * event loop to end by itself, perhaps with an error that says more; after
 * that it is left behind, and whatever it does later is ignored.
 *
 * @throws DeadlineError when time is up, or the signal's reason on an abort
 */
export async function withDeadline<T>(
  options: { timeoutMs: number; signal?: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs, signal } = options;
  signal?.throwIfAborted();

  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(
    () => controller.abort(new DeadlineError(`Not done in ${timeoutMs} ms`)),
    timeoutMs,
  );
  const stopped = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener(
      'abort',
      () => setImmediate(() => reject(controller.signal.reason)),
      { once: true },
    );
  });

  try {
    return await Promise.race([work(controller.signal), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
