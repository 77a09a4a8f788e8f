// SPDX-License-Identifier: Apache-2.0
import type { Faults } from '../faults/faultsRequest';
import { errors } from './oidcProvider';

/** The error a faulty token endpoint answers to a good refresh token. */
export function refusedRefresh(
  refusal: NonNullable<Faults['refuseRefresh']>,
  ctx: { set(name: string, value: string): void },
): Error {
  switch (refusal) {
    case 'invalid_grant':
      return new errors.InvalidGrant('Token has been expired or revoked.');
    case 'invalid_client':
      return new errors.InvalidClientAuth('refused by a fault');
    case 'rate_limited': {
      ctx.set('Retry-After', '2');
      const error = new errors.TemporarilyUnavailable('Too many requests.');
      return Object.assign(error, { status: 429, statusCode: 429 });
    }
    default: {
      const error = new errors.CustomOIDCProviderError(
        'server_error',
        'Something went wrong.',
      );
      return Object.assign(error, { status: 500, statusCode: 500 });
    }
  }
}
