// SPDX-License-Identifier: Apache-2.0
import { Secret } from '../secrets';
import { SessionCredentials } from './types';

/** What must not come back in any message, should a server repeat it. */
export function secretOf(credentials: SessionCredentials): Secret {
  return credentials.method === 'oauth'
    ? credentials.accessToken
    : credentials.password;
}
