// SPDX-License-Identifier: Apache-2.0
import { WaitingMessage } from '../../inbox';

/** A mail as bytes. Lines end in CRLF; a body given as bytes stays as it is. */
export function rawMail(
  header: readonly string[],
  body: string | Buffer = 'Hello\r\n',
): Buffer {
  return Buffer.concat([
    Buffer.from(`${header.join('\r\n')}\r\n\r\n`, 'latin1'),
    typeof body === 'string' ? Buffer.from(lines(body)) : body,
  ]);
}

/** The header of an ordinary mail. */
export const ordinaryHeader = [
  'From: Ann Example <ann@example.com>',
  'To: project@example.com',
  'Date: Tue, 1 Jan 2030 12:00:00 +0100',
  'Message-ID: <one@mail.example>',
  'Subject: A question',
  'MIME-Version: 1.0',
];

/** A part of a multipart body. */
export function part(header: readonly string[], body: string | Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(header.length > 0 ? `${header.join('\r\n')}\r\n\r\n` : '\r\n'),
    typeof body === 'string' ? Buffer.from(lines(body)) : body,
  ]);
}

/** A multipart body with the given boundary. */
export function multipart(boundary: string, parts: readonly Buffer[]): Buffer {
  return Buffer.concat([
    ...parts.flatMap(one => [
      Buffer.from(`--${boundary}\r\n`),
      one,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}

/** What is known of a mail before it is read. */
export function aWaitingMessage(
  fields: Partial<WaitingMessage> = {},
): WaitingMessage {
  return {
    id: 'message-1',
    mailboxId: 'mailbox-1',
    acceptedAt: new Date('2030-01-01T12:00:05Z'),
    sizeBytes: 1_000,
    truncated: false,
    attempts: 0,
    ...fields,
  };
}

function lines(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}
