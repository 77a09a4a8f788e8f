// SPDX-License-Identifier: Apache-2.0
import type {
  ClientAuthentication,
  ClientKeyInput,
  GrantType,
  ProviderId,
} from './integrations';
import { isSharedMicrosoftEndpoint, microsoftCloudOf } from './providers';

/** What of an integration's settings has to fit together. */
export interface ApplicationSettings {
  readonly provider: ProviderId;
  readonly grantType: GrantType;
  readonly tokenEndpoint: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly clientKey?: ClientKeyInput;
  readonly allowedDomains: readonly string[];
}

/** A setting that cannot be as it is beside the others. */
export interface ApplicationFault {
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * What stands against an application that acts in its own name, or signs,
 * with the settings that it has. Pages and backend hold the same rules, since
 * they are part of the schema.
 */
export function applicationFaults(
  settings: ApplicationSettings,
): ApplicationFault[] {
  const faults: ApplicationFault[] = [];
  const refuse = (path: string, message: string) =>
    faults.push({ path: path.split('.'), message });
  const signs = settings.clientAuthentication === 'private_key_jwt';
  if (settings.provider === 'google' && signs) {
    refuse('clientAuthentication', 'has to be a client secret at Google');
  }
  if (
    microsoftCloudOf(settings.tokenEndpoint) !== undefined &&
    settings.clientKey !== undefined &&
    settings.clientKey.certificate === undefined
  ) {
    refuse(
      'clientKey.certificate',
      'is required: Microsoft finds the key by its certificate',
    );
  }
  if (settings.grantType === 'authorization_code') {
    return faults;
  }
  if (settings.provider === 'google') {
    refuse(
      'grantType',
      'is not to be had from Google, where applications act in their own name as service accounts, which are another thing',
    );
  }
  if (settings.clientAuthentication === 'none') {
    refuse(
      'clientAuthentication',
      'has to prove the client: whoever knows its ID could act in its name otherwise (RFC 6749 section 4.4)',
    );
  }
  if (settings.allowedDomains.length === 0) {
    refuse(
      'allowedDomains',
      'has to name at least one domain: the application can open every mailbox that the provider lets it, so any project could read any of them',
    );
  }
  if (isSharedMicrosoftEndpoint(settings.tokenEndpoint)) {
    refuse(
      'tokenEndpoint',
      'has to name one tenant: an application that acts in its own name does so in one, by its ID or domain',
    );
  }
  return faults;
}
