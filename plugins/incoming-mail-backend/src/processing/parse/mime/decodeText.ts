// SPDX-License-Identifier: Apache-2.0
import { isUtf8 } from 'node:buffer';
import charsets from 'libmime/lib/charset';

/** How far into an HTML part its own word on the charset is looked for. */
const META_BYTES = 1024;
const META_CHARSET = /<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-z0-9_:.-]+)/i;

// Names that say nothing (RFC 1428 for the first), or no more than "seven bits".
const UNTOLD =
  /^(?:unknown-8bit|x-unknown|unknown|default|x-user-defined|us-ascii|ascii|ansi_x3\.4-1968|)$/;

/**
 * The text of a part's bytes. The charset is believed where it tells one;
 * otherwise the bytes are UTF-8 where they can be, and windows-1252, which
 * nothing is invalid in, where they cannot. Never throws; what has no meaning
 * in the charset becomes U+FFFD.
 */
export function decodeText(
  bytes: Buffer,
  { charset, isHtml }: { charset?: string; isHtml: boolean },
): string {
  const told =
    tellingName(charset) ?? (isHtml ? metaCharset(bytes) : undefined);
  const text = decodeIn(bytes, told ?? guess(bytes));
  // A byte-order mark is not part of the text.
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function tellingName(charset: string | undefined): string | undefined {
  const name = (charset ?? '').trim().toLowerCase();
  return UNTOLD.test(name) ? undefined : name;
}

function metaCharset(bytes: Buffer): string | undefined {
  const found = META_CHARSET.exec(bytes.toString('latin1', 0, META_BYTES))?.[1];
  return tellingName(found);
}

function guess(bytes: Buffer): string {
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
}

function decodeIn(bytes: Buffer, charset: string): string {
  switch (charset) {
    case 'utf-8':
    case 'utf8':
      return bytes.toString('utf8');
    // What is sent under this name is windows-1252 (WHATWG Encoding, section
    // 4.2), which has typographic quotes where this one has controls.
    case 'iso-8859-1':
    case 'latin1':
      return charsets.decode(bytes, 'windows-1252');
    default: {
      // A name that the library does not know is decoded as UTF-8 by it.
      const text = charsets.decode(bytes, charset);
      return text.includes('\ufffd') && !isUtf8(bytes) && !isKnown(charset)
        ? charsets.decode(bytes, 'windows-1252')
        : text;
    }
  }
}

function isKnown(charset: string): boolean {
  return charsets.createDecodeStream(charset).supported;
}
