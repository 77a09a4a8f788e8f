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

/**
 * Why an account is of none of the tenants that the administrator allows;
 * undefined where it is, or any will do.
 *
 * @param allowedTenants - their IDs, lower-cased; none means any
 */
export function findTenantError(
  claims: AccountClaims | undefined,
  allowedTenants: readonly string[],
): string | undefined {
  if (allowedTenants.length === 0) {
    return undefined;
  }
  const tenantId = claims?.tid;
  if (typeof tenantId !== 'string') {
    return 'The ID token names no tenant';
  }
  return allowedTenants.includes(tenantId.toLowerCase())
    ? undefined
    : 'The ID token names another tenant';
}
