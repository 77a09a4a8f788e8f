// SPDX-License-Identifier: Apache-2.0
import { bodyOffset } from '../mail/headers';
import { parseMimeTree, type MimePart } from '../mail/parseMimeTree';
import type { BodySection } from './parseFetchItems';

/**
 * Cuts a section out of a message (RFC 3501 section 6.4.5). Bytes are never
 * changed, only chosen.
 *
 * @returns `undefined` if the message has no such part.
 */
export function bodySection(
  raw: Buffer,
  section: BodySection,
): Buffer | undefined {
  if (section.path.length === 0) return cut(raw, section);
  const part = findPart(parseMimeTree(raw), section.path);
  if (!part) return undefined;
  if (section.what === 'mime') return part.bytes.subarray(0, part.bodyOffset);
  const body = part.bytes.subarray(part.bodyOffset);
  if (section.what === 'all') return body;
  // HEADER and TEXT of a part exist only for a message within the message.
  return part.type === 'message/rfc822' ? cut(body, section) : undefined;
}

function cut(message: Buffer, { what, fields }: BodySection): Buffer {
  const offset = bodyOffset(message);
  switch (what) {
    case 'all':
      return message;
    case 'text':
      return message.subarray(offset);
    case 'fields':
      return pickFields(message.subarray(0, offset), name =>
        fields.includes(name),
      );
    case 'fields-not':
      return pickFields(
        message.subarray(0, offset),
        name => !fields.includes(name),
      );
    default:
      return message.subarray(0, offset);
  }
}

/** Chooses header fields with their folds; the empty line is kept. */
function pickFields(header: Buffer, wanted: (name: string) => boolean): Buffer {
  const lines = header.toString('latin1').split(/(?<=\n)/);
  let keeping = false;
  const kept = lines.filter(line => {
    if (/^\r?\n$/.test(line)) return false;
    if (!/^[ \t]/.test(line)) {
      keeping = wanted(line.slice(0, line.indexOf(':')).trim().toLowerCase());
    }
    return keeping;
  });
  return Buffer.from(`${kept.join('')}\r\n`, 'latin1');
}

/** Part 1 of a message that has no parts is its body. */
function findPart(
  root: MimePart,
  path: readonly number[],
): MimePart | undefined {
  let part: MimePart | undefined = root;
  for (const number of path) {
    if (part?.type === 'message/rfc822' && part !== root) {
      part = parseMimeTree(part.bytes.subarray(part.bodyOffset));
    }
    if (part && part.children.length > 0) part = part.children[number - 1];
    else if (number !== 1) part = undefined;
  }
  return part;
}
