// SPDX-License-Identifier: Apache-2.0
import { TransferEncoding } from './types';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const EQUALS = 0x3d;

/**
 * Undoes a transfer encoding (RFC 2045 section 6). What does not belong to the
 * encoding is passed over (base64) or kept as it is (quoted-printable). The
 * result is never longer than `bytes`, and may share its memory.
 *
 * @param bytes - not to be used afterwards: what is large is decoded where it
 *   stands
 */
export function decodeTransfer(
  bytes: Buffer,
  encoding: TransferEncoding,
): Buffer {
  switch (encoding) {
    case 'base64':
      return decodeBase64(bytes);
    case 'quoted-printable':
      return decodeQuotedPrintable(bytes);
    default:
      return bytes;
  }
}

// From here on the decoder of Node, which works on text, would cost more than
// twice the memory of the part.
const LARGE_BYTES = 1_048_576;

const ALPHABET =
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 64;
const FOREIGN = 65;

/** What each byte stands for. */
const SEXTETS = new Uint8Array(256).fill(FOREIGN);
[...ALPHABET].forEach((letter, at) => {
  SEXTETS[letter.charCodeAt(0)] = at;
});
// Node takes the alphabet for URLs (RFC 4648 section 5) as well.
SEXTETS['-'.charCodeAt(0)] = 62;
SEXTETS['_'.charCodeAt(0)] = 63;
SEXTETS[EQUALS] = PADDING;

function decodeBase64(bytes: Buffer): Buffer {
  return bytes.length < LARGE_BYTES
    ? decodeText(bytes.toString('latin1'))
    : decodeInPlace(bytes);
}

/** As {@link decodeText} does, over the very bytes that are decoded. */
function decodeInPlace(bytes: Buffer): Buffer {
  let length = 0;
  let bits = 0;
  let count = 0;
  // One more than there are: the end is an end like padding.
  for (let at = 0; at <= bytes.length; at += 1) {
    const sextet = at < bytes.length ? SEXTETS[bytes[at]] : PADDING;
    if (sextet < PADDING) {
      bits = (bits << 6) | sextet;
      count += 1;
      if (count === 4) {
        bytes[length] = bits >> 16;
        bytes[length + 1] = bits >> 8;
        bytes[length + 2] = bits;
        length += 3;
        bits = 0;
        count = 0;
      }
    } else if (sextet === PADDING) {
      // Two characters hold one byte, three hold two.
      for (let left = count - 1, from = count * 6; left > 0; left -= 1) {
        from -= 8;
        bytes[length] = bits >> from;
        length += 1;
      }
      bits = 0;
      count = 0;
    }
  }
  return bytes.subarray(0, length);
}

function decodeText(text: string): Buffer {
  const padding = text.indexOf('=');
  if (padding < 0 || /^[=\s]*$/.test(text.slice(padding))) {
    return Buffer.from(text, 'base64');
  }
  // Several encodings one after the other: the decoder would end at the first
  // padding.
  return Buffer.concat(
    text
      .split(/=+/)
      .filter(block => block !== '')
      .map(block => Buffer.from(block, 'base64')),
  );
}

function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let at = 0;
  while (at < bytes.length) {
    const lf = bytes.indexOf(LF, at);
    const next = lf < 0 ? bytes.length : lf + 1;
    let end = lf < 0 ? next : lf;
    const hasCr = end > at && bytes[end - 1] === CR;
    if (hasCr) {
      end -= 1;
    }
    // Rule 3: white space at the end of a line was added on the way.
    while (end > at && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) {
      end -= 1;
    }
    // Rule 5: the line goes on.
    const isSoft = end > at && bytes[end - 1] === EQUALS;
    length = decodeLine(bytes, at, isSoft ? end - 1 : end, out, length);
    if (!isSoft && lf >= 0) {
      if (hasCr) {
        out[length] = CR;
        length += 1;
      }
      out[length] = LF;
      length += 1;
    }
    at = next;
  }
  return out.subarray(0, length);
}

function decodeLine(
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  outStart: number,
): number {
  let length = outStart;
  let at = start;
  while (at < end) {
    let byte = bytes[at];
    at += 1;
    if (byte === EQUALS && at + 1 < end) {
      const value = hexValue(bytes[at]) * 16 + hexValue(bytes[at + 1]);
      if (value >= 0) {
        byte = value;
        at += 2;
      }
    }
    out[length] = byte;
    length += 1;
  }
  return length;
}

/** Of a hexadecimal digit in any case; far below zero for everything else. */
function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) {
    return byte - 0x30;
  }
  const upper = byte & 0xdf;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : -1000;
}
