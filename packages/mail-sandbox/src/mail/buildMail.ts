// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { encodeWords } from './encodedWords';
import { headerValue } from './headers';
import { base64Lines } from './transferEncodings';

/** What a person typed, and what it answers. */
export interface MailDraft {
  /** `ada@example.com` or `Ada Lovelace <ada@example.com>`. */
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The whole message that is answered. */
  readonly inReplyTo?: Buffer;
}

/** An address that is safe to write into a header. */
const ADDRESS = /^[^\s<>"(),;:\\@]+@[^\s<>"(),;:\\@]+$/;

/** Older references are dropped beyond this, the first one never. */
const MAX_REFERENCES = 30;

/** Splits `Name <address>`; `undefined` if there is no address in it. */
export function parseSender(
  text: string,
): { name: string; address: string } | undefined {
  const bracketed = /^(.*)<([^<>]*)>$/.exec(text.trim());
  const address = (bracketed ? bracketed[2] : text).trim();
  if (!ADDRESS.test(address)) return undefined;
  const name = (bracketed?.[1] ?? '').trim().replace(/^"(.*)"$/, '$1');
  return { name, address };
}

/**
 * Builds a correct mail of plain text: ASCII headers with encoded words,
 * CRLF, a body in base64 when it is not plain ASCII, and the threading headers
 * of RFC 5322 section 3.6.4 for a reply.
 *
 * @returns `undefined` if the sender is no address.
 */
export function buildMail(draft: MailDraft, date: Date): Buffer | undefined {
  const sender = parseSender(draft.from);
  if (!sender) return undefined;
  const domain = /^[\x21-\x7e]+$/.test(sender.address)
    ? sender.address.split('@')[1]
    : 'localhost';
  const { encoding, body } = encodeBody(draft.text);
  const headers = [
    `Date: ${mailDate(date)}`,
    `Message-ID: <${randomUUID()}@${domain}>`,
    `From: ${
      sender.name
        ? `${phrase(sender.name)} <${sender.address}>`
        : sender.address
    }`,
    `To: ${draft.to}`,
    `Subject: ${encodeWords(oneLine(draft.subject))}`,
    ...threading(draft.inReplyTo),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  return Buffer.from(`${headers.join('\r\n')}\r\n\r\n${body}`);
}

/** A line break in a header would start another header. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

function phrase(name: string): string {
  const encoded = encodeWords(oneLine(name));
  if (encoded.startsWith('=?')) return encoded;
  return `"${encoded.replace(/(["\\])/g, '\\$1')}"`;
}

/** RFC 5322 section 3.3, in UTC. */
function mailDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

function threading(answered: Buffer | undefined): string[] {
  const id = answered && messageIds(headerValue(answered, 'Message-ID'))[0];
  if (!answered || !id) return [];
  const [first, ...rest] = [
    ...messageIds(
      headerValue(answered, 'References') ??
        headerValue(answered, 'In-Reply-To'),
    ),
    id,
  ];
  const references = [first, ...rest.slice(-(MAX_REFERENCES - 1))];
  return [`In-Reply-To: ${id}`, `References: ${references.join('\r\n ')}`];
}

/** Only what looks like a message id may get into a header of ours. */
function messageIds(value: string | undefined): string[] {
  return value?.match(/<[\x21-\x3b\x3d\x3f-\x7e]+>/g) ?? [];
}

function encodeBody(text: string): { encoding: string; body: string } {
  const lines = text.split(/\r\n|\r|\n/);
  const body = `${lines.join('\r\n')}\r\n`;
  // 998 is the longest line of RFC 5322 section 2.1.1.
  const plain =
    /^[\t\r\n\x20-\x7e]*$/.test(body) &&
    lines.every(line => line.length <= 998);
  if (plain) return { encoding: '7bit', body };
  return { encoding: 'base64', body: base64Lines(Buffer.from(body)) };
}
