// SPDX-License-Identifier: Apache-2.0
import type { DirectionPlan } from './FaultPlan';

/** How often in a second a limited bandwidth moves something. */
const SLICES_PER_SECOND = 20;

/**
 * Cuts a chunk into the segments that a plan asks for.
 *
 * @param offset - of the chunk in its stream
 */
export function* segmentsOf(
  chunk: Buffer,
  offset: number,
  { segmentBytes = Infinity, splitAt = [], bytesPerSecond }: DirectionPlan,
): Generator<Buffer> {
  const slice = bytesPerSecond
    ? Math.max(1, Math.floor(bytesPerSecond / SLICES_PER_SECOND))
    : Infinity;
  const most = Math.max(1, Math.min(segmentBytes, slice));
  let from = 0;
  while (from < chunk.length) {
    const here = offset + from;
    const next = splitAt.find(at => at > here) ?? Infinity;
    const size = Math.min(most, next - here, chunk.length - from);
    yield chunk.subarray(from, from + size);
    from += size;
  }
}
