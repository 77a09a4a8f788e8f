// SPDX-License-Identifier: Apache-2.0
import { mailAddressSchema } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { tokensMatch } from '../../secrets';
import { isDomainAllowed } from '../integrations/integrationRules';
import { IntegrationRecord } from '../integrations/types';
import { AccountClaims } from '../tokenEndpoint';
import { ConsentFailure } from './ConsentStore';
import { findAccountError, findTenantError } from './judgeAccount';
import { findIssuerError } from './judgeIssuer';
import { CallbackAnswer } from './parseCallback';
import { ConsentRecord } from './types';

/** A callback as the browser brings it. */
export interface ConsentCallback {
  readonly slug: string;
  readonly answer: CallbackAnswer;
  /** Who is signed in to Backstage in this browser. */
  readonly userRef?: string;
  /** The cookie of a consent. */
  readBrowserToken(consentId: string): string | undefined;
}

/** Why a callback is not believed; undefined where it is. */
export function findMistrust(
  callback: ConsentCallback,
  consent: ConsentRecord,
  integration: IntegrationRecord | undefined,
): ConsentFailure | undefined {
  if (integration?.callbackSlug !== callback.slug) {
    return mistrust('The answer came to another integration’s redirect URL');
  }
  if (integration.version !== consent.integrationVersion) {
    return { code: 'integration-changed' };
  }
  const browserToken = callback.readBrowserToken(consent.id);
  if (
    !browserToken ||
    !consent.browserHash ||
    !tokensMatch(browserToken, consent.browserHash)
  ) {
    return mistrust('The answer came from another browser');
  }
  // Of the other kinds the browser alone is asked for: a consent across sites
  // is claimed afterwards, one by a link is anybody's who has it.
  if (consent.kind === 'popup' && callback.userRef !== consent.userRef) {
    return mistrust('The answer came from another person, or one signed out');
  }
  const issuerError = findIssuerError(
    callback.answer.issuers,
    integration.settings,
  );
  return issuerError ? mistrust(issuerError) : undefined;
}

function mistrust(detail: string): ConsentFailure {
  return { code: 'consent-invalid', detail };
}

/**
 * Whether what was given is for the mailbox's account, or for one that may
 * give access to it.
 *
 * Without an ID token the sign-in to the mailbox alone is the proof: a mail
 * server opens a mailbox to those who have access to it.
 *
 * @returns the account, where it is another one: then, too, the sign-in as the
 *   mailbox has to prove that the server lets it
 * @throws MailFailure
 */
export function judgeConsentingAccount(
  consent: ConsentRecord,
  integration: IntegrationRecord,
  account: AccountClaims | undefined,
): string | undefined {
  const { expectedAccount } = consent;
  const { allowedDomains, allowedTenants = [] } = integration.settings;
  const tenantError = findTenantError(account, allowedTenants);
  if (tenantError) {
    throw new MailFailure('wrong-tenant', tenantError, { detail: tenantError });
  }
  if (!isDomainAllowed(expectedAccount, allowedDomains)) {
    throw new MailFailure(
      'domain-not-allowed',
      'The domain was taken from the integration during the consent',
    );
  }
  const detail = account && findAccountError(account, expectedAccount);
  if (!detail) {
    return undefined;
  }
  const other = mailAddressSchema.safeParse(account.email);
  const mayShare =
    integration.settings.allowSharedMailboxes === true &&
    // Whoever has a link shows by the account alone that it was meant for them.
    consent.kind !== 'link' &&
    other.success &&
    other.data !== expectedAccount &&
    !findAccountError(account, other.data) &&
    isDomainAllowed(other.data, allowedDomains);
  if (!mayShare) {
    throw new MailFailure('wrong-account', detail, { detail });
  }
  return other.data;
}
