// SPDX-License-Identifier: Apache-2.0
export type { ConsentHooks, LinkNews } from './consent/ConsentCompletion';
export type { ConsentLinkService } from './consent/ConsentLinkService';
export type { ApplicationAccess } from './consent/ApplicationAccess';
export type { ConsentService } from './consent/ConsentService';
export type { BrowserRouterOptions } from './consent/oauthBrowserRoutes';
export type { ConsentMailbox } from './consent/types';
export { createOAuth } from './createOAuth';
export type {
  HousekeepingOptions,
  OAuth,
  OAuthHooks,
  OAuthOptions,
} from './createOAuth';
export { explainFailure } from './explainFailure';
export { isDomainAllowed } from './integrations/integrationRules';
export type { IntegrationService } from './integrations/IntegrationService';
export {
  CALLBACK_PATH,
  isSecureBaseUrl,
  LINK_PATH,
  START_PATH,
} from './integrations/redirectUrl';
export { orFailure, runChecks } from './runChecks';
export type { CheckResult, CheckStep } from './runChecks';
export { openFrom, sealedColumns, sealFor } from './sealedColumns';
export type { GrantFacts } from './vault/types';
export type { ConsentWarning } from './vault/listConsentWarnings';
export type { SecretWarning } from './vault/listSecretWarnings';
export type { AccessTokenOptions, TokenVault } from './vault/TokenVault';
