// SPDX-License-Identifier: Apache-2.0

/** Resolves after so many milliseconds. */
export function pause(ms) {
  return new Promise(resolve => {
    setTimeout(resolve, ms);
  });
}

/**
 * Asks until the answer is something, or time is up.
 *
 * @returns the answer; undefined where there was none in time
 */
export async function ask(question, { timeoutMs, everyMs = 50 }) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await question();
    if (answer || Date.now() > deadline) {
      return answer || undefined;
    }
    await pause(everyMs);
  }
}

/** @throws with `what` where a promise does not settle in time */
export async function within(promise, timeoutMs, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Waited ${timeoutMs / 1000} s in vain: ${what}`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
