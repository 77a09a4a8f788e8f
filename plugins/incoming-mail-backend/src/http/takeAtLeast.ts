// SPDX-License-Identifier: Apache-2.0

/**
 * Does some work and answers no sooner than after `ms`, whether it went well
 * or not: how long it took is then told only of what took longer.
 */
export async function takeAtLeast<T>(
  ms: number,
  work: () => Promise<T>,
): Promise<T> {
  const floor = new Promise<void>(resolve => {
    setTimeout(resolve, ms);
  });
  try {
    return await work();
  } finally {
    await floor;
  }
}
