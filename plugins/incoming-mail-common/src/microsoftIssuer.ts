// SPDX-License-Identifier: Apache-2.0
import type { ProviderId } from './integrations';
import {
  microsoftCloudOf,
  microsoftClouds,
  microsoftSettingsOf,
} from './providers';

/** What tells whose accounts an integration is for. @public */
export interface MicrosoftIntegration {
  readonly provider: ProviderId;
  readonly issuer?: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
}

/**
 * Whether the issuer of an integration's ID tokens is that of each account's
 * own tenant: the endpoints are for several tenants, or for one whose ID is
 * not known. Its metadata then name a template,
 * `https://login.microsoftonline.com/{tenantid}/v2.0`.
 *
 * @public
 */
export function hasTemplatedIssuer(integration: MicrosoftIntegration): boolean {
  const { provider, issuer, authorizationEndpoint, tokenEndpoint } =
    integration;
  const meant = microsoftSettingsOf(authorizationEndpoint);
  return (
    provider === 'microsoft' &&
    issuer === undefined &&
    meant !== undefined &&
    // A token that names its own issuer is believed to come from Microsoft
    // because it came from there.
    microsoftCloudOf(tokenEndpoint) === meant.cloud
  );
}

// The tenant that all personal accounts of Microsoft belong to ("ID token
// claims reference": tid).
const PERSONAL_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad';

/**
 * The issuer of a tenant's tokens, at an integration with a templated one.
 * Undefined where the endpoints are not for accounts of that tenant.
 *
 * @param tenantId - the claim `tid` of a token that is not trusted yet; a GUID
 *
 * @public
 */
export function microsoftIssuerOf(
  integration: MicrosoftIntegration,
  tenantId: string,
): string | undefined {
  const meant =
    hasTemplatedIssuer(integration) &&
    microsoftSettingsOf(integration.authorizationEndpoint);
  if (!meant) {
    return undefined;
  }
  const id = tenantId.toLowerCase();
  const isPersonal = id === PERSONAL_TENANT;
  const fits =
    (meant.tenant !== 'consumers' || isPersonal) &&
    (meant.tenant !== 'organizations' || !isPersonal);
  return fits
    ? `${microsoftClouds[meant.cloud].authority}/${id}/v2.0`
    : undefined;
}
