// SPDX-License-Identifier: Apache-2.0
import { cutToBytes } from './boundedText';

/** The longest name in bytes of UTF-8. */
export const MAX_NAME_BYTES = 150;

// An extension longer than this is no extension, and is cut like the rest.
const MAX_EXTENSION_BYTES = 16;

// Control characters, line separators, and everything invisible or turning the
// direction: zero-width and bidirectional characters and the byte-order mark.
const INVISIBLE =
  // eslint-disable-next-line no-control-regex
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;
// What separates paths, drives and streams, and what shells and Windows refuse.
const RESERVED_CHARACTERS = /[/\\:*?"<>|]/g;
// Names of devices on Windows, whatever extension follows.
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * The display name of an attachment, whatever the mail called it: nothing
 * that is a path, a device or a hidden file, nothing invisible, bounded and
 * never empty. It is for people and for `Content-Disposition`; where bytes are
 * stored does not depend on it.
 */
export function attachmentName(
  claimed: string | undefined,
  contentType: string,
): string {
  const cleaned = (claimed ?? '')
    // A bound before anything is done with it; NFC never makes it shorter
    // than this leaves.
    .slice(0, 10 * MAX_NAME_BYTES)
    .replace(LONE_SURROGATE, '\ufffd')
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(RESERVED_CHARACTERS, '_')
    .replace(/\s+/g, ' ')
    // Hidden files and `..`; white space would shield the dots.
    .replace(/^[. ]+/, '')
    .replace(DEVICE, name => `_${name}`);
  const bounded = cutKeepingExtension(trimEnd(cleaned));
  return bounded || defaultName(contentType);
}

// Windows drops dots and spaces at the end: "a.exe ." would become "a.exe".
function trimEnd(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) {
    end -= 1;
  }
  return name.slice(0, end);
}

function cutKeepingExtension(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) {
    return name;
  }
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  const extensionBytes = Buffer.byteLength(extension);
  return extensionBytes > MAX_EXTENSION_BYTES
    ? trimEnd(cutToBytes(name, MAX_NAME_BYTES))
    : cutToBytes(
        name.slice(0, dot < 0 ? undefined : dot),
        MAX_NAME_BYTES - extensionBytes,
      ) + extension;
}

function defaultName(contentType: string): string {
  return contentType === 'message/rfc822' ? 'message.eml' : 'attachment';
}
