// SPDX-License-Identifier: Apache-2.0
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { FaultBoard } from '../faults/FaultBoard';
import type { ApplicationSettings } from './ApplicationSettings';
import type { ClientRegistry } from './ClientRegistry';

/** Middleware of the provider; its context has `oidc` once a route is found. */
type Middleware = (
  ctx: KoaContextWithOIDC,
  next: () => Promise<void>,
) => Promise<void>;

/** Another provider that nobody has ever heard of. */
const WRONG_ISSUER = 'https://issuer.elsewhere.test';

/**
 * Changes what the provider answers after it did its work: for what it has no
 * setting of its own.
 */
export function providerQuirks(options: {
  readonly clients: ClientRegistry;
  readonly faults: FaultBoard;
}): Middleware {
  const { clients, faults } = options;
  return async (ctx, next) => {
    await next();
    const { oidc } = ctx as Partial<KoaContextWithOIDC>;
    if (oidc?.route === 'discovery') {
      const undeclared = faults.current.callbackIss === 'undeclared';
      if (undeclared) withdrawIssPromise(ctx.body);
    }
    if (!oidc?.client) return;
    const settings = clients.settingsOf(oidc.client.clientId);
    if (oidc.route === 'authorization' || oidc.route === 'resume') {
      changeIss(ctx, settings);
    }
    if (oidc.route === 'token') {
      changeTokenReply(ctx, settings);
      if (faults.current.tokenReplyLost) hangUp(ctx);
    }
  };
}

function withdrawIssPromise(metadata: unknown): void {
  if (isRecord(metadata)) {
    delete metadata.authorization_response_iss_parameter_supported;
  }
}

/** Rewrites `iss` in the redirect back to the application (RFC 9207). */
function changeIss(
  ctx: KoaContextWithOIDC,
  { callbackIss }: ApplicationSettings,
): void {
  const location = ctx.response.get('Location');
  if (!callbackIss || !URL.canParse(location)) return;
  const callback = new URL(location);
  const issuer = callback.searchParams.get('iss');
  // Without one it leads to the login or to the consent.
  if (issuer === null) return;
  if (callbackIss === 'twice') callback.searchParams.append('iss', issuer);
  else if (callbackIss === 'wrong') {
    callback.searchParams.set('iss', WRONG_ISSUER);
  } else callback.searchParams.delete('iss');
  ctx.set('Location', callback.href);
}

function changeTokenReply(
  ctx: KoaContextWithOIDC,
  settings: ApplicationSettings,
): void {
  const { body, oidc } = ctx;
  if (!isRecord(body)) return;
  if (body.error === 'invalid_client' && settings.secretExpired) {
    body.error_description = secretExpiredWords(oidc.client?.clientId);
  }
  if (body.access_token === undefined) return;
  const refreshed = oidc.params?.grant_type === 'refresh_token';
  if (refreshed && settings.refreshRotation === 'none') {
    delete body.refresh_token;
  }
  const { RefreshToken } = oidc.entities;
  if (settings.refreshTokenSeconds !== undefined && RefreshToken) {
    body.refresh_token_expires_in = RefreshToken.remainingTTL;
  }
}

function secretExpiredWords(clientId = ''): string {
  return `AADSTS7000222: The provided client secret keys for app '${clientId}' are expired.`;
}

/** Ends the connection in place of the reply. */
function hangUp(ctx: KoaContextWithOIDC): void {
  ctx.respond = false;
  ctx.req.socket.destroy();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
