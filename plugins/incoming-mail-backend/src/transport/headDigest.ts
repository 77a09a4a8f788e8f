// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** More of a header is neither asked for nor looked at. */
export const MAX_HEAD_BYTES = 262_144;

const BLANK_LINE = Buffer.from('\r\n\r\n');

/**
 * SHA-256, in base64url, of a mail's header without the blank line that ends
 * it. Two mails with one header are copies of one: it holds the Message-ID,
 * and the trace that the receiving server put on top (RFC 5321 section 4.4).
 *
 * @param raw - the mail, or its beginning; POP3's TOP with or without lines of
 *   the body gives the same digest
 */
export function headDigest(raw: Buffer): string {
  const end = raw.subarray(0, MAX_HEAD_BYTES).indexOf(BLANK_LINE);
  const head =
    end === -1
      ? trimLineEnd(raw.subarray(0, MAX_HEAD_BYTES))
      : raw.subarray(0, end);
  return createHash('sha256').update(head).digest('base64url');
}

// What a server sends of a mail without a body may end after the last field.
function trimLineEnd(head: Buffer): Buffer {
  return head.subarray(-2).toString('latin1') === '\r\n'
    ? head.subarray(0, -2)
    : head;
}
