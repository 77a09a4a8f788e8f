// SPDX-License-Identifier: Apache-2.0
import {
  IncomingMessage,
  MailAddress,
  MailAttachment,
  MailHeaderField,
} from '@postroom/plugin-incoming-mail-node';
import { MessageHead, WaitingMessage } from '../../inbox';
import { attachmentName } from './attachmentName';
import { toOneLine, toText } from './boundedText';
import {
  fieldValue,
  fieldValues,
  firstFieldValue,
  HeaderLine,
} from './headerFields';
import { parseAddressList, parseFrom } from './mailAddress';
import { parseMailDate } from './mailDate';
import { parseMessageIds } from './messageIds';
import { decodeWords, MimeAttachment, MimeContent, readMime } from './readMime';

/** The longest text and the longest HTML, in bytes of UTF-8. */
export const MAX_BODY_BYTES = 1_048_576;
/** The longest subject (RFC 5322 section 2.1.1 bounds a line to it). */
export const MAX_SUBJECT_LENGTH = 998;
/** The most addresses in each of To, Cc and Reply-To. */
export const MAX_ADDRESSES = 100;
/** The most Message-IDs in each of In-Reply-To and References. */
export const MAX_REFERENCES = 50;

/** The most header fields, and the longest value of one. */
export const MAX_HEADER_FIELDS = 500;
const MAX_HEADER_VALUE_LENGTH = 998;
const MAX_HEADER_NAME_LENGTH = 100;

const MAX_ENCODED_SUBJECT_LENGTH = 16_384;
const MAX_CONTENT_ID_LENGTH = 255;

/**
 * What became of the bytes of a mail.
 *
 * `unreadable` is final: the same bytes will not read better next time. It is
 * what has no header that makes it a mail, goes beyond a bound, or breaks the
 * parser. `reason` is a sentence for the mail log; `head` is what could be
 * read all the same.
 */
export type ParseVerdict =
  | {
      readonly kind: 'parsed';
      readonly message: IncomingMessage;
      readonly head: MessageHead;
    }
  | {
      readonly kind: 'unreadable';
      readonly reason: string;
      readonly head: MessageHead;
    };

/**
 * Reads a mail. Everything in the result is decoded, bounded, scrubbed and
 * frozen, and nothing of it is trusted. Never throws for what the mail holds.
 *
 * @param raw - the mail as it came from the server, or its beginning
 */
export async function parseMessage(
  raw: Buffer,
  waiting: WaitingMessage,
  options: { projectRef?: string },
): Promise<ParseVerdict> {
  const reading = readMime(raw);
  const facts = toHeaderFacts(reading.header);
  const head = toHead(facts);
  if (reading.kind === 'broken') {
    return { kind: 'unreadable', reason: reading.reason, head };
  }
  if (!isMail(reading.header)) {
    return {
      kind: 'unreadable',
      reason:
        'It has none of the header fields From, Date, Subject and Message-ID',
      head,
    };
  }
  const message = Object.freeze({
    id: waiting.id,
    mailboxId: waiting.mailboxId,
    ...(options.projectRef !== undefined && { projectRef: options.projectRef }),
    acceptedAt: waiting.acceptedAt,
    sizeBytes: waiting.sizeBytes,
    truncated: waiting.truncated,
    ...facts,
    ...toContentFacts(reading.content),
  });
  return { kind: 'parsed', message, head };
}

// RFC 5322 section 3.6 demands From and Date. Mail that exists lacks one or the
// other; what lacks all four is something else: a text, a picture, a bounce
// that was cut.
function isMail(header: readonly HeaderLine[]): boolean {
  const telling = ['from', 'date', 'subject', 'message-id'];
  return header.some(field => telling.includes(field.key));
}

function toHead(facts: { from?: MailAddress; subject: string }): MessageHead {
  const { from, subject } = facts;
  const sender =
    from?.name && from.address
      ? `${from.name} <${from.address}>`
      : from?.name ?? from?.address;
  return {
    ...(subject && { subject }),
    ...(sender && { sender }),
  };
}

function toSubject(header: readonly HeaderLine[]): string {
  const encoded = (firstFieldValue(header, 'subject') ?? '').slice(
    0,
    MAX_ENCODED_SUBJECT_LENGTH,
  );
  return toOneLine(decodeWords(encoded), MAX_SUBJECT_LENGTH);
}

function toHeaderField(field: HeaderLine): MailHeaderField {
  const encoded = fieldValue(field).slice(0, MAX_ENCODED_SUBJECT_LENGTH);
  return Object.freeze({
    name: toOneLine(field.key, MAX_HEADER_NAME_LENGTH),
    value: toOneLine(decodeWords(encoded), MAX_HEADER_VALUE_LENGTH),
  });
}

function toHeaderFacts(header: readonly HeaderLine[]) {
  const from = parseFrom(fieldValues(header, 'from'), decodeWords);
  const sentAt = parseMailDate(firstFieldValue(header, 'date') ?? '');
  const [messageId] = listIds(header, 'message-id');
  const listAddresses = (name: string) =>
    Object.freeze(
      parseAddressList(fieldValues(header, name), {
        limit: MAX_ADDRESSES,
        decodeWords,
      }),
    );
  return {
    ...(from && { from }),
    ...(sentAt && { sentAt }),
    ...(messageId !== undefined && { messageId }),
    subject: toSubject(header),
    headers: Object.freeze(
      header.slice(0, MAX_HEADER_FIELDS).map(toHeaderField),
    ),
    // The newest matter most for finding the conversation.
    inReplyTo: Object.freeze(
      listIds(header, 'in-reply-to').slice(-MAX_REFERENCES),
    ),
    references: Object.freeze(
      listIds(header, 'references').slice(-MAX_REFERENCES),
    ),
    replyTo: listAddresses('reply-to'),
    to: listAddresses('to'),
    cc: listAddresses('cc'),
  };
}

function listIds(header: readonly HeaderLine[], name: string): string[] {
  return fieldValues(header, name)
    .flatMap(parseMessageIds)
    .map(id => toOneLine(id, id.length));
}

function toContentFacts(content: MimeContent) {
  const html = toText(content.html ?? '', MAX_BODY_BYTES);
  return {
    text: toText(content.text, MAX_BODY_BYTES),
    ...(html.trim() !== '' && { html }),
    attachments: Object.freeze(content.attachments.map(toAttachment)),
  };
}

// RFC 6838 section 4.2.
const MEDIA_TYPE =
  /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

function toAttachment(part: MimeAttachment): MailAttachment {
  const claimed = part.contentType.trim().toLowerCase();
  const contentType = MEDIA_TYPE.test(claimed)
    ? claimed
    : 'application/octet-stream';
  const contentId = toOneLine(part.contentId ?? '', MAX_CONTENT_ID_LENGTH);
  return Object.freeze({
    name: attachmentName(part.filename, contentType),
    contentType,
    sizeBytes: part.content.length,
    ...(contentId && { contentId }),
    content: part.content,
  });
}
