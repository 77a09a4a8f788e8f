// SPDX-License-Identifier: Apache-2.0

const SIGNATURE_LINE = '-- ';

interface FlowedLine {
  readonly depth: number;
  readonly text: string;
  readonly isFlowed: boolean;
}

/**
 * Puts the paragraphs of `format=flowed` text together again (RFC 3676
 * section 4.2). Lines of different quote depth are never joined, and the
 * signature's delimiter stands alone.
 *
 * @param deleteSpace - `delsp=yes`: the space at a line's end goes as well
 */
export function unwrapFlowed(text: string, deleteSpace: boolean): string {
  const paragraphs: string[] = [];
  let pieces: string[] = [];
  let depth = 0;
  const finish = () => {
    if (pieces.length > 0) {
      const quote = depth > 0 ? `${'>'.repeat(depth)} ` : '';
      paragraphs.push(`${quote}${pieces.join('')}`);
      pieces = [];
    }
  };
  for (const raw of text.split(/\r?\n/)) {
    const line = readLine(raw);
    const standsAlone = line.text === SIGNATURE_LINE;
    if (line.depth !== depth || standsAlone) {
      finish();
    }
    depth = line.depth;
    pieces.push(
      line.isFlowed && deleteSpace ? line.text.slice(0, -1) : line.text,
    );
    if (!line.isFlowed) {
      finish();
    }
  }
  finish();
  return paragraphs.join('\n');
}

function readLine(raw: string): FlowedLine {
  let depth = 0;
  while (raw[depth] === '>') {
    depth += 1;
  }
  // Section 4.4: a space was put before what would have been misread.
  const text = raw.slice(raw[depth] === ' ' ? depth + 1 : depth);
  return {
    depth,
    text,
    isFlowed: text.endsWith(' ') && text !== SIGNATURE_LINE,
  };
}
