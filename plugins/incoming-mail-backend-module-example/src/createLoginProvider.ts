// SPDX-License-Identifier: Apache-2.0
import { OAuthProvider } from '@postroom/plugin-incoming-mail-node';

const REALM = 'https://login.corp.example/realms/corp';
const PROTOCOL = `${REALM}/protocol/openid-connect`;

/** The Keycloak realm of a company, in front of its own mail server. */
export function createLoginProvider(): OAuthProvider {
  return {
    description: {
      id: 'example-login',
      title: 'Corp login',
      description: 'Mailboxes of the company, at mail.corp.example.',
      issuer: REALM,
      authorizationEndpoint: `${PROTOCOL}/auth`,
      tokenEndpoint: `${PROTOCOL}/token`,
      revocationEndpoint: `${PROTOCOL}/revoke`,
      recommendedScopes: ['openid', 'email', 'offline_access', 'mail'],
      clientAuthentication: 'client_secret_basic',
      mailHosts: [
        {
          protocol: 'imap',
          host: 'mail.corp.example',
          port: 993,
          security: 'tls',
        },
      ],
      links: { console: 'https://login.corp.example/admin/corp/console' },
    },
    // Keycloak gives a refresh token for offline_access without being asked.
    authorizationParameters: {},
    decodeError: ({ error, description }) =>
      error === 'unauthorized_client' && /client credentials/i.test(description)
        ? {
            meaning: 'The realm does not know the client or its secret',
            remedy: 'Ask the identity team to renew the secret of the client.',
            link: 'https://login.corp.example/help',
            concerns: 'client',
          }
        : undefined,
  };
}
