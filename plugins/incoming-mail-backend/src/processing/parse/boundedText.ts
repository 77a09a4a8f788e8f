// SPDX-License-Identifier: Apache-2.0

// What comes out of a mail and goes into a text column, a log or a page passes
// through here. PostgreSQL refuses NUL in text and both engines refuse what is
// not valid UTF-8, and one such character would stop its mail at every attempt.

// A surrogate without its partner: with the u flag pairs are one character.
const LONE_SURROGATE = /\p{Surrogate}/gu;
// C0 and C1 controls, DEL, and the line and paragraph separators.
// eslint-disable-next-line no-control-regex
const NOT_ONE_LINE = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g;
// Embeddings, overrides and isolates turn the order of what follows; the plain
// direction marks that right-to-left languages need are left alone.
const BIDI_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of several lines: NUL gone, lone surrogates replaced, every line ending
 * a `\n`, and at most `maxBytes` bytes of UTF-8.
 */
export function toText(value: string, maxBytes: number): string {
  // No character is less than a byte: this spares work on the rest.
  const text = value
    .slice(0, maxBytes)
    // eslint-disable-next-line no-control-regex
    .replace(/\x00/g, '')
    .replace(/\r\n?/g, '\n')
    .replace(LONE_SURROGATE, '\ufffd');
  return cutToBytes(text, maxBytes);
}

/**
 * Text of one line for display: control characters become a space,
 * characters that turn the writing direction go, and at most `maxLength`
 * characters (UTF-16 code units) stay.
 */
export function toOneLine(value: string, maxLength: number): string {
  return (
    value
      // A margin, so that what is removed costs nothing of what is shown.
      .slice(0, 4 * maxLength)
      .replace(NOT_ONE_LINE, ' ')
      .replace(BIDI_OVERRIDES, '')
      .trim()
      .slice(0, maxLength)
      // A pair that the cut went through.
      .replace(/[\ud800-\udbff]$/, '')
      .replace(LONE_SURROGATE, '\ufffd')
      .trimEnd()
  );
}

/** The longest beginning of `text` that has at most `maxBytes` bytes of UTF-8. */
export function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) {
    return text;
  }
  let end = maxBytes;
  // 10xxxxxx continues a character: go back to where it begins.
  while (end > 0 && (bytes[end] & 0xc0) === 0x80) {
    end -= 1;
  }
  return bytes.toString('utf8', 0, end);
}
