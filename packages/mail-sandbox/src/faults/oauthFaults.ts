// SPDX-License-Identifier: Apache-2.0
import { delay, flag, oneOf } from './faultFields';

/** What the OAuth provider can do wrong. */
export const oauthFaults = {
  /** A valid refresh token is refused with this error; it is not used up. */
  refuseRefresh: oneOf(
    'invalid_grant',
    'invalid_client',
    'server_error',
    'rate_limited',
  ),
  /** **Allow** has the effect of **Deny**, as if an administrator forbade it. */
  denyConsent: flag,
  /** Wait before the token endpoint does anything. */
  tokenDelayMs: delay,
  /**
   * The token endpoint answers 200 with something that is no token reply, and
   * does not look at the request: the refresh token stays usable.
   */
  tokenReply: oneOf('html', 'torn-json'),
  /** The code exchange gives no refresh token. */
  noRefreshToken: flag,
  /** `Cross-Origin-Opener-Policy: same-origin` on the provider's pages. */
  coopHeader: flag,
};
