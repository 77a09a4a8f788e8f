// SPDX-License-Identifier: Apache-2.0
import {
  hasTemplatedIssuer,
  microsoftIssuerOf,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import * as oauth from 'oauth4webapi';
import type { GuardedFetch } from '../egress';
import { randomToken, Secret } from '../secrets';
import { toClientAuth } from './clientAuthentication';
import { isLoopbackUrl } from './integrations/redirectUrl';
import { IntegrationRecord } from './integrations/types';
import {
  judgeApplicationResponse,
  judgeConsentResponse,
  judgeRefreshResponse,
  TokenResponse,
  TokenVerdict,
} from './judgeTokenResponse';
import {
  readTokenRefusal,
  TokenRefusal,
  TokenRequestKind,
  toTokenFailure,
} from './oauthFailures';
import { readTenantId } from './readTenantId';
import { readReply, TokenReply, toResponse } from './tokenReply';
import { TokenSet } from './vault/types';

// The only file that sends something to a token endpoint. The fetch that is
// handed in is the guarded one: it bounds time and size, follows no redirect
// and reaches no private address.

const DEADLINE_MS = 10_000;

// How far the clocks of a provider and ours may differ, for an ID token.
const CLOCK_TOLERANCE_SECONDS = 300;

// An ID token that comes from the token endpoint itself needs no check of its
// signature (OpenID Connect Core section 3.1.3.7, 6), but it must be signed by
// the provider: `none` is refused.
const ID_TOKEN_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** An authorization code with all that it is bound to. */
export interface CodeRedemption {
  readonly code: Secret;
  /** RFC 7636. */
  readonly verifier: Secret;
  readonly redirectUri: string;
  /** What the ID token must hold; absent where none was asked for. */
  readonly nonce?: string;
}

/** The claims of an ID token that say whose it is; not judged yet. */
export interface AccountClaims {
  readonly email?: unknown;
  readonly email_verified?: unknown;
  /** Microsoft's tenant. */
  readonly tid?: unknown;
}

/** What a token endpoint answered to a code that nobody was ever given. */
export interface TokenProbe {
  readonly status: number;
  /** Absent where the answer is not that of a token endpoint. */
  readonly refusal?: TokenRefusal;
}

/** Sends neither client ID nor secret. */
const nobody: oauth.ClientAuth = () => {};

/** Sends token requests (RFC 6749 sections 4.1.3, 4.4.2 and 6) as a given client. */
export class TokenEndpoint {
  readonly #fetch: GuardedFetch;
  readonly #allowHttpLoopback: boolean;

  constructor(options: {
    fetch: GuardedFetch;
    /** Whether an endpoint on this very machine may be http. */
    allowHttpLoopback: boolean;
  }) {
    this.#fetch = options.fetch;
    this.#allowHttpLoopback = options.allowHttpLoopback;
  }

  /**
   * Redeems a code. With a nonce, the reply must hold an ID token of the
   * integration's issuer for our client, with that nonce, that has not run
   * out.
   *
   * @throws MailFailure
   */
  async redeemCode(
    integration: IntegrationRecord,
    redemption: CodeRedemption,
  ): Promise<{ tokens: TokenSet; account?: AccountClaims }> {
    const { code, verifier, redirectUri, nonce } = redemption;
    const { response, reply } = await this.#request(integration, {
      kind: 'code',
      grantType: 'authorization_code',
      parameters: {
        code: code.reveal(),
        code_verifier: verifier.reveal(),
        redirect_uri: redirectUri,
      },
      secrets: [code, verifier],
    });
    const tokens = accepted(
      judgeConsentResponse(response, integration.settings.scopes),
    );
    return nonce === undefined
      ? { tokens }
      : { tokens, account: await readAccount(integration, reply, nonce) };
  }

  /**
   * Gets a new access token. Not to be aborted: the provider may rotate the
   * refresh token with the answer.
   *
   * @throws MailFailure
   */
  async refresh(
    integration: IntegrationRecord,
    refreshToken: Secret,
  ): Promise<TokenSet> {
    const { response } = await this.#request(integration, {
      kind: 'refresh',
      grantType: 'refresh_token',
      parameters: { refresh_token: refreshToken.reveal() },
      secrets: [refreshToken],
    });
    return accepted(
      judgeRefreshResponse(response, integration.settings.scopes),
    );
  }

  /**
   * Gets an access token for the application itself (RFC 6749 section 4.4).
   * There is no refresh token: a new one is got in the same way.
   *
   * @throws MailFailure
   */
  async requestForApplication(
    integration: IntegrationRecord,
    options: { signal?: AbortSignal } = {},
  ): Promise<TokenSet> {
    const { scopes } = integration.settings;
    const { response } = await this.#request(integration, {
      kind: 'application',
      grantType: 'client_credentials',
      parameters: { scope: scopes.join(' ') },
      secrets: [],
      signal: options.signal,
    });
    return accepted(judgeApplicationResponse(response, scopes));
  }

  /**
   * Sends a made-up code, as the client or as nobody. What is asked for is
   * refused either way; how tells what the provider thinks of the endpoint,
   * the client and the redirect URL. An answer that is no refusal is not read.
   *
   * @throws MailFailure where no answer comes, or no client can be shown
   */
  async probe(
    integration: IntegrationRecord,
    options: {
      redirectUri: string;
      as: 'client' | 'nobody';
      signal: AbortSignal;
    },
  ): Promise<TokenProbe> {
    const { settings } = integration;
    const { redirectUri, as, signal } = options;
    const code = new Secret(randomToken());
    const verifier = new Secret(randomToken());
    const clientSecret =
      as === 'client' ? await integration.openClientSecret() : undefined;
    const clientKey =
      as === 'client' ? await integration.openClientKey() : undefined;
    const secrets = [code, verifier, ...(clientSecret ? [clientSecret] : [])];
    try {
      const reply = await this.#send(integration, {
        grantType: 'authorization_code',
        parameters: {
          code: code.reveal(),
          code_verifier: verifier.reveal(),
          redirect_uri: redirectUri,
        },
        authentication:
          as === 'client'
            ? toClientAuth(
                settings.clientAuthentication,
                clientSecret,
                clientKey,
              )
            : nobody,
        signal,
      });
      return {
        status: reply.status,
        refusal: readTokenRefusal(reply, secrets),
      };
    } catch (error) {
      throw toTokenFailure(error, { kind: 'code', secrets });
    }
  }

  async #request(
    integration: IntegrationRecord,
    request: {
      kind: TokenRequestKind;
      grantType: string;
      parameters: Record<string, string>;
      secrets: readonly Secret[];
      signal?: AbortSignal;
    },
  ): Promise<{ response: TokenResponse; reply: TokenReply }> {
    const { kind, grantType, parameters, signal } = request;
    const clientSecret = await integration.openClientSecret();
    const clientKey = await integration.openClientKey();
    const secrets = clientSecret
      ? [...request.secrets, clientSecret]
      : request.secrets;
    const server = serverOf(integration);
    const client = clientOf(integration);
    let reply: TokenReply | undefined;
    try {
      reply = await this.#send(integration, {
        grantType,
        parameters,
        authentication: toClientAuth(
          integration.settings.clientAuthentication,
          clientSecret,
          clientKey,
        ),
        signal,
      });
      const response = await oauth.processGenericTokenEndpointResponse(
        server,
        client,
        toResponse(reply, { withIdToken: false }),
      );
      return { response, reply };
    } catch (error) {
      throw toTokenFailure(error, {
        kind,
        status: reply?.status,
        retryAfterMs: reply?.retryAfterMs,
        secrets,
      });
    }
  }

  async #send(
    integration: IntegrationRecord,
    request: {
      grantType: string;
      parameters: Record<string, string>;
      authentication: oauth.ClientAuth;
      signal?: AbortSignal;
    },
  ): Promise<TokenReply> {
    const { grantType, parameters, authentication, signal } = request;
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    return readReply(
      await oauth.genericTokenEndpointRequest(
        serverOf(integration),
        clientOf(integration),
        authentication,
        grantType,
        parameters,
        {
          [oauth.customFetch]: this.#fetch,
          [oauth.allowInsecureRequests]: this.#mayBeHttp(integration),
          signal: signal ? AbortSignal.any([deadline, signal]) : deadline,
        },
      ),
    );
  }

  #mayBeHttp(integration: IntegrationRecord): boolean {
    return (
      this.#allowHttpLoopback &&
      isLoopbackUrl(integration.settings.tokenEndpoint)
    );
  }
}

function accepted(verdict: TokenVerdict): TokenSet {
  if (verdict.kind === 'refused') {
    throw new MailFailure(
      verdict.code,
      `The token endpoint's answer is refused: ${verdict.detail}`,
      { detail: verdict.detail },
    );
  }
  return verdict.tokens;
}

/** Any fault of the ID token means that we do not know whose grant it is. */
async function readAccount(
  integration: IntegrationRecord,
  reply: TokenReply,
  nonce: string,
): Promise<AccountClaims> {
  try {
    const response = await oauth.processAuthorizationCodeResponse(
      idTokenServerOf(integration, reply),
      clientOf(integration),
      toResponse(reply, { withIdToken: true }),
      { expectedNonce: nonce, requireIdToken: true },
    );
    const claims = oauth.getValidatedIdTokenClaims(response);
    return {
      email: claims?.email ?? signInNameOf(integration, claims),
      email_verified: claims?.email_verified,
      tid: claims?.tid,
    };
  } catch (error) {
    const detail =
      error instanceof Error ? error.message : 'The ID token is not valid';
    throw new MailFailure(
      'wrong-account',
      `The ID token is refused: ${detail}`,
      { detail },
    );
  }
}

/**
 * Microsoft leaves the address out of the tokens of accounts that have none on
 * record, and names what they sign in with, which at Exchange Online is the
 * mailbox's address. Only a person of the tenant's own can set it.
 */
function signInNameOf(
  { settings }: IntegrationRecord,
  claims: oauth.IDToken | undefined,
): unknown {
  return settings.provider === 'microsoft'
    ? claims?.preferred_username
    : undefined;
}

/**
 * The server whose ID token a reply has to hold. Where each tenant is an issuer
 * of its own, it is that of the tenant that the token names: the endpoint,
 * which is Microsoft's, gave it to us, and which tenants are allowed is for
 * the administrator to say.
 */
function idTokenServerOf(
  integration: IntegrationRecord,
  reply: TokenReply,
): oauth.AuthorizationServer {
  const server = serverOf(integration);
  const { settings } = integration;
  if (!hasTemplatedIssuer(settings)) {
    return server;
  }
  const tenantId = readTenantId(reply);
  const issuer = tenantId && microsoftIssuerOf(settings, tenantId);
  if (!issuer) {
    throw new MailFailure(
      'wrong-account',
      'The ID token names no tenant that the endpoints are for',
    );
  }
  return { ...server, issuer };
}

function serverOf(integration: IntegrationRecord): oauth.AuthorizationServer {
  const { issuer, tokenEndpoint } = integration.settings;
  return {
    // Where no issuer is known nothing is compared with it either.
    issuer: issuer ?? new URL(tokenEndpoint).origin,
    token_endpoint: tokenEndpoint,
    id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
  };
}

function clientOf(integration: IntegrationRecord): oauth.Client {
  return {
    // Not empty, as the library demands it: an endpoint can be asked whether
    // it answers before there is a client.
    client_id: integration.settings.clientId ?? 'none',
    [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
  };
}
