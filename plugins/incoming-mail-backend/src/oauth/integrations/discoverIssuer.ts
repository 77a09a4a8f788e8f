// SPDX-License-Identifier: Apache-2.0
import { isError } from '@backstage/errors';
import { DiscoveredIssuer } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import * as oauth from 'oauth4webapi';
import { z } from 'zod';
import type { GuardedFetch } from '../../egress';
import { FieldsError } from '../../http';
import { isLoopbackUrl } from './redirectUrl';

const TIMEOUT_MS = 20_000;

const MAX_URL_LENGTH = 2_048;
const MAX_SCOPES = 100;
const MAX_METHODS = 20;

// As the settings of an integration have them (RFC 6749 appendix A.4).
const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]{1,500}$/;
const methodPattern = /^\w{1,50}$/;

// Lists are taken as far as they are good: nothing depends on them.
const wordsSchema = z.array(z.unknown()).catch([]);

const metadataSchema = z.object({
  issuer: z.string().max(MAX_URL_LENGTH),
  authorization_endpoint: z.unknown().optional(),
  token_endpoint: z.unknown().optional(),
  revocation_endpoint: z.unknown().optional(),
  scopes_supported: wordsSchema.optional(),
  token_endpoint_auth_methods_supported: wordsSchema.optional(),
  authorization_response_iss_parameter_supported: z.unknown().optional(),
});

/** What discovering works with. */
export interface DiscoveryDeps {
  readonly fetch: GuardedFetch;
  /** Whether addresses on this very machine may be http. */
  readonly allowHttpLoopback: boolean;
}

/**
 * Reads what an issuer says of itself: OpenID Connect Discovery 1.0, else
 * RFC 8414. It is believed only about the issuer that was asked for (RFC 8414
 * section 3.3): another one's document could lead codes and secrets to
 * endpoints that are not its own (mix-up, RFC 9700 section 4.4). Nothing is
 * stored; an administrator sees the result before it is taken over.
 *
 * @throws FieldsError on `body.issuer`
 */
export async function discoverIssuer(
  issuer: string,
  deps: DiscoveryDeps,
): Promise<DiscoveredIssuer> {
  const url = new URL(issuer);
  if (!isSecure(issuer, deps)) {
    throw refusal('must be https');
  }
  if (url.search || url.hash || url.username || url.password) {
    // RFC 8414 section 2.
    throw refusal('must not have a query, a fragment or a user name');
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const metadata =
    (await read(url, 'oidc', signal, deps)) ??
    (await read(url, 'oauth2', signal, deps));
  if (!metadata) {
    throw refusal(
      'says nothing of itself: there is no discovery document at /.well-known/openid-configuration, nor at /.well-known/oauth-authorization-server. Enter the endpoints by hand',
    );
  }
  return toDiscovered(metadata, deps);
}

/** Undefined where no document is to be had; the other place may have one. */
async function read(
  issuer: URL,
  algorithm: 'oidc' | 'oauth2',
  signal: AbortSignal,
  deps: DiscoveryDeps,
): Promise<oauth.AuthorizationServer | undefined> {
  try {
    const response = await oauth.discoveryRequest(issuer, {
      algorithm,
      signal,
      [oauth.customFetch]: deps.fetch,
      [oauth.allowInsecureRequests]: isSecure(issuer.href, deps),
    });
    if (response.status !== 200) {
      return undefined;
    }
    return await oauth.processDiscoveryResponse(issuer, response);
  } catch (error) {
    if (MailFailure.is(error)) {
      throw refusal(describeFailure(error));
    }
    if (signal.aborted) {
      throw refusal('did not answer in time');
    }
    if (isMismatch(error)) {
      throw refusal(describeMismatch(error, issuer));
    }
    if (isNoDocument(error)) {
      return undefined;
    }
    throw error;
  }
}

function isMismatch(error: unknown): error is oauth.OperationProcessingError {
  return (
    error instanceof oauth.OperationProcessingError &&
    error.code === oauth.JSON_ATTRIBUTE_COMPARISON
  );
}

function isNoDocument(error: unknown): boolean {
  return (
    error instanceof oauth.OperationProcessingError ||
    // The library parses the issuer in the document without looking first.
    (isError(error) && error.code === 'ERR_INVALID_URL')
  );
}

function describeFailure({ code, detail }: MailFailure): string {
  switch (code) {
    case 'host-not-allowed':
      return 'may not be reached from here; a private address has to be allowed under incomingMail.egress.allowPrivate in app-config';
    case 'host-not-found':
      return 'has a host name that could not be resolved';
    case 'plaintext-refused':
      return 'must be https';
    case 'tls-failed':
      return 'has a certificate that is not trusted here, is out of date or is for another name';
    case 'token-reply-unusable':
      // Our own words: a redirect, or a document without end.
      return `could not be read: ${lowerFirst(
        detail ?? 'the answer is no use',
      )}`;
    default:
      return 'did not answer';
  }
}

// Microsoft's documents for several tenants name none, or a placeholder.
const MULTITENANT = /^\/(?:common|organizations|consumers)(?:\/|$)/;

function describeMismatch(
  error: oauth.OperationProcessingError,
  asked: URL,
): string {
  if (MULTITENANT.test(asked.pathname)) {
    return 'is for accounts of several tenants, which are issuers each of their own: write the tenant’s ID in its place, or choose Microsoft as the provider';
  }
  const named = namedIssuer(error.cause);
  return named
    ? `names another issuer in its document, ${named}; ask for that one if it is the right one`
    : 'names another issuer in its document';
}

const causeSchema = z.object({
  body: z.object({ issuer: z.url().max(200) }),
});

function namedIssuer(cause: unknown): string | undefined {
  const issuer = causeSchema.safeParse(cause).data?.body.issuer;
  // As a URL it holds nothing that could pass for something else on a page.
  return issuer && new URL(issuer).href;
}

function toDiscovered(
  document: oauth.AuthorizationServer,
  deps: DiscoveryDeps,
): DiscoveredIssuer {
  const parsed = metadataSchema.safeParse(document);
  if (!parsed.success) {
    throw refusal('answers with something that is no discovery document');
  }
  const { data } = parsed;
  const endpoint = (name: EndpointName) => readEndpoint(data[name], name, deps);
  return {
    issuer: data.issuer,
    authorizationEndpoint: endpoint('authorization_endpoint'),
    tokenEndpoint: endpoint('token_endpoint'),
    revocationEndpoint:
      // Some write null for "none".
      (data.revocation_endpoint ?? undefined) === undefined
        ? undefined
        : endpoint('revocation_endpoint'),
    scopesSupported: pick(data.scopes_supported, scopePattern, MAX_SCOPES),
    clientAuthenticationMethods: pick(
      // RFC 8414 section 2: what holds where nothing is said.
      data.token_endpoint_auth_methods_supported ?? ['client_secret_basic'],
      methodPattern,
      MAX_METHODS,
    ),
    issDeclared: data.authorization_response_iss_parameter_supported === true,
  };
}

type EndpointName =
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'revocation_endpoint';

function readEndpoint(
  value: unknown,
  name: EndpointName,
  deps: DiscoveryDeps,
): string {
  const words = name.replace('_', ' ');
  if (typeof value !== 'string') {
    throw refusal(`names no ${words} in its document`);
  }
  if (value.length > MAX_URL_LENGTH || !URL.canParse(value)) {
    throw refusal(`names a ${words} that is not an address`);
  }
  const { username, password } = new URL(value);
  if (value.includes('#') || username || password) {
    throw refusal(`names a ${words} with a fragment or a user name`);
  }
  if (!isSecure(value, deps)) {
    throw refusal(`names a ${words} that is not https`);
  }
  return value;
}

function pick(
  values: readonly unknown[] | undefined,
  pattern: RegExp,
  limit: number,
): string[] {
  return (values ?? [])
    .filter((value): value is string => typeof value === 'string')
    .filter(value => pattern.test(value))
    .slice(0, limit);
}

function isSecure(
  value: string,
  { allowHttpLoopback }: DiscoveryDeps,
): boolean {
  const { protocol } = new URL(value);
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && allowHttpLoopback && isLoopbackUrl(value))
  );
}

function refusal(message: string): FieldsError {
  return new FieldsError([{ path: 'body.issuer', message }]);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
