// SPDX-License-Identifier: Apache-2.0
import { FailureCode, failureCodes } from './failures';

/**
 * What leads on where a consent ended badly.
 *
 * - `authorize`: authorizing again, perhaps in another way.
 * - `channel`: other settings of the channel; then authorizing again.
 * - `integration`: an administrator mends the integration first.
 * - `new-link`: the link is of no more use; somebody in the portal makes one.
 *
 * @public
 */
export type ConsentMending =
  | 'authorize'
  | 'channel'
  | 'integration'
  | 'new-link';

/**
 * How each way in which a consent, or a link to one, can end is mended.
 * `none`: a consent does not end like this. A new failure has to be given its
 * row here before anything compiles.
 *
 * @public
 */
export const consentMendings: Readonly<
  Record<FailureCode, ConsentMending | 'none'>
> = {
  'host-not-allowed': 'integration',
  'host-not-found': 'integration',
  'connection-refused': 'authorize',
  'connection-timed-out': 'authorize',
  'connection-lost': 'authorize',
  'tls-failed': 'integration',
  'plaintext-refused': 'integration',
  'login-refused': 'authorize',
  'password-refused': 'none',
  'password-missing': 'none',
  'server-unavailable': 'authorize',
  throttled: 'authorize',
  'folder-not-found': 'channel',
  'protocol-error': 'authorize',
  'not-authorized-yet': 'none',
  'https-required': 'integration',
  'application-refused': 'integration',
  'consent-denied': 'authorize',
  'consent-refused-by-provider': 'integration',
  'consent-invalid': 'authorize',
  'consent-expired': 'authorize',
  'claim-refused': 'authorize',
  'link-unknown': 'new-link',
  'link-used': 'new-link',
  'link-expired': 'new-link',
  'link-revoked': 'new-link',
  'consent-revoked': 'authorize',
  'wrong-account': 'authorize',
  'wrong-tenant': 'authorize',
  'too-many-grants': 'channel',
  'consent-ended-in-testing': 'none',
  'domain-not-allowed': 'integration',
  'scopes-missing': 'authorize',
  'refresh-token-missing': 'integration',
  'client-refused': 'integration',
  'integration-incomplete': 'integration',
  'integration-changed': 'authorize',
  'token-endpoint-unreachable': 'authorize',
  'token-reply-unusable': 'integration',
  'vault-key-missing': 'integration',
  'vault-record-unreadable': 'integration',
  'message-too-large': 'none',
  'message-unreadable': 'none',
  'message-not-delivered': 'none',
  'message-to-review': 'none',
  'handler-failed': 'none',
  'handler-timed-out': 'none',
  'handler-missing': 'none',
  'handler-settings-invalid': 'none',
  'internal-error': 'authorize',
};

/**
 * Every code that a consent, or a link to one, can end with, in the order of
 * the catalogue.
 *
 * @public
 */
export const consentFailureCodes: readonly FailureCode[] = failureCodes.filter(
  code => consentMendings[code] !== 'none',
);
