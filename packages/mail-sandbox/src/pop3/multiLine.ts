// SPDX-License-Identifier: Apache-2.0

const CRLF = Buffer.from('\r\n');
const DOT = Buffer.from('.');
/** What a line that begins with a dot looks like from the end of the last one. */
const DOTTED_LINE = Buffer.from('\r\n.');
const LF = 0x0a;
const CR = 0x0d;

/** What ends a multi-line reply. */
export const TERMINATOR = Buffer.from('.\r\n');

/**
 * Writes bytes as the text of a multi-line reply (RFC 1939 section 3): a dot
 * more on each line that begins with one, and a line end at the end. Lines are
 * those that CRLF ends; lone CR and LF pass as they are.
 */
export function dotStuff(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  const pieces: Buffer[] = bytes[0] === DOT[0] ? [DOT] : [];
  let from = 0;
  for (;;) {
    const at = bytes.indexOf(DOTTED_LINE, from);
    if (at === -1) break;
    pieces.push(bytes.subarray(from, at + CRLF.length), DOT);
    from = at + CRLF.length;
  }
  pieces.push(bytes.subarray(from));
  if (!bytes.subarray(-CRLF.length).equals(CRLF)) pieces.push(CRLF);
  return Buffer.concat(pieces);
}

/** Turns each LF that no CR stands before into CRLF. */
export function repairLineEnds(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (;;) {
    const at = bytes.indexOf(LF, from);
    if (at === -1) break;
    const isLone = at === 0 || bytes[at - 1] !== CR;
    pieces.push(
      bytes.subarray(from, at),
      isLone ? CRLF : bytes.subarray(at, at + 1),
    );
    from = at + 1;
  }
  return Buffer.concat([...pieces, bytes.subarray(from)]);
}

/**
 * The header of a message, the empty line after it and the first lines of the
 * body (TOP, RFC 1939 section 7). Any LF ends a line here.
 */
export function topOf(bytes: Buffer, bodyLines: number): Buffer {
  let from = 0;
  let left: number | undefined;
  while (from < bytes.length && left !== 0) {
    const end = bytes.indexOf(LF, from);
    const next = end === -1 ? bytes.length : end + 1;
    if (left !== undefined) left -= 1;
    else if (isEmptyLine(bytes.subarray(from, next))) left = bodyLines;
    from = next;
  }
  return bytes.subarray(0, from);
}

function isEmptyLine(line: Buffer): boolean {
  return line[0] === LF || (line[0] === CR && line[1] === LF);
}
