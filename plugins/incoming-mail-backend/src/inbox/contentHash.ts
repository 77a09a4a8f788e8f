// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

// What its sender made of a mail. The trace that servers put on top differs
// between copies that came by different ways, as with a forwarding rule.
const FIELDS = [
  'from',
  'to',
  'cc',
  'date',
  'subject',
  'message-id',
  'in-reply-to',
  'references',
];

// Of a larger header nobody waits for the end.
const MAX_HEAD_BYTES = 262_144;

/**
 * SHA-256, in base64url, of what makes two mails copies of one: the fields that
 * its sender wrote, and every byte of the body. A Message-ID alone does not:
 * anybody can send one that is expected in another mail.
 *
 * @param raw - a whole mail
 * @returns undefined for a mail without a Message-ID (RFC 5322 section 3.6.4):
 *   such mails may be meant to be equal, as those of a machine
 */
export function contentHash(raw: Buffer): string | undefined {
  const { head, body } = split(raw);
  const fields = readFields(head);
  if (!fields.some(([name, value]) => name === 'message-id' && value !== '')) {
    return undefined;
  }
  const wanted = FIELDS.map(wantedName =>
    fields.filter(([name]) => name === wantedName).map(([, value]) => value),
  );
  return createHash('sha256')
    .update(JSON.stringify(wanted))
    .update('\n')
    .update(body)
    .digest('base64url');
}

function split(raw: Buffer): { head: string; body: Buffer } {
  const start = raw.subarray(0, MAX_HEAD_BYTES).toString('latin1');
  const end = /(?:^|\r?\n)\r?\n/.exec(start);
  const at = end ? end.index + end[0].length : start.length;
  return {
    head: start.slice(0, end ? end.index : at),
    body: raw.subarray(at),
  };
}

/** Names in lower case, and values without folding (RFC 5322 section 2.2.3). */
function readFields(head: string): Array<[name: string, value: string]> {
  return head.split(/\r?\n(?![ \t])/).map(field => {
    const colon = field.indexOf(':');
    return [
      field.slice(0, Math.max(0, colon)).trim().toLowerCase(),
      field
        .slice(colon + 1)
        .replace(/\s+/g, ' ')
        .trim(),
    ];
  });
}
