// SPDX-License-Identifier: Apache-2.0

/** Bytes of UTF-8 whose base64 fits an encoded word of 75 characters. */
const MAX_WORD_BYTES = 45;

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text) && !text.includes('=?');
}

/**
 * Writes text for a header: as it is if it is ASCII, else as encoded words
 * (RFC 2047, base64 of UTF-8), cut between characters and never inside one.
 * Words are parted by a fold, which a reader drops.
 */
export function encodeWords(text: string): string {
  if (isPlain(text)) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > MAX_WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words
    .map(part => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`)
    .join('\r\n ');
}

/** Reads encoded words of UTF-8, for showing a subject in a list. */
export function decodeWords(text: string): string {
  return text
    .replace(/\?=\s+(?==\?)/g, '?=')
    .replace(/(?:=\?utf-8\?b\?[A-Za-z0-9+/=]*\?=)+/gi, words => {
      // Joined before decoding: some senders cut inside a character.
      const parts = words.match(/(?<=\?b\?)[A-Za-z0-9+/=]*(?=\?=)/gi) ?? [];
      const bytes = parts.map(part => Buffer.from(part, 'base64'));
      return Buffer.concat(bytes).toString('utf8');
    });
}
