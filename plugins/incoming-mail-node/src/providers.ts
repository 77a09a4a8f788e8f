// SPDX-License-Identifier: Apache-2.0
import type { ProviderDescription } from '@postroom/plugin-incoming-mail-common';

/**
 * A refusal of a token endpoint (RFC 6749 section 5.2). Foreign text: bounded,
 * but whatever the provider wrote.
 *
 * @public
 */
export interface OAuthErrorReply {
  /** The status of HTTP. */
  readonly status: number;
  /** The word, such as `invalid_client`. */
  readonly error: string;
  /** The provider's `error_description`, possibly empty. */
  readonly description: string;
}

/**
 * What a provider's refusal means, and who mends it where.
 *
 * @public
 */
export interface OAuthErrorWords {
  /** One sentence without a full stop. */
  readonly meaning: string;
  /** One or two sentences: who does what about it. */
  readonly remedy: string;
  /** An http(s) address where that is done or explained. */
  readonly link?: string;
  /**
   * What is wrong. `grant` and `account` say that the client itself was
   * accepted; `request` says nothing about it.
   */
  readonly concerns:
    | 'client'
    | 'tenant'
    | 'redirect-url'
    | 'scopes'
    | 'grant'
    | 'account'
    | 'request';
}

/**
 * An OAuth 2.0 provider of one's own, such as the identity server of a
 * company. It is offered in the integration editor, which it fills; what the
 * administrator saves is an ordinary integration of the kind `custom`, and
 * goes on working without this provider. Pure data but for `decodeError`.
 *
 * @public
 */
export interface OAuthProvider {
  /**
   * What the editor offers. Its id is unique over all providers, and neither
   * `google`, `microsoft` nor `custom`.
   */
  readonly description: ProviderDescription;
  /**
   * Sent along with each authorization request, in the place of
   * `prompt=consent`, for instance so that a refresh token is given. None of
   * {@link ownAuthorizationParameters}.
   */
  readonly authorizationParameters?: Readonly<Record<string, string>>;
  /**
   * Puts the provider's own errors into words, for the check of an
   * integration. Pure; undefined leaves it to what is known of the standard's
   * errors. One that throws is taken for undefined.
   */
  decodeError?(reply: OAuthErrorReply): OAuthErrorWords | undefined;
}

/**
 * Parameters of an authorization request that are the plugin's alone: RFC 6749
 * section 4.1.1, RFC 7636 section 4.3, OpenID Connect Core section 3.1.2.1.
 * One that changes how the answer comes back would have it miss us.
 *
 * @public
 */
export const ownAuthorizationParameters: readonly string[] = [
  'response_type',
  'response_mode',
  'client_id',
  'client_secret',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'login_hint',
  'request',
  'request_uri',
];
