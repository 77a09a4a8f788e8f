// SPDX-License-Identifier: Apache-2.0

/** The part of DER (X.690) that certificates need. */

/** Any element: its tag, its length and its content. */
export function der(
  tag: number,
  content: Uint8Array | readonly number[],
): Buffer {
  return Buffer.from([tag, ...lengthOctets(content.length), ...content]);
}

/** X.690 section 8.1.3: short form below 128, else the count of octets. */
function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return [0x82, length >> 8, length & 0xff];
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Constructed, with a tag of its context. */
export function explicit(number: number, content: Uint8Array): Buffer {
  return der(0xa0 + number, content);
}

/** @param bytes - the identifier as it is encoded, without tag and length */
export function objectId(bytes: readonly number[]): Buffer {
  return der(0x06, bytes);
}

export function octetString(content: Uint8Array): Buffer {
  return der(0x04, content);
}

/** @param unusedBits - at the end of the last octet */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([unusedBits]), content]));
}

/** A positive integer, of octets in the order of the network. */
export function unsignedInteger(octets: Uint8Array): Buffer {
  const sign = octets[0] >= 0x80 ? [0] : [];
  return der(0x02, [...sign, ...octets]);
}

export function boolean(value: boolean): Buffer {
  return der(0x01, [value ? 0xff : 0]);
}

export function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'));
}

/** UTCTime, good until 2049 (RFC 5280 section 4.1.2.5.1). */
export function utcTime(at: Date): Buffer {
  const digits = at.toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}
