// SPDX-License-Identifier: Apache-2.0

// setTimeout counts in 32 bits and fires at once above that.
const MAX_TIMEOUT_MS = 2_147_483_647;

/** Waits, at most 24.8 days; resolves early, without an error, when aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) {
    return Promise.resolve();
  }
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', wakeEarly);
      resolve();
    }, Math.min(Math.max(ms, 0), MAX_TIMEOUT_MS));
    function wakeEarly() {
      clearTimeout(timer);
      resolve();
    }
    signal?.addEventListener('abort', wakeEarly, { once: true });
  });
}
