// SPDX-License-Identifier: Apache-2.0
import {
  ClientAuthentication,
  isReservedAuthorizationParameter,
  lintScopes,
  MailHost,
} from '@postroom/plugin-incoming-mail-common';
import { FieldError } from '../../http';
import { isLoopbackUrl } from './redirectUrl';
import { IntegrationRecord, IntegrationSettings } from './types';

/**
 * Whether an integration can be used for a consent: the provider can tell who
 * we are.
 */
export function isReady(
  integration: Pick<
    IntegrationRecord,
    'settings' | 'hasClientSecret' | 'hasClientKey'
  >,
): boolean {
  const { clientId, clientAuthentication } = integration.settings;
  if (clientId === undefined) {
    return false;
  }
  return needsSecret(clientAuthentication)
    ? integration.hasClientSecret
    : clientAuthentication === 'none' || integration.hasClientKey;
}

/** Whether the client proves itself by a secret that it shows. */
export function needsSecret(method: ClientAuthentication): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/**
 * Whether a change of settings means another provider or another client. The
 * secret and the tokens we hold were given for the former one and must not be
 * sent to the new one (RFC 9700 section 4.9).
 */
export function changesTrust(
  before: IntegrationSettings,
  after: IntegrationSettings,
): boolean {
  return (
    before.issuer !== after.issuer ||
    before.authorizationEndpoint !== after.authorizationEndpoint ||
    before.tokenEndpoint !== after.tokenEndpoint ||
    before.clientId !== after.clientId ||
    entrustsRevocation(before, after)
  );
}

/**
 * Whether what mailboxes were given is of no use any more: it was for another
 * client, or came about in another way.
 */
export function voidsGrants(
  before: IntegrationSettings,
  after: IntegrationSettings,
): boolean {
  return changesTrust(before, after) || before.grantType !== after.grantType;
}

/**
 * A revocation endpoint is sent secret and tokens as well. One beside the
 * token endpoint is who has them already.
 */
function entrustsRevocation(
  before: IntegrationSettings,
  { revocationEndpoint, tokenEndpoint }: IntegrationSettings,
): boolean {
  return (
    revocationEndpoint !== undefined &&
    revocationEndpoint !== before.revocationEndpoint &&
    new URL(revocationEndpoint).origin !== new URL(tokenEndpoint).origin
  );
}

/** Whether a mailbox may be authorized through the integration; no list means any. */
export function isDomainAllowed(
  address: string,
  allowedDomains: readonly string[],
): boolean {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  return allowedDomains.length === 0 || allowedDomains.includes(domain);
}

const protocols = ['imap', 'pop3'] as const;

/**
 * What the scopes give access by, for those who may not see them. Which scope
 * of an unknown provider is for mail is not known: there, both.
 */
export function grantedProtocols(
  settings: Pick<IntegrationSettings, 'provider' | 'scopes' | 'tokenEndpoint'>,
): MailHost['protocol'][] {
  return protocols.filter(
    protocol =>
      !lintScopes({ ...settings, mailHosts: [{ protocol }] }).some(
        ({ code }) =>
          code === 'google-mail-scope-missing' ||
          code === 'microsoft-imap-scope-missing' ||
          code === 'microsoft-pop-scope-missing',
      ),
  );
}

const urlFields = [
  'issuer',
  'authorizationEndpoint',
  'tokenEndpoint',
  'revocationEndpoint',
] as const;

/** Finds what the schema cannot know: it depends on this installation. */
export function findSettingsErrors(
  settings: IntegrationSettings,
  options: { allowHttpLoopback: boolean },
): FieldError[] {
  return [
    ...urlFields
      .filter(field => !isSecure(settings[field], options))
      .map(field => ({ path: `body.${field}`, message: 'must be https' })),
    ...findReservedQuery(settings.authorizationEndpoint),
    ...settings.scopes.flatMap((scope, index) => {
      const message = scopeError(settings, scope);
      return message ? [{ path: `body.scopes.${index}`, message }] : [];
    }),
  ];
}

/**
 * The query of an authorization endpoint is kept (RFC 6749 section 3.1); what
 * stands in it must not speak in the place of a parameter of ours, such as
 * `request_uri`, which stands for all of them (RFC 9101).
 */
function findReservedQuery(authorizationEndpoint: string): FieldError[] {
  const { searchParams } = new URL(authorizationEndpoint);
  const reserved = [...searchParams.keys()].find(
    isReservedAuthorizationParameter,
  );
  return reserved === undefined
    ? []
    : [
        {
          path: 'body.authorizationEndpoint',
          message: `must not hold the parameter ${reserved}, which is made for each request`,
        },
      ];
}

function isSecure(
  url: string | undefined,
  { allowHttpLoopback }: { allowHttpLoopback: boolean },
): boolean {
  return (
    url === undefined ||
    new URL(url).protocol === 'https:' ||
    (allowHttpLoopback && isLoopbackUrl(url))
  );
}

// The mail permissions of Exchange Online without their resource: Microsoft
// takes them for Microsoft Graph's and issues tokens that the mail servers
// refuse with nothing but "AUTHENTICATE failed".
const shortMailScope = /^(?:IMAP|POP)\.AccessAsUser\.All$/i;

function scopeError(
  settings: IntegrationSettings,
  scope: string,
): string | undefined {
  return settings.provider === 'microsoft' && shortMailScope.test(scope)
    ? `would be understood as Microsoft Graph's; write https://outlook.office.com/${scope}`
    : undefined;
}
