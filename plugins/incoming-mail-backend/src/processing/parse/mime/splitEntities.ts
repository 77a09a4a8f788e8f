// SPDX-License-Identifier: Apache-2.0
import { describeEntity } from './describeEntity';
import { readHeader } from './readHeader';
import { MimeEntity, MimeLimitError } from './types';

/** The most parts, the mail itself included. */
export const MAX_PARTS = 200;
/** How deep parts may nest. */
export const MAX_DEPTH = 20;

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;

interface Progress {
  parts: number;
}

interface Place {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  /** What a part without `Content-Type` is (RFC 2046 section 5.1.5). */
  readonly defaultType: string;
}

/**
 * Finds the parts of a mail (RFC 2046 section 5.1). Nothing is copied: parts
 * are places in `raw`. A forwarded mail is one part; its own parts are not
 * looked for. A multipart entity that no delimiter is found in counts as plain
 * text, so that nothing of it is hidden; the last part of one that is cut off
 * ends where the mail ends.
 *
 * Each level looks through the mail once more, so the work is at most
 * {@link MAX_DEPTH} times its size.
 *
 * @throws MimeLimitError beyond {@link MAX_PARTS}, {@link MAX_DEPTH} or the
 *   size of a header
 */
export function splitEntities(raw: Buffer): MimeEntity {
  return splitEntity(
    raw,
    { start: 0, end: raw.length, depth: 0, defaultType: 'text/plain' },
    { parts: 0 },
  );
}

function splitEntity(
  raw: Buffer,
  { start, end, depth, defaultType }: Place,
  progress: Progress,
): MimeEntity {
  progress.parts += 1;
  if (progress.parts > MAX_PARTS) {
    throw new MimeLimitError(`It has more than ${MAX_PARTS} parts`);
  }
  const { fields, bodyStart } = readHeader(raw, start, end);
  const entity = {
    ...describeEntity(fields, defaultType),
    header: fields,
    start: bodyStart,
    end,
    children: [],
  };
  if (!entity.mediaType.startsWith('multipart/')) {
    return entity;
  }
  if (depth >= MAX_DEPTH) {
    throw new MimeLimitError(`Its parts are nested over ${MAX_DEPTH} deep`);
  }
  const places = findParts(
    raw,
    { start: bodyStart, end },
    entity.parameters.get('boundary') ?? '',
  );
  if (places.length === 0) {
    return { ...entity, mediaType: 'text/plain', isAttachment: false };
  }
  return {
    ...entity,
    children: places.map(place =>
      splitEntity(
        raw,
        {
          ...place,
          depth: depth + 1,
          defaultType:
            entity.mediaType === 'multipart/digest'
              ? 'message/rfc822'
              : 'text/plain',
        },
        progress,
      ),
    ),
  };
}

/** Where the parts between the delimiter lines of a boundary lie. */
function findParts(
  raw: Buffer,
  { start, end }: { start: number; end: number },
  boundary: string,
): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  if (boundary === '') {
    return places;
  }
  const needle = Buffer.from(`--${boundary}`, 'latin1');
  let open: number | undefined;
  let from = start;
  for (;;) {
    const at = raw.indexOf(needle, from);
    if (at < 0 || at + needle.length > end) {
      break;
    }
    from = at + needle.length;
    const line = readDelimiter(raw, { at, after: from, start, end });
    if (line) {
      if (open !== undefined) {
        places.push({ start: open, end: beforeLineBreak(raw, open, at) });
        // Checked here too: the places alone could be millions.
        if (places.length > MAX_PARTS) {
          throw new MimeLimitError(`It has more than ${MAX_PARTS} parts`);
        }
      }
      if (line.closes) {
        return places;
      }
      open = line.next;
      // The line break may be that of the next delimiter as well.
      from = line.next;
    }
  }
  if (open !== undefined) {
    places.push({ start: open, end });
  }
  return places;
}

/** Whether a boundary found is a delimiter line, and where the next line begins. */
function readDelimiter(
  raw: Buffer,
  {
    at,
    after,
    start,
    end,
  }: { at: number; after: number; start: number; end: number },
): { closes: boolean; next: number } | undefined {
  if (at > start && raw[at - 1] !== LF) {
    return undefined;
  }
  const closes =
    after + 1 < end && raw[after] === DASH && raw[after + 1] === DASH;
  let next = closes ? after + 2 : after;
  // RFC 2046 section 5.1.1: white space may have been added on the way.
  while (next < end && (raw[next] === SPACE || raw[next] === TAB)) {
    next += 1;
  }
  if (next < end && raw[next] === CR) {
    next += 1;
  }
  if (next < end && raw[next] !== LF) {
    // A longer boundary that begins like this one.
    return closes ? { closes, next } : undefined;
  }
  return { closes, next: Math.min(next + 1, end) };
}

// The line break before a delimiter belongs to it.
function beforeLineBreak(raw: Buffer, start: number, at: number): number {
  let end = at;
  if (end > start && raw[end - 1] === LF) {
    end -= 1;
    if (end > start && raw[end - 1] === CR) {
      end -= 1;
    }
  }
  return Math.max(end, start);
}
