// SPDX-License-Identifier: Apache-2.0
export type { ConsentHooks } from './consent/ConsentFlow';
export type { ConsentService } from './consent/ConsentService';
export type { BrowserRouterOptions } from './consent/oauthBrowserRoutes';
export type { ConsentMailbox } from './consent/types';
export { createOAuth } from './createOAuth';
export type { OAuth, OAuthOptions } from './createOAuth';
export { isDomainAllowed } from './integrations/integrationRules';
export type { IntegrationService } from './integrations/IntegrationService';
export {
  CALLBACK_PATH,
  isSecureBaseUrl,
  START_PATH,
} from './integrations/redirectUrl';
export type { AccessTokenOptions, TokenVault } from './vault/TokenVault';
