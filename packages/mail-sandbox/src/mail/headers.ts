// SPDX-License-Identifier: Apache-2.0

/** A header field as it stands in a message; the value is unfolded. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** Enough for any sane header; the rest of a giant one is not looked at. */
const MAX_HEADER_BYTES = 256 * 1024;

/**
 * Where the header of a message ends: the offset of the first byte of the
 * body. The whole length if there is no empty line.
 */
export function bodyOffset(raw: Buffer): number {
  if (raw[0] === 0x0a) return 1;
  if (raw[0] === 0x0d && raw[1] === 0x0a) return 2;
  const crlf = raw.indexOf('\r\n\r\n');
  const lf = raw.indexOf('\n\n');
  if (crlf === -1 && lf === -1) return raw.length;
  if (lf === -1 || (crlf !== -1 && crlf < lf)) return crlf + 4;
  return lf + 2;
}

/**
 * The header fields of a message in their order, bytes as Latin-1 characters.
 * Encoded words (RFC 2047) stay encoded. Lines that are no header are left out.
 */
export function headerFields(raw: Buffer): HeaderField[] {
  const end = Math.min(bodyOffset(raw), MAX_HEADER_BYTES);
  const unfolded = raw
    .toString('latin1', 0, end)
    .replace(/\r?\n(?=[ \t])/g, '');
  return unfolded.split(/\r?\n/).flatMap(line => {
    const colon = line.indexOf(':');
    if (colon < 1) return [];
    const name = line.slice(0, colon).trim();
    return { name, value: line.slice(colon + 1).trim() };
  });
}

/** The value of the first field of that name; the case does not matter. */
export function headerValue(raw: Buffer, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headerFields(raw).find(field => field.name.toLowerCase() === wanted)
    ?.value;
}
