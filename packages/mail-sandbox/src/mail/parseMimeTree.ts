// SPDX-License-Identifier: Apache-2.0
import { bodyOffset, headerValue } from './headers';

/** A part of a message, with all bytes in place. */
export interface MimePart {
  /** The part with its header. */
  readonly bytes: Buffer;
  /** Where the body begins in `bytes`. */
  readonly bodyOffset: number;
  /** Lower case, for example `text/plain`. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** The parts of a multipart; else empty. */
  readonly children: readonly MimePart[];
}

const MAX_DEPTH = 20;
const MAX_PARTS = 200;

/**
 * Finds the parts of a message (RFC 2046 section 5.1). Just enough for FETCH:
 * nothing is decoded, and what is beyond the bounds counts as one part.
 */
export function parseMimeTree(raw: Buffer): MimePart {
  return parsePart(raw, 0);
}

function parsePart(bytes: Buffer, depth: number): MimePart {
  const offset = bodyOffset(bytes);
  const { type, parameters } = parseContentType(
    headerValue(bytes, 'Content-Type'),
  );
  const boundary = parameters.get('boundary');
  const children =
    type.startsWith('multipart/') && boundary && depth < MAX_DEPTH
      ? splitParts(bytes.subarray(offset), boundary)
      : [];
  return {
    bytes,
    bodyOffset: offset,
    type,
    parameters,
    children: children.map(child => parsePart(child, depth + 1)),
  };
}

function parseContentType(value = 'text/plain; charset=us-ascii') {
  const type = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)/.exec(value)?.[1];
  const parameters = new Map<string, string>();
  // `; name=value` or `; name="value"`
  const matches = value.matchAll(/;\s*([\w!#$&^.*+-]+)="?([^";]*)"?/g);
  for (const [, name, text] of matches) {
    parameters.set(name.toLowerCase(), text.trim());
  }
  return { type: type?.toLowerCase() ?? 'text/plain', parameters };
}

/** Cuts a multipart body at its delimiter lines. */
function splitParts(body: Buffer, boundary: string): Buffer[] {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const parts: Buffer[] = [];
  let start: number | undefined;
  let at = body.indexOf(delimiter);
  while (at !== -1 && parts.length < MAX_PARTS) {
    if (at === 0 || body[at - 1] === 0x0a) {
      // The line break before a delimiter belongs to the delimiter.
      if (start !== undefined)
        parts.push(body.subarray(start, lineEnd(body, at)));
      const after = at + delimiter.length;
      if (body.toString('latin1', after, after + 2) === '--') return parts;
      const next = body.indexOf(0x0a, after);
      start = next === -1 ? body.length : next + 1;
    }
    at = body.indexOf(delimiter, at + delimiter.length);
  }
  // Without a closing delimiter the last part goes on to the end.
  if (start !== undefined && parts.length < MAX_PARTS) {
    parts.push(body.subarray(start));
  }
  return parts;
}

function lineEnd(body: Buffer, at: number): number {
  if (at >= 2 && body[at - 2] === 0x0d) return at - 2;
  return Math.max(0, at - 1);
}
