// SPDX-License-Identifier: Apache-2.0
import { PlainError } from './plainly.mjs';

const RETRY_MS = 250;

async function answers(url, signal) {
  try {
    const response = await fetch(url, { signal });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not listening yet, or the deadline, which the loop looks at.
    return false;
  }
}

/**
 * Waits until an address answers with a 2xx status.
 *
 * @param {string} url
 * @param {object} options
 * @param {string} options.what - for the message: 'The backend'
 * @param {number} options.timeoutMs
 * @param {AbortSignal} [options.signal] - ends the waiting early, without an error
 * @returns {Promise<boolean>} false where the signal ended it
 */
export async function waitForAnswer(url, { what, timeoutMs, signal }) {
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([deadline, signal]) : deadline;
  while (!either.aborted) {
    if (await answers(url, either)) {
      return true;
    }
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
  if (signal?.aborted) {
    return false;
  }
  throw new PlainError(
    `${what} does not answer at ${url} after ${timeoutMs / 1000} seconds.`,
  );
}
