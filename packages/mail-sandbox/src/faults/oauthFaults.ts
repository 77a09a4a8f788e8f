// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { count, delay, described, flag, oneOf } from './faultFields';

/** An answer of the token endpoint that is no token reply. */
const answerSchema = z.strictObject({
  error: z.string().min(1).max(100),
  description: z.string().max(2000).optional(),
  status: z.number().int().min(400).max(599).default(400),
  /** The header `Retry-After`: seconds or a date. */
  retryAfter: z.string().max(100).optional(),
});

/**
 * How the provider treats applications. Each of them is a fault for all of
 * them, and may be set for one at its registration, which then counts more.
 */
export const applicationSettings = {
  /**
   * What becomes of a refresh token that is used: `strict` (the default) gives
   * a new one and ends the whole family where an old one comes back; `lenient`
   * gives a new one and takes the old ones too; `none` gives no other one, and
   * the reply holds none (Google).
   */
  refreshRotation: oneOf('strict', 'lenient', 'none'),
  /** Life of access tokens. */
  accessTokenSeconds: count,
  /** Life of refresh tokens; the reply tells it (`refresh_token_expires_in`). */
  refreshTokenSeconds: count,
  /** Live refresh tokens of an account; one more ends the oldest (Google). */
  refreshTokenLimit: described(z.number().int().min(1)),
  /** The code exchange gives no refresh token. */
  noRefreshToken: flag,
  /** The consent page lets the person take single scopes away. */
  granularConsent: flag,
  /** An authorization request without PKCE is taken. */
  pkceOptional: flag,
  /**
   * `iss` in the redirect (RFC 9207): another issuer, none though metadata
   * promises it, none and no promise (the promise is a fault for all only), or
   * twice.
   */
  callbackIss: oneOf('wrong', 'absent', 'undeclared', 'twice'),
  /** The application's secret is over, in the words of Microsoft. */
  secretExpired: flag,
};

/** What the OAuth provider can do wrong. */
export const oauthFaults = {
  ...applicationSettings,
  /**
   * A valid refresh token is refused with this error; it is not used up. In
   * one word, or as it is to be said.
   */
  refuseRefresh: described(
    z.union([
      z.enum([
        'invalid_grant',
        'invalid_client',
        'server_error',
        'rate_limited',
        'temporarily_unavailable',
      ]),
      answerSchema,
    ]),
  ),
  /** **Allow** has the effect of **Deny**, as if an administrator forbade it. */
  denyConsent: flag,
  /** **Allow** ends with this error. */
  consentError: described(
    z.strictObject({
      error: z.string().regex(/^[a-z_]{1,60}$/),
      description: z.string().max(500).optional(),
    }),
  ),
  /** Wait after the person decided. */
  consentDelayMs: delay,
  /** Wait before the token endpoint does anything. */
  tokenDelayMs: delay,
  /**
   * The token endpoint answers 200 with something that is no token reply, and
   * does not look at the request: the refresh token stays usable.
   */
  tokenReply: oneOf('html', 'torn-json', 'empty', 'no-token'),
  /**
   * The token endpoint answers with an error and does not look at the request.
   * Without `error` the body is a page, as of a gateway. With `times` it heals
   * after so many answers.
   */
  tokenError: described(
    answerSchema.partial({ error: true }).extend({
      times: z.number().int().min(1).optional(),
    }),
  ),
  /**
   * The token endpoint does its work, and the connection ends where the reply
   * would come: a rotated refresh token is lost.
   */
  tokenReplyLost: flag,
  /** The revocation endpoint answers 503. */
  revocationDown: flag,
  /** `Cross-Origin-Opener-Policy: same-origin` on the provider's pages. */
  coopHeader: flag,
};
