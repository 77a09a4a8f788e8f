// SPDX-License-Identifier: Apache-2.0
import { MessageRef } from '../transport';

/**
 * As many mails from the front as fit into memory together, but at least one.
 * A mail over the limit counts with what is kept of it.
 */
export function takeBatch(
  refs: readonly MessageRef[],
  limits: {
    maxCount: number;
    maxBytes: number;
    maxMessageBytes: number;
  },
): MessageRef[] {
  const batch: MessageRef[] = [];
  let bytes = 0;
  for (const ref of refs) {
    bytes += Math.min(ref.sizeBytes, limits.maxMessageBytes);
    const full = batch.length >= limits.maxCount || bytes > limits.maxBytes;
    if (batch.length > 0 && full) {
      break;
    }
    batch.push(ref);
  }
  return batch;
}
