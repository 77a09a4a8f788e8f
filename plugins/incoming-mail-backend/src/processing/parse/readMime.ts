// SPDX-License-Identifier: Apache-2.0
import libmime from 'libmime';
import { HeaderLine } from './headerFields';
import { assembleBody } from './mime/assembleBody';
import { decodeTransfer } from './mime/decodeTransfer';
import { readHeader } from './mime/readHeader';
import { splitEntities } from './mime/splitEntities';
import { MimeEntity, MimeLimitError } from './mime/types';

/** A part that is not text, decoded. It may share the memory of the mail. */
export interface MimeAttachment {
  readonly filename?: string;
  readonly contentType: string;
  readonly contentId?: string;
  readonly content: Buffer;
}

/** What a mail is made of, nothing of it checked yet. */
export interface MimeContent {
  /** The whole body as plain text. */
  readonly text: string;
  /** The whole body as HTML; absent where no part of it is. */
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

/**
 * Takes a mail apart. Never throws for what is in it; its work is bounded by
 * its size times the depth that parts may nest to.
 *
 * @param raw - not to be used afterwards; see {@link decodeTransfer}
 */
export function readMime(raw: Buffer): MimeReading {
  let root: MimeEntity;
  try {
    root = splitEntities(raw);
  } catch (error) {
    if (!(error instanceof MimeLimitError)) {
      throw error;
    }
    return { kind: 'broken', header: readRoot(raw), reason: error.message };
  }
  return {
    kind: 'read',
    header: root.header,
    content: {
      ...assembleBody(raw, root),
      attachments: listAttachments(raw, root),
    },
  };
}

/**
 * Decodes the encoded words (RFC 2047) of a header value; the rest stays as it
 * is.
 */
export function decodeWords(text: string): string {
  return text.includes('=?') ? libmime.decodeWords(text) : text;
}

// A header that is too long itself tells nothing.
function readRoot(raw: Buffer): readonly HeaderLine[] {
  try {
    return readHeader(raw, 0, raw.length).fields;
  } catch {
    return [];
  }
}

function listAttachments(raw: Buffer, entity: MimeEntity): MimeAttachment[] {
  if (entity.children.length > 0) {
    return entity.children.flatMap(child => listAttachments(raw, child));
  }
  if (!entity.isAttachment) {
    return [];
  }
  const { filename, contentId, mediaType, encoding, start, end } = entity;
  return [
    {
      ...(filename !== undefined && { filename }),
      contentType: mediaType,
      ...(contentId !== undefined && { contentId }),
      content: decodeTransfer(raw.subarray(start, end), encoding),
    },
  ];
}
