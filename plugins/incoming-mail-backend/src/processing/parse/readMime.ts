// SPDX-License-Identifier: Apache-2.0
import {
  AttachmentStream,
  HeaderLines,
  MailParser,
  MessageText,
  parseAddressHeader,
} from 'mailparser';
import { HeaderLine } from './headerFields';

// The only file that knows mailparser.
//
// Its streaming parser is used, not `simpleParser`: it can be ended when it
// takes too long, its errors after the first are caught as well, and the header
// is known even of a mail whose body then goes beyond a bound. It gives the
// event loop back every 16 KiB, so a large mail does not keep others waiting.

/** The largest header block of the mail or of one of its parts. */
const MAX_HEADER_BYTES = 262_144;
/** The most parts; a part has a header block, so this also bounds how deep parts nest. */
const MAX_PARTS = 200;
/** A mail of 25 MiB takes about a second. */
const DEADLINE_MS = 60_000;

/** A part that is not text, decoded. */
export interface MimeAttachment {
  readonly filename?: string;
  readonly contentType: string;
  readonly contentId?: string;
  readonly content: Buffer;
}

/** What a mail is made of, nothing of it checked yet. */
export interface MimeContent {
  /** All plain text parts, and delivery reports. */
  readonly text: string;
  /** All HTML parts. */
  readonly html?: string;
  readonly attachments: readonly MimeAttachment[];
}

/** A mail taken apart; `broken` says in words why its body could not be. */
export type MimeReading =
  | {
      readonly kind: 'read';
      readonly header: readonly HeaderLine[];
      readonly content: MimeContent;
    }
  | {
      readonly kind: 'broken';
      /** As far as it was read. */
      readonly header: readonly HeaderLine[];
      readonly reason: string;
    };

class DeadlineError extends Error {}

/** Takes a mail apart. Never rejects for what is in it. */
export async function readMime(raw: Buffer): Promise<MimeReading> {
  const parser = new MailParser({
    maxHeadSize: MAX_HEADER_BYTES,
    maxChildNodes: MAX_PARTS,
    // A forwarded mail is an attachment; its text is not the sender's.
    ignoreEmbedded: true,
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    checksumAlgo: false,
  });
  let header: HeaderLines = [];
  parser.on('headerLines', lines => {
    header = lines;
  });
  const deadline = setTimeout(
    () => parser.destroy(new DeadlineError()),
    DEADLINE_MS,
  );
  try {
    const content = await collect(parser, raw);
    return { kind: 'read', header, content };
  } catch (error) {
    return { kind: 'broken', header, reason: reasonOf(error) };
  } finally {
    clearTimeout(deadline);
    parser.destroy();
  }
}

/**
 * Decodes the encoded words (RFC 2047) of a header value; the rest stays as it
 * is.
 */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) {
    return text;
  }
  // mailparser decodes display names, and a quoted string can hold any text.
  const quoted = text.replace(/["\\]/g, '\\$&');
  const { value } = parseAddressHeader(`"${quoted}" <a@localhost>`);
  return value[0]?.name ?? text;
}

function collect(parser: MailParser, raw: Buffer): Promise<MimeContent> {
  return new Promise((resolve, reject) => {
    const attachments: MimeAttachment[] = [];
    let text: MessageText | undefined;
    // Stays attached after the end: the parser may report more than one error,
    // and one that nobody hears ends the process.
    parser.on('error', reject);
    parser.on('data', part => {
      if (part.type === 'text') {
        text = part;
      } else {
        collectAttachment(part, attachments, reject);
      }
    });
    parser.on('end', () =>
      resolve({
        text: text?.text ?? '',
        ...(text?.html !== undefined && { html: text.html }),
        attachments,
      }),
    );
    parser.end(raw);
  });
}

function collectAttachment(
  part: AttachmentStream,
  attachments: MimeAttachment[],
  onError: (error: unknown) => void,
) {
  const chunks: Buffer[] = [];
  part.content.on('error', onError);
  part.content.on('data', chunk => chunks.push(chunk));
  part.content.on('end', () => {
    attachments.push({
      filename: part.filename,
      contentType: part.contentType,
      contentId: part.cid,
      content: Buffer.concat(chunks),
    });
    part.release?.();
  });
}

// The parser's own message may quote the mail: it is not passed on.
function reasonOf(error: unknown): string {
  if (error instanceof DeadlineError) {
    return 'Reading it took too long';
  }
  const code =
    typeof error === 'object' && error !== null && 'code' in error
      ? error.code
      : undefined;
  return code === 'EMAXLEN'
    ? `It has more than ${MAX_PARTS} parts, or a header of more than ${MAX_HEADER_BYTES} bytes`
    : 'Its structure is broken';
}
