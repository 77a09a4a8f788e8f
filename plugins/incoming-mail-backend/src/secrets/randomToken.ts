// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN_BYTES = 32;

/** A token that cannot be guessed: 256 random bits unless told, base64url. */
export function randomToken(bytes: number = TOKEN_BYTES): string {
  return randomBytes(bytes).toString('base64url');
}

/**
 * What is stored of a token. One round of SHA-256 is enough: the token itself
 * has 256 random bits, so there is nothing to try out.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** Compares a token with a stored hash in constant time. */
export function tokensMatch(token: string, hash: string): boolean {
  const actual = Buffer.from(hashToken(token));
  const expected = Buffer.from(hash);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
