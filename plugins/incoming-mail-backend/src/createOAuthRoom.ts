// SPDX-License-Identifier: Apache-2.0
import { IncomingMailConfig } from './config';
import { createGuardedFetch, HostPolicy } from './egress';
import { createOAuth, OAuth, OAuthOptions } from './oauth';

/** Wires consents and tokens: which settings they obey, and how they get out. */
export function createOAuthRoom({
  config,
  policy,
  ...options
}: {
  config: Pick<
    IncomingMailConfig,
    'development' | 'egress' | 'oauth' | 'portal'
  >;
  policy: HostPolicy;
} & Pick<
  OAuthOptions,
  | 'db'
  | 'keyring'
  | 'externalBaseUrl'
  | 'providers'
  | 'hooks'
  | 'observeRenewal'
>): OAuth {
  return createOAuth({
    ...options,
    fetch: createGuardedFetch({ policy, ca: config.egress.extraCa }),
    returnOrigins: config.oauth.returnOrigins,
    crossSite: config.oauth.crossSite,
    portal: config.portal,
    allowHttpLoopback: config.development.allowPlaintextLoopback,
  });
}
