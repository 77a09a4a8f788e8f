// SPDX-License-Identifier: Apache-2.0

/** Where Windows-1252 has what Latin-1 has not, as far as letters use it. */
const WINDOWS_1252: Readonly<Record<string, number>> = {
  '€': 0x80,
  '…': 0x85,
  '‘': 0x91,
  '’': 0x92,
  '“': 0x93,
  '”': 0x94,
  '–': 0x96,
  '—': 0x97,
};

/** @throws for a character that is not in the charset, or not in the table. */
export function encodeWindows1252(text: string): Buffer {
  return Buffer.from(
    [...text].map(character => {
      const byte = WINDOWS_1252[character] ?? character.charCodeAt(0);
      if (byte > 0xff || (byte >= 0x80 && !isKnown(character, byte))) {
        throw new RangeError(`Not in Windows-1252: ${character}`);
      }
      return byte;
    }),
  );
}

function isKnown(character: string, byte: number): boolean {
  return byte >= 0xa0 || character in WINDOWS_1252;
}

/** Shifts between one-byte ASCII and two-byte JIS X 0208 (RFC 1468). */
const TO_ASCII = '\x1b(B';
const TO_JIS = '\x1b$B';

/** The rows of JIS X 0208 that hold kana, in the order of Unicode. */
const KANA_ROWS = [
  { first: 'ぁ', last: 'ん', code: 0x2421 },
  { first: 'ァ', last: 'ヶ', code: 0x2521 },
];

const PUNCTUATION: Readonly<Record<string, number>> = {
  '、': 0x2122,
  '。': 0x2123,
  ー: 0x213c,
};

/**
 * ISO-2022-JP of ASCII and kana, the charset of much older Japanese mail: all
 * its bytes are below 0x80.
 *
 * @throws for a character that is neither
 */
export function encodeIso2022Jp(text: string): Buffer {
  let isJis = false;
  let encoded = '';
  for (const character of text) {
    const code = jisCode(character);
    if ((code !== undefined) !== isJis) {
      isJis = !isJis;
      encoded += isJis ? TO_JIS : TO_ASCII;
    }
    encoded +=
      code === undefined
        ? character
        : String.fromCharCode(code >> 8, code & 0xff);
  }
  return Buffer.from(encoded + (isJis ? TO_ASCII : ''), 'latin1');
}

function jisCode(character: string): number | undefined {
  if (character < '\x80') return undefined;
  const row = KANA_ROWS.find(
    ({ first, last }) => character >= first && character <= last,
  );
  const code = row
    ? row.code + character.charCodeAt(0) - row.first.charCodeAt(0)
    : PUNCTUATION[character];
  if (code === undefined) throw new RangeError(`No kana: ${character}`);
  return code;
}
