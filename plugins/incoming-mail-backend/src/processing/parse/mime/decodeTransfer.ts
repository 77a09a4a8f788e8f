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

function decodeBase64(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
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
