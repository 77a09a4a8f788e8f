// SPDX-License-Identifier: Apache-2.0
import { ClientAuthentication } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import * as oauth from 'oauth4webapi';
import type { GuardedFetch } from '../egress';
import { Secret } from '../secrets';
import { toClientAuth } from './clientAuthentication';
import type { ClientKey } from './clientKey';
import { isLoopbackUrl } from './integrations/redirectUrl';
import { toTokenFailure } from './oauthFailures';
import { parseObject, readReply, TokenReply } from './tokenReply';

const DEADLINE_MS = 10_000;

/** A refresh token to be revoked, and as whom. */
export interface Revocation {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly clientSecret?: Secret;
  readonly clientKey?: ClientKey;
  readonly token: Secret;
}

/** Whether anything is left to be revoked. */
export type RevocationVerdict =
  | { readonly kind: 'settled' }
  | {
      readonly kind: 'failed';
      /** For the log; never a secret. */
      readonly reason: string;
      readonly retryAfterMs?: number;
    };

/** Sends revocation requests (RFC 7009). */
export class RevocationEndpoint {
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

  /** Never throws for what the provider does. */
  async revoke(revocation: Revocation): Promise<RevocationVerdict> {
    const { endpoint, clientId, clientSecret, clientKey, token } = revocation;
    try {
      const response = await oauth.revocationRequest(
        { issuer: new URL(endpoint).origin, revocation_endpoint: endpoint },
        { client_id: clientId },
        toClientAuth(revocation.clientAuthentication, clientSecret, clientKey),
        token.reveal(),
        {
          // A hint only (RFC 7009 section 2.1); saves the provider a search.
          additionalParameters: { token_type_hint: 'refresh_token' },
          [oauth.customFetch]: this.#fetch,
          [oauth.allowInsecureRequests]:
            this.#allowHttpLoopback && isLoopbackUrl(endpoint),
          signal: AbortSignal.timeout(DEADLINE_MS),
        },
      );
      return judgeRevocationReply(await readReply(response));
    } catch (error) {
      const failure = MailFailure.is(error)
        ? error
        : toTokenFailure(error, { kind: 'refresh', secrets: [] });
      return { kind: 'failed', reason: failure.code };
    }
  }
}

// What comes back for a token that is none any more. RFC 7009 section 2.2 has
// a provider answer 200 then; some, Google among them, complain. One that does
// not revoke refresh tokens at all will not do so later either.
const SETTLED_ERRORS: readonly unknown[] = [
  'invalid_token',
  'invalid_grant',
  'unsupported_token_type',
];

/** RFC 7009 section 2.2: 200 whatever became of the token; 503 asks to come again. */
export function judgeRevocationReply(reply: TokenReply): RevocationVerdict {
  const { status, retryAfterMs } = reply;
  const complaint =
    status >= 400 && status < 500 ? parseObject(reply.body)?.error : undefined;
  const settled =
    (status >= 200 && status < 300) || SETTLED_ERRORS.includes(complaint);
  return settled
    ? { kind: 'settled' }
    : { kind: 'failed', reason: `HTTP ${status}`, retryAfterMs };
}
