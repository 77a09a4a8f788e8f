// SPDX-License-Identifier: Apache-2.0
import {
  FailureCode,
  GrantType,
  ProviderId,
} from '@postroom/plugin-incoming-mail-common';

// What providers' errors mean, and who mends them where. Data, so that a
// number that turns out to mean something else is corrected in one line.
//
// Sources: RFC 6749 sections 4.1.2.1 and 5.2; Microsoft "Microsoft Entra
// authentication and authorization error codes"; Google "Using OAuth 2.0 for
// Web Server Applications". Microsoft says that its numbers may change: what
// is not listed here falls back to the error's word.

/** One error of a provider. */
export interface ProviderError {
  /** One sentence without a full stop. */
  readonly meaning: string;
  /** One or two sentences: who does what about it. */
  readonly remedy: string;
  /** Where that is done or explained. */
  readonly link?: string;
  /**
   * What is wrong. `grant` and `account` say that the client itself was
   * accepted; `request` says nothing about it.
   */
  readonly concerns:
    | 'client'
    | 'tenant'
    | 'redirect-url'
    | 'scopes'
    | 'grant'
    | 'account'
    | 'request';
  /** Where it says more about a token request than the error's word does. */
  readonly failure?: FailureCode;
}

const azure = {
  appRegistrations:
    'https://portal.azure.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
  enterpriseApps:
    'https://portal.azure.com/#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview',
  conditionalAccess:
    'https://portal.azure.com/#view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies',
  adminConsent:
    'https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent',
  redirectUrls: 'https://learn.microsoft.com/entra/identity-platform/reply-url',
  refreshTokens:
    'https://learn.microsoft.com/entra/identity-platform/refresh-tokens',
  mailScopes:
    'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth',
  nationalClouds:
    'https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud',
  applicationAccess:
    'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#use-client-credentials-grant-flow-to-authenticate-smtp-imap-and-pop-connections',
  certificates:
    'https://learn.microsoft.com/entra/identity-platform/certificate-credentials',
  errors:
    'https://learn.microsoft.com/entra/identity-platform/reference-error-codes',
} as const;

const google = {
  clients: 'https://console.cloud.google.com/apis/credentials',
  consentScreen: 'https://console.cloud.google.com/auth/overview',
  audience: 'https://console.cloud.google.com/auth/audience',
  redirectUrls:
    'https://developers.google.com/identity/protocols/oauth2/web-server#uri-validation',
  expiry: 'https://developers.google.com/identity/protocols/oauth2#expiration',
  scopes: 'https://developers.google.com/workspace/gmail/imap/xoauth2-protocol',
} as const;

const AUTHORIZE_AGAIN = 'The owner of the mailbox authorizes again.';

/** By the number after `AADSTS`. */
export const microsoftErrors: Readonly<Record<string, ProviderError>> = {
  50011: {
    meaning: 'The redirect URL is not registered for this application',
    remedy:
      'In the Azure portal, open the application, then Authentication, and add the redirect URL of this page, character by character, under the platform Web.',
    link: azure.appRegistrations,
    concerns: 'redirect-url',
  },
  50020: {
    meaning: 'The account belongs to another organization than the application',
    remedy:
      'Choose supported account types that include the account, or use the endpoints of the account’s own tenant.',
    link: azure.appRegistrations,
    concerns: 'account',
  },
  50034: {
    meaning: 'Microsoft does not know this account in this tenant',
    remedy: 'Check the address, and the tenant in the endpoints.',
    link: azure.errors,
    concerns: 'account',
  },
  50057: {
    meaning: 'The account is disabled',
    remedy:
      'An administrator of Microsoft 365 enables the account, and its owner authorizes again.',
    link: azure.errors,
    concerns: 'account',
    failure: 'consent-revoked',
  },
  50059: {
    meaning: 'The endpoint does not say which tenant is meant',
    remedy:
      'Write the tenant’s ID or domain into both endpoints, in the place of common.',
    link: azure.errors,
    concerns: 'tenant',
  },
  50076: {
    meaning: 'Microsoft asks for a second factor',
    remedy: `${AUTHORIZE_AGAIN} The second factor is asked for in the popup.`,
    link: azure.conditionalAccess,
    concerns: 'account',
    failure: 'consent-revoked',
  },
  50079: {
    meaning: 'The account has to set up a second factor first',
    remedy: `${AUTHORIZE_AGAIN} The second factor is set up in the popup.`,
    link: azure.conditionalAccess,
    concerns: 'account',
    failure: 'consent-revoked',
  },
  50105: {
    meaning: 'The account is not assigned to the application',
    remedy:
      'An administrator of the tenant assigns the account under Enterprise applications, Users and groups, or switches the need for an assignment off.',
    link: azure.enterpriseApps,
    concerns: 'account',
  },
  50173: {
    meaning: 'The password was changed, which ended the access',
    remedy: AUTHORIZE_AGAIN,
    link: azure.refreshTokens,
    concerns: 'grant',
    failure: 'consent-revoked',
  },
  50194: {
    meaning:
      'The application is for one tenant only, but the endpoints are those for all',
    remedy:
      'Write the tenant’s ID into both endpoints in the place of common, or make the application multitenant in the Azure portal.',
    link: azure.appRegistrations,
    concerns: 'tenant',
    failure: 'client-refused',
  },
  500011: {
    meaning: 'The tenant has no Exchange Online that could be asked for',
    remedy:
      'Check the scopes, and that the tenant has a licence with Exchange Online.',
    link: azure.mailScopes,
    concerns: 'scopes',
  },
  501051: {
    meaning: 'The application has no role in Exchange Online that it was given',
    remedy:
      'In the Azure portal, add the application permission for IMAP or POP of Office 365 Exchange Online, and grant admin consent for it.',
    link: azure.applicationAccess,
    concerns: 'tenant',
    failure: 'application-refused',
  },
  500113: {
    meaning: 'No redirect URL is registered for this application',
    remedy:
      'In the Azure portal, open the application, then Authentication, and add the redirect URL of this page under the platform Web.',
    link: azure.appRegistrations,
    concerns: 'redirect-url',
  },
  53003: {
    meaning: 'A conditional-access rule of the organization blocks the access',
    remedy:
      'An administrator of the tenant allows this application, or the place that it connects from, in Conditional Access.',
    link: azure.conditionalAccess,
    concerns: 'account',
    failure: 'consent-revoked',
  },
  54005: {
    meaning: 'The authorization code was used before',
    remedy: AUTHORIZE_AGAIN,
    concerns: 'grant',
  },
  65001: {
    meaning: 'Nobody has consented to the permissions of this application',
    remedy:
      'The owner of the mailbox authorizes again, or an administrator of the tenant grants admin consent for the application.',
    link: azure.adminConsent,
    concerns: 'grant',
    failure: 'consent-revoked',
  },
  65004: {
    meaning: 'The person declined the permissions',
    remedy: 'The owner of the mailbox authorizes again and accepts them.',
    link: azure.adminConsent,
    concerns: 'account',
  },
  650057: {
    meaning: 'A scope is not among the permissions of the application',
    remedy:
      'In the Azure portal, open the application, then API permissions, and add the permissions for mail and offline_access.',
    link: azure.appRegistrations,
    concerns: 'scopes',
  },
  70000: {
    meaning: 'Microsoft does not accept the grant',
    remedy: AUTHORIZE_AGAIN,
    link: azure.refreshTokens,
    concerns: 'grant',
  },
  70008: {
    meaning: 'The grant has run out',
    remedy: AUTHORIZE_AGAIN,
    link: azure.refreshTokens,
    concerns: 'grant',
  },
  70011: {
    meaning:
      'A scope is not one that Microsoft knows, or they do not go together',
    remedy:
      'Take over the recommended scopes of the integration, which are written with their full address.',
    link: azure.mailScopes,
    concerns: 'scopes',
  },
  700016: {
    meaning: 'The tenant does not know this client ID',
    remedy:
      'Copy the Application (client) ID from the application’s Overview in the Azure portal, and check that the endpoints name its tenant.',
    link: azure.appRegistrations,
    concerns: 'client',
    failure: 'client-refused',
  },
  700024: {
    meaning: 'By Microsoft’s clock the signed assertion is not valid now',
    remedy: 'Set the clock of the machine that the portal’s backend runs on.',
    link: azure.certificates,
    concerns: 'client',
    failure: 'client-refused',
  },
  700027: {
    meaning: 'Microsoft does not know the certificate that the client signs by',
    remedy:
      'In the Azure portal, open the application, then Certificates & secrets, Certificates, and upload the certificate that is entered here.',
    link: azure.certificates,
    concerns: 'client',
    failure: 'client-refused',
  },
  700082: {
    meaning: 'The access was not used for too long',
    remedy: AUTHORIZE_AGAIN,
    link: azure.refreshTokens,
    concerns: 'grant',
    failure: 'consent-revoked',
  },
  700084: {
    meaning:
      'The access ended after a day, because the redirect URL is registered for a single-page application',
    remedy:
      'In the Azure portal, open the application, then Authentication, and register the redirect URL under the platform Web. Then authorize again.',
    link: azure.redirectUrls,
    concerns: 'grant',
    failure: 'consent-revoked',
  },
  7000112: {
    meaning: 'The application is disabled',
    remedy:
      'An administrator of the tenant enables it under Enterprise applications, Properties.',
    link: azure.enterpriseApps,
    concerns: 'client',
    failure: 'client-refused',
  },
  7000215: {
    meaning:
      'The client secret is wrong; often it is the secret’s ID in the place of its value',
    remedy:
      'In the Azure portal, open the application, then Certificates & secrets. The Value is shown only right after a secret is made: make a new one and enter its Value.',
    link: azure.appRegistrations,
    concerns: 'client',
    failure: 'client-refused',
  },
  7000218: {
    meaning:
      'Microsoft expects a client secret or a signed assertion, and none was sent',
    remedy:
      'Enter the client secret, or key and certificate, and choose the client authentication that goes with it.',
    link: azure.appRegistrations,
    concerns: 'client',
    failure: 'client-refused',
  },
  7000222: {
    meaning: 'The client secret has run out',
    remedy:
      'In the Azure portal, open the application, then Certificates & secrets, make a new client secret and enter its Value. Nobody has to authorize again.',
    link: azure.appRegistrations,
    concerns: 'client',
    failure: 'client-refused',
  },
  7000229: {
    meaning: 'The tenant has no enterprise application for this client ID',
    remedy:
      'An administrator of the tenant grants admin consent for the application, which makes one.',
    link: azure.adminConsent,
    concerns: 'tenant',
    failure: 'application-refused',
  },
  90002: {
    meaning: 'Microsoft does not know the tenant in the endpoints',
    remedy:
      'Copy the Directory (tenant) ID from the application’s Overview in the Azure portal into both endpoints, and check that they are of the right cloud.',
    link: azure.appRegistrations,
    concerns: 'tenant',
    failure: 'client-refused',
  },
  90023: {
    meaning: 'The tenant in the endpoints is not a valid one',
    remedy:
      'It has to be a tenant’s ID or domain, or common, organizations or consumers.',
    link: azure.appRegistrations,
    concerns: 'tenant',
    failure: 'client-refused',
  },
  90094: {
    meaning: 'An administrator of the organization has to consent first',
    remedy:
      'An administrator of the tenant grants admin consent for the application; then the owner of the mailbox authorizes again.',
    link: azure.adminConsent,
    concerns: 'account',
  },
  900144: {
    meaning: 'A parameter is missing in the request',
    remedy: 'Check client ID and endpoints of the integration.',
    link: azure.errors,
    concerns: 'request',
  },
  900382: {
    meaning: 'The tenant belongs to another cloud of Microsoft',
    remedy:
      'Choose the cloud that the organization is in; endpoints, scopes and mail servers change with it.',
    link: azure.nationalClouds,
    concerns: 'tenant',
    failure: 'client-refused',
  },
  1002012: {
    meaning:
      'An application that acts in its own name asks for a scope that ends in /.default, and nothing else',
    remedy: 'Take over the recommended scope of the integration.',
    link: azure.applicationAccess,
    concerns: 'scopes',
    failure: 'application-refused',
  },
  // Comes with invalid_grant for whatever does not look like a code, before
  // the client is looked at.
  9002313: {
    meaning: 'Microsoft cannot read the code or token that was sent',
    remedy:
      'With a made-up code this is expected, and Microsoft has then not looked at the client secret: whether it is right shows at the first authorization. At a mailbox, authorize again.',
    link: azure.errors,
    concerns: 'request',
  },
  9002325: {
    meaning: 'Microsoft asks for PKCE, and the request did not hold it',
    remedy:
      'It is always sent from here; if you see this, something on the way took it out.',
    link: azure.errors,
    concerns: 'request',
  },
  9002327: {
    meaning: 'The redirect URL is registered for a single-page application',
    remedy:
      'In the Azure portal, open the application, then Authentication, and register the redirect URL under the platform Web instead.',
    link: azure.redirectUrls,
    concerns: 'redirect-url',
  },
};

/** By the error's word; a `description` tells two meanings of one word apart. */
export const googleErrors: ReadonlyArray<
  ProviderError & { readonly error: string; readonly description?: RegExp }
> = [
  {
    error: 'invalid_client',
    description: /client was not found/i,
    meaning: 'Google does not know this client ID',
    remedy:
      'Copy the client ID from the Google Cloud console; it ends in .apps.googleusercontent.com.',
    link: google.clients,
    concerns: 'client',
  },
  {
    error: 'invalid_client',
    meaning: 'Google knows the client ID but refuses the client secret',
    remedy:
      'Open the client in the Google Cloud console, add or copy a client secret and enter it here.',
    link: google.clients,
    concerns: 'client',
  },
  {
    error: 'deleted_client',
    meaning: 'The client was deleted in the Google Cloud console',
    remedy:
      'Restore it there within 30 days, or make a new one and enter its client ID and client secret.',
    link: google.clients,
    concerns: 'client',
    failure: 'client-refused',
  },
  {
    error: 'disabled_client',
    meaning: 'The client is switched off in the Google Cloud console',
    remedy: 'Switch it on there, or find out who switched it off and why.',
    link: google.clients,
    concerns: 'client',
    failure: 'client-refused',
  },
  {
    error: 'unauthorized_client',
    meaning: 'The client may not be used in this way',
    remedy:
      'In the Google Cloud console the client has to be of the type Web application.',
    link: google.clients,
    concerns: 'client',
  },
  {
    error: 'redirect_uri_mismatch',
    meaning: 'The redirect URL is not among those of the client',
    remedy:
      'Open the client in the Google Cloud console and add the redirect URL of this page under Authorized redirect URIs, character by character. A change may need some minutes.',
    link: google.clients,
    concerns: 'redirect-url',
  },
  {
    error: 'invalid_grant',
    description: /expired or revoked/i,
    meaning: 'The access was withdrawn or has run out',
    remedy:
      'The owner of the mailbox authorizes again. If that is needed every seven days, the app’s publishing status is Testing: an administrator publishes it, or makes its user type Internal.',
    link: google.expiry,
    concerns: 'grant',
  },
  {
    error: 'invalid_grant',
    meaning: 'Google does not accept the code',
    remedy: AUTHORIZE_AGAIN,
    link: google.expiry,
    concerns: 'grant',
  },
  {
    error: 'admin_policy_enforced',
    meaning: 'The organization’s administrator does not allow this app',
    remedy:
      'An administrator of Google Workspace allows the client ID in the admin console, under API controls.',
    link: 'https://support.google.com/a/answer/7281227',
    concerns: 'account',
    failure: 'consent-revoked',
  },
  {
    error: 'org_internal',
    meaning: 'The app is for accounts of its own organization only',
    remedy:
      'Authorize with an account of that organization, or change the app’s user type in the Google Cloud console.',
    link: google.audience,
    concerns: 'account',
  },
  {
    error: 'access_denied',
    meaning: 'The person denied the access, or is not a test user of the app',
    remedy:
      'While the app is in testing, add the account as a test user in the Google Cloud console.',
    link: google.audience,
    concerns: 'account',
  },
  {
    error: 'invalid_scope',
    meaning: 'Google does not know a scope, or it may not be asked for',
    remedy:
      'Enter exactly https://mail.google.com/ and add it to the app under Data access.',
    link: google.scopes,
    concerns: 'scopes',
  },
];

/** RFC 6749 section 5.2 and its neighbours, for whatever provider. */
export const standardErrors: Readonly<Record<string, ProviderError>> = {
  invalid_client: {
    meaning: 'The provider refuses the client ID or the client secret',
    remedy:
      'Compare both with what the provider shows, and the client authentication with what it expects.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-5.2',
    concerns: 'client',
  },
  unauthorized_client: {
    meaning: 'The client may not use authorization codes',
    remedy:
      'Allow the client the grant type authorization_code, and refresh_token, at the provider.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-5.2',
    concerns: 'client',
  },
  invalid_grant: {
    meaning: 'The provider does not accept the code or token',
    remedy: AUTHORIZE_AGAIN,
    concerns: 'grant',
  },
  invalid_scope: {
    meaning: 'The provider does not know a scope, or does not give it',
    remedy: 'Compare the scopes with what the provider documents.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-3.3',
    concerns: 'scopes',
  },
  redirect_uri_mismatch: {
    meaning: 'The redirect URL is not the registered one',
    remedy:
      'Register the redirect URL of this page at the provider, character by character.',
    concerns: 'redirect-url',
  },
  invalid_request: {
    meaning:
      'The provider misses something in the request, or does not take it',
    remedy:
      'Check the token endpoint’s address and the client authentication; the provider’s words may name what it misses.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-5.2',
    concerns: 'request',
  },
  unsupported_grant_type: {
    meaning: 'The provider gives no tokens for authorization codes',
    remedy:
      'Check that the address is the token endpoint, and that the provider supports the authorization code flow.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-5.2',
    concerns: 'client',
    failure: 'consent-refused-by-provider',
  },
};

/** What the words of RFC 6749 section 5.2 mean for the client credentials grant. */
export const applicationErrors: Readonly<Record<string, ProviderError>> = {
  unauthorized_client: {
    meaning: 'The client may not act in its own name',
    remedy: 'Allow the client the grant type client_credentials.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-4.4',
    concerns: 'client',
  },
  invalid_grant: {
    meaning: 'The provider does not let the client act in its own name',
    remedy:
      'An administrator of the provider checks what the client was granted, and the rules for its access.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-4.4',
    concerns: 'client',
  },
  access_denied: {
    meaning: 'The provider denies the client access in its own name',
    remedy:
      'An administrator of the provider checks what the client was granted, and the rules for its access.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-4.4',
    concerns: 'client',
  },
  unsupported_grant_type: {
    meaning: 'The provider gives applications no tokens in their own name',
    remedy:
      'Check that the address is the token endpoint, and that the provider supports the grant type client_credentials.',
    link: 'https://www.rfc-editor.org/rfc/rfc6749#section-4.4',
    concerns: 'client',
  },
};

/** The number of a Microsoft error, from its description. */
export function aadstsNumber(description: string): string | undefined {
  return /AADSTS(\d{5,8})\b/.exec(description)?.[1];
}

/**
 * What an error means. Microsoft's numbers count at every provider, since an
 * integration with Microsoft may have been made by hand as a custom one.
 */
export function findProviderError(options: {
  provider: ProviderId;
  /** What was asked for; the authorization code grant and its renewals unless told. */
  grantType?: GrantType;
  /** RFC 6749's `error`. */
  error?: string;
  /** Its `error_description`. */
  description?: string;
}): ProviderError | undefined {
  const { provider, grantType, error = '', description = '' } = options;
  const number = aadstsNumber(description);
  const ofMicrosoft = number && own(microsoftErrors, number);
  if (ofMicrosoft) {
    return ofMicrosoft;
  }
  const ofApplication =
    grantType === 'client_credentials' && own(applicationErrors, error);
  if (ofApplication) {
    return ofApplication;
  }
  const ofGoogle =
    provider === 'google' &&
    googleErrors.find(
      entry =>
        entry.error === error && (entry.description?.test(description) ?? true),
    );
  return ofGoogle || own(standardErrors, error);
}

// The key is foreign text, and could be `constructor`.
function own<T>(table: Readonly<Record<string, T>>, key: string) {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
