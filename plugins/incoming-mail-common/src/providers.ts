// SPDX-License-Identifier: Apache-2.0
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
    readonly scopes?: string;
    readonly flow?: string;
  };
}

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
    },
  },
  microsoft: {
    id: 'microsoft',
    title: 'Microsoft',
    authorizationEndpoint:
      'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    tokenEndpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    // Full resource URLs: the short form would mean Microsoft Graph and give
    // a token that Exchange Online refuses.
    recommendedScopes: [
      'https://outlook.office.com/IMAP.AccessAsUser.All',
      'https://outlook.office.com/POP.AccessAsUser.All',
      'offline_access',
    ],
    authorizationParameters: { prompt: 'select_account' },
    mailHosts: [
      {
        protocol: 'imap',
        host: 'outlook.office365.com',
        port: 993,
        security: 'tls',
      },
      {
        protocol: 'pop3',
        host: 'outlook.office365.com',
        port: 995,
        security: 'tls',
      },
    ],
    links: {
      scopes:
        'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth',
      flow: 'https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow',
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
