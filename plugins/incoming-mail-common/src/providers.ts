// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { MailHost, ProviderId } from './integrations';

/**
 * What the integration editor must know of a provider to fill its form, and
 * the back end to talk to it. Pure data: a new provider is a row, not a class.
 *
 * @public
 */
export interface OAuthProviderInfo {
  readonly id: ProviderId;
  /** The name that people know. */
  readonly title: string;
  /** The `iss` of the provider's ID tokens and authorization responses (RFC 9207), where it is one fixed value. */
  readonly issuer?: string;
  /** RFC 6749 section 3.1; absent where the administrator types it. */
  readonly authorizationEndpoint?: string;
  /** RFC 6749 section 3.2; absent where the administrator types it. */
  readonly tokenEndpoint?: string;
  /** RFC 7009; absent where the provider has none. */
  readonly revocationEndpoint?: string;
  /** Preset in the editor; the administrator may change them. */
  readonly recommendedScopes: readonly string[];
  /** Sent with each authorization request so that a refresh token is given. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  /** Servers that a token of this provider may be shown to. */
  readonly mailHosts: readonly MailHost[];
  /** Documentation of the provider, shown beside the fields. */
  readonly links: {
    /** Which scopes give access to mail. */
    readonly scopes?: string;
    /** How the authorization code flow goes. */
    readonly flow?: string;
    /** Which redirect URLs are accepted. */
    readonly redirectUrls?: string;
    /** Where a client is registered. */
    readonly console?: string;
  };
}

/** The clouds of Microsoft, which know nothing of each other's accounts. @public */
export const microsoftCloudSchema = z.enum([
  'global',
  'us-government',
  'china',
]);

/** See {@link microsoftCloudSchema}. @public */
export type MicrosoftCloud = z.infer<typeof microsoftCloudSchema>;

/** Where one of Microsoft's clouds is found. @public */
export interface MicrosoftCloudInfo {
  /** Origin of the authorization and token endpoints. */
  readonly authority: string;
  /** Other origins of the same authority. */
  readonly formerAuthorities: readonly string[];
  /** What scopes for mail begin with; the first one is recommended. */
  readonly mailResources: readonly string[];
  /** What an application asks for in its own name: all that it was granted beforehand. */
  readonly applicationScope: string;
  /** Speaks IMAP at 993 and POP3 at 995, both over TLS. */
  readonly mailHost: string;
  /** Where clients are registered. */
  readonly portal: string;
}

/**
 * Authority, scopes and mail servers belong together: those of one cloud are
 * refused by another with AADSTS900382.
 *
 * Sources: Microsoft "National clouds" and "Authenticate an IMAP, POP or SMTP
 * connection using OAuth". That page has no scopes for China; ours are those
 * that Microsoft's own test tools use.
 *
 * @public
 */
export const microsoftClouds: Readonly<
  Record<MicrosoftCloud, MicrosoftCloudInfo>
> = {
  global: {
    authority: 'https://login.microsoftonline.com',
    formerAuthorities: ['https://login.windows.net'],
    mailResources: [
      'https://outlook.office.com',
      'https://outlook.office365.com',
    ],
    applicationScope: 'https://outlook.office365.com/.default',
    mailHost: 'outlook.office365.com',
    portal: 'https://portal.azure.com',
  },
  // GCC High and DoD; the plain GCC is part of the global cloud.
  'us-government': {
    authority: 'https://login.microsoftonline.us',
    formerAuthorities: [],
    mailResources: ['https://outlook.office365.us'],
    applicationScope: 'https://outlook.office365.us/.default',
    mailHost: 'outlook.office365.us',
    portal: 'https://portal.azure.us',
  },
  // Operated by 21Vianet.
  china: {
    authority: 'https://login.partner.microsoftonline.cn',
    formerAuthorities: ['https://login.chinacloudapi.cn'],
    mailResources: ['https://partner.outlook.cn'],
    applicationScope: 'https://partner.outlook.cn/.default',
    mailHost: 'partner.outlook.cn',
    portal: 'https://portal.azure.cn',
  },
};

/**
 * Whose accounts a Microsoft endpoint is for: `common`, `organizations`,
 * `consumers`, or one tenant by its ID or a domain of its.
 *
 * @public
 */
export const microsoftTenantSchema = z
  .string()
  .trim()
  .min(1, 'is required')
  .max(253)
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i,
    'is neither a tenant ID nor a domain, nor common, organizations or consumers',
  );

/** The names that stand for accounts of more than one tenant. @public */
export const microsoftSharedTenants: readonly string[] = [
  'common',
  'organizations',
  'consumers',
];

/**
 * Whether an endpoint of Microsoft is that of no tenant in particular. An
 * application that acts in its own name cannot use it.
 *
 * @public
 */
export function isSharedMicrosoftEndpoint(endpoint: string): boolean {
  if (!microsoftCloudOf(endpoint)) {
    return false;
  }
  const [, tenant] = new URL(endpoint.trim()).pathname.split('/');
  return microsoftSharedTenants.includes(tenant.toLowerCase());
}

/** One set of Microsoft's endpoints. @public */
export interface MicrosoftTenant {
  /** See {@link microsoftTenantSchema}. */
  readonly tenant: string;
  readonly cloud: MicrosoftCloud;
}

/** What an integration needs for a Microsoft tenant. @public */
export interface MicrosoftSettings {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Only of a tenant ID: under any other name it is that of each account's own tenant. */
  readonly issuer?: string;
  readonly scopes: readonly string[];
  /** In the place of `scopes`, where the application acts in its own name. */
  readonly applicationScopes: readonly string[];
  readonly mailHosts: readonly MailHost[];
}

const tenantIdPattern =
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Endpoints, scopes and mail servers for a tenant in a cloud. The tenant is
 * not judged here; see {@link microsoftTenantSchema}.
 *
 * @public
 */
export function microsoftSettings(options: MicrosoftTenant): MicrosoftSettings {
  const { authority, mailResources, applicationScope, mailHost } =
    microsoftClouds[options.cloud];
  const tenant = encodeURIComponent(options.tenant.trim());
  const base = `${authority}/${tenant}`;
  return {
    authorizationEndpoint: `${base}/oauth2/v2.0/authorize`,
    tokenEndpoint: `${base}/oauth2/v2.0/token`,
    ...(tenantIdPattern.test(tenant) && {
      issuer: `${base.toLowerCase()}/v2.0`,
    }),
    // Full resource URLs: the short form would mean Microsoft Graph and give
    // a token that Exchange Online refuses.
    scopes: [
      `${mailResources[0]}/IMAP.AccessAsUser.All`,
      `${mailResources[0]}/POP.AccessAsUser.All`,
      'offline_access',
    ],
    applicationScopes: [applicationScope],
    mailHosts: [
      { protocol: 'imap', host: mailHost, port: 993, security: 'tls' },
      { protocol: 'pop3', host: mailHost, port: 995, security: 'tls' },
    ],
  };
}

/**
 * The inverse of {@link microsoftSettings}: tenant and cloud of an
 * authorization endpoint, `undefined` where it is not one of Microsoft's.
 *
 * @public
 */
export function microsoftSettingsOf(
  authorizationEndpoint: string,
): MicrosoftTenant | undefined {
  const cloud = microsoftCloudOf(authorizationEndpoint);
  if (!cloud) {
    return undefined;
  }
  const { pathname, search, hash } = new URL(authorizationEndpoint.trim());
  const match = /^\/([^/]+)\/oauth2\/v2\.0\/authorize$/.exec(pathname);
  const tenant = microsoftTenantSchema.safeParse(match?.[1]);
  return tenant.success && search === '' && hash === ''
    ? { tenant: tenant.data, cloud }
    : undefined;
}

/** The cloud that an endpoint of Microsoft belongs to. @public */
export function microsoftCloudOf(endpoint: string): MicrosoftCloud | undefined {
  if (!URL.canParse(endpoint.trim())) {
    return undefined;
  }
  const { origin } = new URL(endpoint.trim());
  return microsoftCloudSchema.options.find(cloud => {
    const { authority, formerAuthorities } = microsoftClouds[cloud];
    return [authority, ...formerAuthorities].includes(origin);
  });
}

/**
 * Where an administrator of Microsoft consents for all accounts of a tenant,
 * to be sent to whoever may do that. Not for `consumers`, who have none.
 *
 * @public
 */
export function microsoftAdminConsentUrl(
  options: MicrosoftTenant & { clientId: string },
): string | undefined {
  const { cloud, clientId } = options;
  if (options.tenant === 'consumers' || clientId.trim() === '') {
    return undefined;
  }
  // An administrator signs in with an account of an organization.
  const tenant =
    options.tenant === 'common' ? 'organizations' : options.tenant.trim();
  const url = new URL(
    `/${encodeURIComponent(tenant)}/adminconsent`,
    microsoftClouds[cloud].authority,
  );
  url.searchParams.set('client_id', clientId.trim());
  return url.href;
}

/**
 * What Google's user type and publishing status mean for a client with the
 * mail scope, which is a *restricted* one.
 *
 * Sources: Google "Manage App Audience", "Restricted scope verification" and
 * "Using OAuth 2.0 to Access Google APIs", refresh token expiration.
 *
 * @public
 */
export const googleAudience = {
  /** User type External, publishing status Testing: every consent ends after so long. */
  testingConsentDays: 7,
  /** In testing, and as long as the client is not verified, for good. */
  userLimit: 100,
  /** The user type that needs no verification and has neither limit. */
  exemptUserType: 'Internal',
  links: {
    userType: 'https://support.google.com/cloud/answer/15549945',
    verification:
      'https://developers.google.com/identity/protocols/oauth2/production-readiness/restricted-scope-verification',
    apiLibrary:
      'https://console.cloud.google.com/apis/library/gmail.googleapis.com',
    consentScreen: 'https://console.cloud.google.com/auth/overview',
  },
} as const;

/**
 * How long what Microsoft gives a client lasts, and where that is explained.
 *
 * Sources: Microsoft "Refresh tokens in the Microsoft identity platform" and
 * "Add and manage application credentials".
 *
 * @public
 */
export const microsoftRegistration = {
  /** The longest time that the portal offers for a client secret. */
  secretMaxMonths: 24,
  /** Unused for so long, a refresh token of a web client ends. */
  refreshTokenDays: 90,
  /** The same, where the redirect URL was registered for a single-page application. */
  singlePageRefreshTokenHours: 24,
  links: {
    applicationAccess:
      'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#use-client-credentials-grant-flow-to-authenticate-smtp-imap-and-pop-connections',
    register:
      'https://learn.microsoft.com/entra/identity-platform/quickstart-register-app',
    adminConsent:
      'https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent',
  },
} as const;

const microsoftCommon = microsoftSettings({
  tenant: 'common',
  cloud: 'global',
});

/**
 * The providers that come with the plugin.
 *
 * Sources: Google "Using OAuth 2.0 for Web Server Applications" and "IMAP,
 * POP, and SMTP"; Microsoft "Authenticate an IMAP, POP or SMTP connection
 * using OAuth".
 *
 * @public
 */
export const oauthProviders: Readonly<Record<ProviderId, OAuthProviderInfo>> = {
  google: {
    id: 'google',
    title: 'Google',
    issuer: 'https://accounts.google.com',
    authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
    recommendedScopes: ['https://mail.google.com/'],
    // Without prompt=consent a second consent of one person returns no
    // refresh token.
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    mailHosts: [
      { protocol: 'imap', host: 'imap.gmail.com', port: 993, security: 'tls' },
      { protocol: 'pop3', host: 'pop.gmail.com', port: 995, security: 'tls' },
    ],
    links: {
      scopes:
        'https://developers.google.com/workspace/gmail/imap/xoauth2-protocol',
      flow: 'https://developers.google.com/identity/protocols/oauth2/web-server',
      redirectUrls:
        'https://developers.google.com/identity/protocols/oauth2/web-server#uri-validation',
      console: 'https://console.cloud.google.com/apis/credentials',
    },
  },
  microsoft: {
    id: 'microsoft',
    title: 'Microsoft',
    authorizationEndpoint: microsoftCommon.authorizationEndpoint,
    tokenEndpoint: microsoftCommon.tokenEndpoint,
    recommendedScopes: microsoftCommon.scopes,
    authorizationParameters: { prompt: 'select_account' },
    mailHosts: microsoftCommon.mailHosts,
    links: {
      scopes:
        'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth',
      flow: 'https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow',
      redirectUrls:
        'https://learn.microsoft.com/entra/identity-platform/reply-url',
      console: microsoftClouds.global.portal,
    },
  },
  custom: {
    id: 'custom',
    title: 'Custom',
    recommendedScopes: ['openid', 'email', 'offline_access'],
    // OpenID Connect Core section 11: offline_access is given only when
    // consent is asked for.
    authorizationParameters: { prompt: 'consent' },
    mailHosts: [],
    links: {
      flow: 'https://www.rfc-editor.org/rfc/rfc6749#section-4.1',
    },
  },
};
