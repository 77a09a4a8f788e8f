// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { RefusedError } from '../../http';
import { isDomainAllowed, isReady } from '../integrations/integrationRules';
import { IntegrationRecord } from '../integrations/types';

/**
 * Why an address cannot be authorized through an integration; undefined where
 * it can.
 */
export function findHindrance(
  integration: IntegrationRecord | undefined,
  address: string,
): FailureCode | undefined {
  if (!integration || !isReady(integration)) {
    return 'integration-incomplete';
  }
  return isDomainAllowed(address, integration.settings.allowedDomains)
    ? undefined
    : 'domain-not-allowed';
}

/**
 * The version of an integration that a consent for an address is bound to.
 *
 * @throws RefusedError where the integration does not allow it
 * @throws ConflictError where nobody has to consent
 */
export function usableVersion(
  integration: IntegrationRecord | undefined,
  address: string,
): number {
  const hindrance = findHindrance(integration, address);
  if (hindrance || !integration) {
    throw new RefusedError(hindrance ?? 'integration-incomplete');
  }
  if (integration.settings.grantType !== 'authorization_code') {
    throw new ConflictError(
      'The application reads this mailbox in its own name: nobody has to authorize it; connect it instead',
    );
  }
  return integration.version;
}
