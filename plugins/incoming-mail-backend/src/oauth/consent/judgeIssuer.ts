// SPDX-License-Identifier: Apache-2.0
import {
  hasTemplatedIssuer,
  microsoftIssuerOf,
} from '@postroom/plugin-incoming-mail-common';
import { IntegrationSettings } from '../integrations/types';

type IssuerSettings = Pick<
  IntegrationSettings,
  | 'provider'
  | 'issuer'
  | 'issDeclared'
  | 'authorizationEndpoint'
  | 'tokenEndpoint'
>;

/**
 * Why an answer is not believed to be the integration's provider's (RFC 9207
 * section 2.4); undefined where it may be.
 *
 * One that names an issuer must name the right one, once. One that names none
 * is refused where the provider declares that it does: else another could
 * leave it out. A name that the provider did not declare is looked at all the
 * same, and is no reason to refuse the answer: Google sends one.
 *
 * @param issuers - each `iss` of the answer
 */
export function findIssuerError(
  issuers: readonly string[],
  settings: IssuerSettings,
): string | undefined {
  const [issuer, ...others] = issuers;
  if (issuer === undefined) {
    return settings.issDeclared
      ? 'The answer does not name its issuer, which this provider always does'
      : undefined;
  }
  if (others.length > 0) {
    return 'The answer names more than one issuer';
  }
  return isRight(issuer, settings)
    ? undefined
    : 'The answer came from another issuer';
}

function isRight(issuer: string, settings: IssuerSettings): boolean {
  if (settings.issuer !== undefined) {
    return issuer === settings.issuer;
  }
  if (!hasTemplatedIssuer(settings)) {
    // Nothing is known that it could be compared with.
    return true;
  }
  const tenantId = /^https:\/\/[^/]+\/([0-9a-f-]{36})\/v2\.0$/.exec(
    issuer,
  )?.[1];
  return (
    tenantId !== undefined && issuer === microsoftIssuerOf(settings, tenantId)
  );
}
