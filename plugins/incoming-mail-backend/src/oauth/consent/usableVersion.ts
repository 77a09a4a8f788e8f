// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import { FailureCode, failures } from '@postroom/plugin-incoming-mail-common';
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
 * @throws ConflictError where the integration does not allow it
 */
export function usableVersion(
  integration: IntegrationRecord | undefined,
  address: string,
): number {
  const hindrance = findHindrance(integration, address);
  if (hindrance || !integration) {
    const { title, remedy } = failures[hindrance ?? 'integration-incomplete'];
    throw new ConflictError(`${title}. ${remedy}`);
  }
  return integration.version;
}
