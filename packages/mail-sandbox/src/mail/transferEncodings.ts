// SPDX-License-Identifier: Apache-2.0

/** Base64 in lines of 76 characters (RFC 2045 section 6.8), ended by CRLF. */
export function base64Lines(bytes: Buffer): string {
  const wrapped = bytes.toString('base64').match(/.{1,76}/g) ?? [];
  return wrapped.map(line => `${line}\r\n`).join('');
}

/** A line has 76 characters, the `=` of a soft break among them. */
const MAX_LINE = 75;

/**
 * Quoted-printable (RFC 2045 section 6.7) of text in UTF-8.
 *
 * @param text - its lines end with CRLF
 */
export function quotedPrintable(text: string): string {
  return text.split('\r\n').map(quotedLine).join('\r\n');
}

function quotedLine(line: string): string {
  const lines: string[] = [];
  let current = '';
  const bytes = Buffer.from(line);
  for (const [index, byte] of bytes.entries()) {
    const isLast = index === bytes.length - 1;
    const token = quotedByte(byte, isLast);
    if (current.length + token.length > MAX_LINE) {
      lines.push(`${current}=`);
      current = '';
    }
    current += token;
  }
  return [...lines, current].join('\r\n');
}

function quotedByte(byte: number, endsLine: boolean): string {
  const isSpace = byte === 0x20 || byte === 0x09;
  const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x3d;
  if (isPlain || (isSpace && !endsLine)) return String.fromCharCode(byte);
  return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
