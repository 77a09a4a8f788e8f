// SPDX-License-Identifier: Apache-2.0

/** Thrown where the backend let a call wait too long. */
export class DeadlineError extends Error {
  override name = 'DeadlineError';
}

/**
 * Runs `work` with a signal that ends when the caller's does, or after
 * `deadlineMs`; the latter throws a {@link DeadlineError}.
 *
 * `AbortSignal.any` and `AbortSignal.timeout` would do the same, but are newer
 * than the browsers that Backstage supports.
 */
export async function withDeadline<T>(
  deadlineMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    abort();
  }, deadlineMs);
  outer?.addEventListener('abort', abort);
  if (outer?.aborted) {
    abort();
  }
  try {
    return await work(controller.signal);
  } catch (error) {
    if (late) {
      throw new DeadlineError(
        `The backend did not answer within ${deadlineMs} ms`,
      );
    }
    throw error;
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}
