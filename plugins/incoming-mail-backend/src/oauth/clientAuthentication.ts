// SPDX-License-Identifier: Apache-2.0
import { ClientAuthentication } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import * as oauth from 'oauth4webapi';
import { Secret } from '../secrets';
import { assertionAuthentication, ClientKey } from './clientKey';

/**
 * How a request says who we are (RFC 6749 section 2.3).
 *
 * @throws MailFailure `integration-incomplete` where a secret or a key is
 *   needed and there is none
 */
export function toClientAuth(
  method: ClientAuthentication,
  clientSecret: Secret | undefined,
  clientKey?: ClientKey,
): oauth.ClientAuth {
  if (method === 'none') {
    return oauth.None();
  }
  if (method === 'private_key_jwt') {
    if (!clientKey) {
      throw new MailFailure(
        'integration-incomplete',
        'The integration has no key to sign with',
      );
    }
    return assertionAuthentication(clientKey);
  }
  if (!clientSecret) {
    throw new MailFailure(
      'integration-incomplete',
      'The integration has no client secret',
    );
  }
  return method === 'client_secret_basic'
    ? basicAuthentication(clientSecret)
    : oauth.ClientSecretPost(clientSecret.reveal());
}

/**
 * RFC 6749 section 2.3.1. Encoded as forms are, which leaves `-`, `.` and `_`
 * alone: oauth4webapi encodes these as well, and a provider that does not
 * decode, as some do not, would then refuse most secrets.
 */
function basicAuthentication(clientSecret: Secret): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const credentials = [client.client_id, clientSecret.reveal()]
      .map(encodeFormValue)
      .join(':');
    headers.set('authorization', `Basic ${btoa(credentials)}`);
  };
}

function encodeFormValue(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1);
}
