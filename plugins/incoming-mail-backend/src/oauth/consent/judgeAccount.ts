// SPDX-License-Identifier: Apache-2.0
import { AccountClaims } from '../tokenEndpoint';

/**
 * Why the claims of an ID token are not those of the mailbox's account;
 * undefined where they are.
 *
 * @param address - of the mailbox
 */
export function findAccountError(
  claims: AccountClaims,
  address: string,
): string | undefined {
  const { email, email_verified: verified } = claims;
  if (typeof email !== 'string') {
    return 'The ID token names no e-mail address; the scope email may be missing';
  }
  if (email.toLowerCase() !== address.toLowerCase()) {
    return 'The ID token names another e-mail address';
  }
  // Some providers send booleans as strings.
  return verified === false || verified === 'false'
    ? 'The provider has not verified the e-mail address'
    : undefined;
}
