// SPDX-License-Identifier: Apache-2.0
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { AccountRegistry } from '../AccountRegistry';
import type { FaultBoard } from '../faults/FaultBoard';
import { errorPage } from '../pages/errorPage';
import type { Stats } from '../Stats';
import type { ClientRegistry } from './ClientRegistry';
import type { IntrospectionCredentials } from './createTokenCheck';
import { modelAdapter } from './modelAdapter';
import type { ModelStore } from './ModelStore';
import { errors, interactionPolicy, Provider } from './oidcProvider';
import type { ProviderKeys } from './providerKeys';
import { providerQuirks } from './providerQuirks';
import { refusedRefresh } from './refusedRefresh';
import { scopeMeanings } from './scopes';

export interface ProviderOptions {
  readonly issuer: string;
  readonly store: ModelStore;
  readonly clients: ClientRegistry;
  readonly accounts: AccountRegistry;
  readonly keys: ProviderKeys;
  readonly faults: FaultBoard;
  readonly stats: Stats;
  readonly accessTokenSeconds: number;
  /** The IMAP server's own client, which may ask about every token. */
  readonly introspection: IntrospectionCredentials;
}

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/**
 * The OAuth 2.0 and OpenID provider. Strict where real providers are strict:
 * PKCE with S256, exact redirect URIs, rotation of refresh tokens and the end
 * of the whole family when an old one comes back. Settings of an application
 * make it as lax, or as odd, as others are. Access tokens are opaque, so only
 * introspection (RFC 7662) can tell what they are worth.
 */
export function createProvider(options: ProviderOptions): Provider {
  const provider = new Provider(options.issuer, configuration(options));
  provider.use(async (ctx, next) => {
    // Only the authorization endpoint itself: its resume paths carry no query.
    if (ctx.path === '/auth') askForConsentAloud(ctx);
    await next();
    countRequest(options.stats, ctx as Partial<KoaContextWithOIDC>);
  });
  provider.use(providerQuirks(options));
  provider.on('refresh_token.saved', ({ accountId, clientId }) => {
    if (!accountId || !clientId) return;
    const { refreshTokenLimit } = options.clients.settingsOf(clientId);
    if (refreshTokenLimit === undefined) return;
    options.store.limitRefreshTokens(accountId, clientId, refreshTokenLimit);
  });
  return provider;
}

function configuration(options: ProviderOptions): Configuration {
  const { clients, faults, introspection, store, keys } = options;
  const rotationOf = (clientId: string) =>
    clients.settingsOf(clientId).refreshRotation ?? 'strict';
  return {
    adapter: modelAdapter(store, {
      usesUp: clientId => rotationOf(clientId) === 'strict',
      secretExpired: clientId => clients.settingsOf(clientId).secretExpired,
    }),
    clients: [
      {
        client_id: introspection.clientId,
        client_secret: introspection.clientSecret,
        grant_types: [],
        response_types: [],
        redirect_uris: [],
      },
    ],
    jwks: keys.jwks as Configuration['jwks'],
    cookies: { keys: keys.cookieKeys },
    routes: { userinfo: '/userinfo' },

    scopes: [...scopeMeanings.keys()],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // The e-mail address belongs in the id token: clients of mail providers
    // learn from it which account consented.
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => accountOf(options.accounts, id),

    responseTypes: ['code'],
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
    pkce: {
      required: (_ctx, { clientId }) =>
        !clients.settingsOf(clientId).pkceOptional,
    },
    // One clock: an expired token is expired now.
    clockTolerance: 0,
    clientBasedCORS: () => false,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          client.clientId === introspection.clientId ||
          client.clientId === token.clientId,
      },
      pushedAuthorizationRequests: { enabled: false },
      // Off, or access tokens could become JWTs that nobody can revoke.
      resourceIndicators: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          client.clientId === token.clientId,
      },
      rpInitiatedLogout: { enabled: false },
    },

    interactions: { policy: promptPolicy(), url: interactionUrl },
    // Only the consent of this very request counts, so it is asked each time.
    loadExistingGrant: async ctx => {
      const grantId = ctx.oidc.result?.consent?.grantId;
      return grantId ? ctx.oidc.provider.Grant.find(grantId) : undefined;
    },
    expiresWithSession: async () => false,
    issueRefreshToken: async (_ctx, client, code) =>
      !clients.settingsOf(client.clientId).noRefreshToken &&
      client.grantTypeAllowed('refresh_token') &&
      code.scopes.has('offline_access'),
    rotateRefreshToken: ctx => {
      // Called for a good refresh token just before it is used up: the one
      // place where a refusal leaves it usable for later.
      const refusal = faults.current.refuseRefresh;
      if (refusal) throw refusedRefresh(refusal, ctx);
      return rotationOf(ctx.oidc.client?.clientId ?? '') !== 'none';
    },

    ttl: {
      AccessToken: (_ctx, _token, { clientId }) =>
        clients.settingsOf(clientId).accessTokenSeconds ??
        options.accessTokenSeconds,
      ClientCredentials: (_ctx, _token, { clientId }) =>
        clients.settingsOf(clientId).accessTokenSeconds ??
        options.accessTokenSeconds,
      AuthorizationCode: () => MINUTE,
      Grant: () => 90 * DAY,
      IdToken: () => 60 * MINUTE,
      Interaction: () => 10 * MINUTE,
      RefreshToken: (_ctx, _token, { clientId }) =>
        clients.settingsOf(clientId).refreshTokenSeconds ?? 90 * DAY,
      Session: () => 60 * MINUTE,
    },

    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(
        'This request cannot go on',
        `${out.error}${
          out.error_description ? `: ${out.error_description}` : ''
        }`,
      );
    },
  };
}

function accountOf(accounts: AccountRegistry, id: string) {
  const account = accounts.find(id);
  if (!account) return undefined;
  return {
    accountId: account.address,
    claims: async () => ({
      sub: account.address,
      email: account.address,
      email_verified: true,
    }),
  };
}

/** `select_account` (as Microsoft's clients send it) shows the login page. */
function promptPolicy() {
  const policy = interactionPolicy.base();
  policy.add(
    new interactionPolicy.Prompt({
      name: 'select_account',
      requestable: true,
    }),
    0,
  );
  return policy;
}

function interactionUrl(_ctx: unknown, interaction: { uid: string }): string {
  return `/interaction/${interaction.uid}`;
}

/**
 * OpenID Connect Core section 11 drops `offline_access` unless consent is
 * asked for with `prompt=consent`. Here consent is asked every time, so saying
 * it on behalf of the client changes nothing else, and a client written for
 * Microsoft, which needs no prompt, gets its refresh token.
 */
function askForConsentAloud(ctx: Pick<KoaContextWithOIDC, 'query'>): void {
  const { prompt = '', scope } = ctx.query;
  if (typeof scope !== 'string' || !scope.includes('offline_access')) return;
  // A parameter that comes twice is an array; the provider refuses it.
  if (typeof prompt !== 'string' || /\b(consent|none)\b/.test(prompt)) return;
  // The setter rewrites the URL, which is where the provider reads from.
  ctx.query = { ...ctx.query, prompt: `${prompt} consent`.trim() };
}

function countRequest(stats: Stats, { oidc }: Partial<KoaContextWithOIDC>) {
  if (oidc?.route === 'introspection') stats.countIntrospection();
  if (oidc?.route === 'revocation') stats.countRevocation();
  if (oidc?.route === 'token') stats.countTokenRequest(oidc.params?.grant_type);
}

/** True for "there is no such interaction (any more)". */
export function isSessionNotFound(error: unknown): boolean {
  return error instanceof errors.SessionNotFound;
}
