// SPDX-License-Identifier: Apache-2.0
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
  if (callback.userRef !== consent.userRef) {
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
 * Whether what was given is for the mailbox's account.
 *
 * Without an ID token the sign-in to the mailbox alone is the proof: a mail
 * server opens a mailbox to those who have access to it.
 *
 * @throws MailFailure
 */
export function refuseOtherAccount(
  consent: ConsentRecord,
  integration: IntegrationRecord,
  account: AccountClaims | undefined,
): void {
  const { expectedAccount } = consent;
  const tenantError = findTenantError(
    account,
    integration.settings.allowedTenants ?? [],
  );
  if (tenantError) {
    throw new MailFailure('wrong-tenant', tenantError, { detail: tenantError });
  }
  const detail = account && findAccountError(account, expectedAccount);
  if (detail) {
    throw new MailFailure('wrong-account', detail, { detail });
  }
  if (!isDomainAllowed(expectedAccount, integration.settings.allowedDomains)) {
    throw new MailFailure(
      'domain-not-allowed',
      'The domain was taken from the integration during the consent',
    );
  }
}
