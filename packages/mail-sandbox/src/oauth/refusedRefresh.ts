// SPDX-License-Identifier: Apache-2.0
import type { Faults } from '../faults/faultsRequest';
import { errors } from './oidcProvider';

type Refusal = NonNullable<Faults['refuseRefresh']>;
type Answer = Exclude<Refusal, string>;

/** What the words for a refusal stand for. */
const answers: Readonly<Record<Exclude<Refusal, Answer>, Answer>> = {
  invalid_grant: {
    error: 'invalid_grant',
    description: 'Token has been expired or revoked.',
    status: 400,
  },
  invalid_client: {
    error: 'invalid_client',
    description: 'client authentication failed',
    status: 401,
  },
  server_error: {
    error: 'server_error',
    description: 'Something went wrong.',
    status: 500,
  },
  rate_limited: {
    error: 'temporarily_unavailable',
    description: 'Too many requests.',
    status: 429,
    retryAfter: '2',
  },
  temporarily_unavailable: {
    error: 'temporarily_unavailable',
    description: 'Try again later.',
    status: 503,
  },
};

/** The error a faulty token endpoint answers to a good refresh token. */
export function refusedRefresh(
  refusal: Refusal,
  ctx: { set(name: string, value: string): void },
): Error {
  const answer = typeof refusal === 'string' ? answers[refusal] : refusal;
  const { error, description, status, retryAfter } = answer;
  if (retryAfter !== undefined) ctx.set('Retry-After', retryAfter);
  return Object.assign(new errors.CustomOIDCProviderError(error, description), {
    status,
    statusCode: status,
  });
}
