// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../secrets';
import { TokenSet } from './vault/types';

/** The members of a token response (RFC 6749 section 5.1), typed but not judged. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly scope?: string;
  /** Seconds; not in an RFC, but told by Google and others. */
  readonly refresh_token_expires_in?: unknown;
}

/** Whether a token response can be used. */
export type TokenVerdict =
  | { readonly kind: 'accepted'; readonly tokens: TokenSet }
  | {
      readonly kind: 'refused';
      readonly code: FailureCode;
      readonly detail: string;
    };

// Where the reply does not say how long a token lives, a bit less than the
// hour that is usual.
const DEFAULT_LIFE_SECONDS = 3_000;
const MAX_LIFE_SECONDS = 31_536_000;

// Scopes that ask for something else than access to mail. Providers do not
// list them among the granted ones in one way.
const identityScopes = new Set([
  'openid',
  'email',
  'profile',
  'offline_access',
]);

/**
 * Judges what a consent gave: all that is needed must be there, since nobody
 * is asked again until it is missed.
 */
export function judgeConsentResponse(
  response: TokenResponse,
  requestedScopes: readonly string[],
): TokenVerdict {
  const refused = judgeTokenType(response);
  if (refused) {
    return refused;
  }
  const granted = grantedScopes(response, requestedScopes);
  const missing = missingScopes(granted, requestedScopes);
  if (missing.length > 0) {
    return {
      kind: 'refused',
      code: 'scopes-missing',
      detail: `Missing: ${missing.join(' ')}`,
    };
  }
  if (!response.refresh_token) {
    return {
      kind: 'refused',
      code: 'refresh-token-missing',
      detail: 'The token response has no refresh_token',
    };
  }
  return accept(response, granted);
}

/**
 * Judges a renewal. Scopes are not compared: a provider that takes some away
 * says so at the mail server, which is the one to believe.
 */
export function judgeRefreshResponse(
  response: TokenResponse,
  requestedScopes: readonly string[],
): TokenVerdict {
  return (
    judgeTokenType(response) ??
    accept(response, grantedScopes(response, requestedScopes))
  );
}

/**
 * Judges what the application got in its own name. Scopes are not compared,
 * since what is asked for is a word for everything that was granted
 * beforehand; a refresh token, which none should be given (RFC 6749 section
 * 4.4.3), is not kept.
 */
export function judgeApplicationResponse(
  response: TokenResponse,
  requestedScopes: readonly string[],
): TokenVerdict {
  return judgeRefreshResponse(
    { ...response, refresh_token: undefined },
    requestedScopes,
  );
}

function judgeTokenType(response: TokenResponse): TokenVerdict | undefined {
  // RFC 6749 section 5.1: the value is case-insensitive.
  return response.token_type.toLowerCase() === 'bearer'
    ? undefined
    : {
        kind: 'refused',
        code: 'token-reply-unusable',
        detail: 'The token is not a Bearer token',
      };
}

function accept(response: TokenResponse, scopes: string[]): TokenVerdict {
  return {
    kind: 'accepted',
    tokens: {
      accessToken: new Secret(response.access_token),
      refreshToken: response.refresh_token
        ? new Secret(response.refresh_token)
        : undefined,
      expiresInMs: lifeSeconds(response.expires_in) * 1_000,
      refreshExpiresInMs: refreshLifeMs(response.refresh_token_expires_in),
      scopes,
    },
  };
}

function lifeSeconds(expiresIn: number | undefined): number {
  return expiresIn === undefined || !Number.isFinite(expiresIn)
    ? DEFAULT_LIFE_SECONDS
    : Math.min(Math.max(Math.floor(expiresIn), 1), MAX_LIFE_SECONDS);
}

// Longer than any refresh token is given for: ten years.
const MAX_REFRESH_LIFE_SECONDS = 315_360_000;

/** Undefined where nothing usable is told; 0 and less mean "none" at some. */
function refreshLifeMs(told: unknown): number | undefined {
  const seconds = typeof told === 'string' ? Number.parseFloat(told) : told;
  return typeof seconds === 'number' &&
    Number.isFinite(seconds) &&
    seconds > 0 &&
    seconds <= MAX_REFRESH_LIFE_SECONDS
    ? Math.floor(seconds) * 1_000
    : undefined;
}

// RFC 6749 section 5.1: left out where it is what was asked for.
function grantedScopes(
  response: TokenResponse,
  requested: readonly string[],
): string[] {
  const listed = response.scope?.split(/\s+/).filter(scope => scope !== '');
  return listed?.length ? listed : [...requested];
}

/** Compared without regard to case: Microsoft answers in another one. */
function missingScopes(
  granted: readonly string[],
  requested: readonly string[],
): string[] {
  const has = new Set(granted.map(scope => scope.toLowerCase()));
  return requested.filter(
    scope => !identityScopes.has(scope) && !has.has(scope.toLowerCase()),
  );
}
