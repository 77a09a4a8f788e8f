// SPDX-License-Identifier: Apache-2.0
import { WaitingMessage } from '../inbox';

/**
 * Splits waiting mails, in their order, into batches that are handled together.
 * Only first attempts are: after one that did not end, the mail may be what the
 * process dies of, and is tried alone. So is a mail that is run again: some of
 * its handlers may be done with it, and its conversation is settled then.
 */
export function toBatches(
  waiting: readonly WaitingMessage[],
  limits: { maxCount: number; maxBytes: number },
): WaitingMessage[][] {
  const batches: WaitingMessage[][] = [];
  let batch: WaitingMessage[] = [];
  let bytes = 0;
  for (const message of waiting) {
    const previous = batch.at(-1);
    const joins =
      previous !== undefined &&
      isFirstAttempt(previous) &&
      isFirstAttempt(message) &&
      batch.length < limits.maxCount &&
      bytes + message.sizeBytes <= limits.maxBytes;
    if (!joins) {
      batch = [];
      bytes = 0;
      batches.push(batch);
    }
    batch.push(message);
    bytes += message.sizeBytes;
  }
  return batches;
}

function isFirstAttempt({ attempts, threadId }: WaitingMessage): boolean {
  return attempts === 0 && threadId === undefined;
}
