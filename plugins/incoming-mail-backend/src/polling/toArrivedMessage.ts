// SPDX-License-Identifier: Apache-2.0
import { ArrivedMessage } from '../inbox';
import { FetchedMessage, headDigest } from '../transport';

/** A mail that was fetched, as the inbox accepts it. */
export function toArrivedMessage({
  ref,
  raw,
  truncated,
}: FetchedMessage): ArrivedMessage {
  return {
    ...ref,
    headDigest: ref.headDigest ?? headDigest(raw),
    raw,
    truncated,
  };
}
