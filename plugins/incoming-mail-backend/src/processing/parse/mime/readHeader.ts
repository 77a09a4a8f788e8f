// SPDX-License-Identifier: Apache-2.0
import { HeaderLine } from '../headerFields';
import { MimeLimitError } from './types';

/** The largest header block of the mail or of one of its parts. */
export const MAX_HEADER_BYTES = 262_144;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

// RFC 5322 section 2.2: printable ASCII without the colon. White space before
// the colon is obsolete (section 4.5.8), and still seen.
const FIELD = /^([!-9;-~]+)[ \t]*:/;
// What mbox files put before a mail.
const MBOX_LINE = /^>?From /;

/** A header block, and where the body begins. */
export interface ReadHeader {
  readonly fields: readonly HeaderLine[];
  readonly bodyStart: number;
}

interface Line {
  /** One character per byte, without the line break. */
  readonly text: string;
  readonly next: number;
}

/**
 * Reads a header block (RFC 5322 section 2.2) up to the empty line, or to the
 * first line that can only be the body of a mail whose empty line is missing.
 *
 * @throws MimeLimitError where it is longer than {@link MAX_HEADER_BYTES}
 */
export function readHeader(
  raw: Buffer,
  start: number,
  end: number,
): ReadHeader {
  const fields: { key: string; lines: string[] }[] = [];
  let at = start;
  while (at < end) {
    const line = readLine(raw, at, end);
    if (line.text === '') {
      return { fields: fields.map(joined), bodyStart: line.next };
    }
    const name = FIELD.exec(line.text)?.[1];
    if (name !== undefined) {
      fields.push({ key: name.toLowerCase(), lines: [line.text] });
    } else if (isFolded(raw, at) && fields.length > 0) {
      fields[fields.length - 1].lines.push(line.text);
    } else if (!isStray(raw, line, { isFirst: at === start, end })) {
      break;
    }
    at = line.next;
  }
  return { fields: fields.map(joined), bodyStart: at };

  function readLine(bytes: Buffer, from: number, to: number): Line {
    const lf = bytes.indexOf(LF, from);
    const next = lf < 0 || lf >= to ? to : lf + 1;
    if (next - start > MAX_HEADER_BYTES) {
      throw new MimeLimitError(
        `It has a header of more than ${MAX_HEADER_BYTES} bytes`,
      );
    }
    let stop = next;
    if (stop > from && bytes[stop - 1] === LF) {
      stop -= 1;
    }
    if (stop > from && bytes[stop - 1] === CR) {
      stop -= 1;
    }
    return { text: bytes.toString('latin1', from, stop), next };
  }
}

function joined(field: { key: string; lines: string[] }): HeaderLine {
  return { key: field.key, line: field.lines.join('\r\n') };
}

function isFolded(raw: Buffer, at: number): boolean {
  return raw[at] === SPACE || raw[at] === TAB;
}

/**
 * Whether a line that is no field stands amid a header all the same: gateways
 * and filters leave such lines. It does where the header goes on after it.
 */
function isStray(
  raw: Buffer,
  line: Line,
  { isFirst, end }: { isFirst: boolean; end: number },
): boolean {
  if (isFirst && MBOX_LINE.test(line.text)) {
    return true;
  }
  if (line.next >= end) {
    return false;
  }
  const lf = raw.indexOf(LF, line.next);
  const stop = lf < 0 || lf > end ? end : lf;
  const next = raw.toString(
    'latin1',
    line.next,
    Math.min(stop, line.next + 998),
  );
  return FIELD.test(next) || next === '' || next === '\r';
}
