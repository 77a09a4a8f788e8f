// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { decodeTransfer } from './decodeTransfer';

const MIB = 1_048_576;
// Behind characters that belong to no encoding, which are passed over, a text
// is large and is decoded the other way.
const enlarge = (text: string) => `${'\r\n'.repeat(MIB / 2)}${text}`;
const decode = (text: string) =>
  decodeTransfer(Buffer.from(text, 'latin1'), 'base64');

describe('decodeTransfer', () => {
  it('decodes large base64 as it does small', () => {
    const text = fc
      .array(
        fc.oneof(
          fc.base64String({ maxLength: 30 }),
          fc.constantFrom('=', '==', '\r\n', ' ', '-_', '\0', '\xe9', 'a', '!'),
        ),
        { maxLength: 12 },
      )
      .map(parts => parts.join(''));
    fc.assert(
      fc.property(text, some => decode(enlarge(some)).equals(decode(some))),
      { numRuns: 150 },
    );
  });

  it('decodes large base64 where it stands, and keeps what comes after', () => {
    const content = Buffer.from(
      Uint32Array.from({ length: MIB / 2 }, (_, n) => n * 2_654_435_761).buffer,
    );
    const encoded = content.toString('base64').replace(/.{76}/g, '$&\r\n');
    const raw = Buffer.from(`${encoded}\r\n--b--`, 'latin1');
    const decoded = decodeTransfer(raw.subarray(0, encoded.length), 'base64');

    expect(decoded.equals(content)).toBe(true);
    expect(decoded.buffer).toBe(raw.buffer);
    expect(raw.subarray(encoded.length).toString()).toBe('\r\n--b--');
  });
});
