// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { hashToken, Secret, tokensMatch } from '../../secrets';

// Without 0 and O, 1, I and L, which people take for each other.
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LENGTH = 8;

/**
 * A code that a person can copy from one window to another: 31 signs, 8 of
 * them, about 10¹² codes, of which five can be tried.
 */
export function makeClaimCode(): Secret {
  const signs = Array.from(
    { length: LENGTH },
    () => ALPHABET[randomInt(ALPHABET.length)],
  );
  return new Secret(signs.join(''));
}

/** Compares a code with the one that was shown, in constant time. */
export function isClaimCode(code: string, shown: Secret): boolean {
  return tokensMatch(code, hashToken(shown.reveal()));
}
