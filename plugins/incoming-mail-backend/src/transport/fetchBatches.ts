// SPDX-License-Identifier: Apache-2.0
import { MessageRef } from './types';

// Measured against Dovecot: larger batches fetch no faster, only hold more.
const MAX_MESSAGES = 200;
const MAX_BYTES = 16 * 1024 * 1024;

// From here on a mail comes alone: it is held twice while it is received.
const ALONE_FROM_BYTES = 5 * 1024 * 1024;

/**
 * Splits a listing into what is fetched, and can be stored, at one go: at most
 * 200 mails or 16 MB, large mails alone. Keeps the order. Who fetches batch by
 * batch needs no more memory for a long listing than for a short one.
 *
 * @param maxBytes - what a mail counts for at most, as the rest is not fetched
 */
export function fetchBatches(
  refs: readonly MessageRef[],
  maxBytes: number,
): MessageRef[][] {
  const batches: MessageRef[][] = [];
  let batch: MessageRef[] = [];
  let batchBytes = 0;
  for (const ref of refs) {
    const bytes = Math.min(ref.sizeBytes, maxBytes);
    const fits =
      batch.length < MAX_MESSAGES &&
      bytes < ALONE_FROM_BYTES &&
      batchBytes + bytes <= MAX_BYTES;
    if (!fits || batch.length === 0) {
      batch = [];
      batchBytes = 0;
      batches.push(batch);
    }
    batch.push(ref);
    // A large mail fills its batch up, so that nothing joins it.
    batchBytes += bytes < ALONE_FROM_BYTES ? bytes : Infinity;
  }
  return batches;
}
