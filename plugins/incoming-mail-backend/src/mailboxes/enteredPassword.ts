// SPDX-License-Identifier: Apache-2.0
import { Authentication } from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../secrets';
import { MailboxAuthentication } from './types';

/** The password that came with settings; absent: the stored one stays. */
export function enteredPassword(
  authentication: Authentication,
): Secret | undefined {
  return authentication.method === 'password' && authentication.password
    ? new Secret(authentication.password)
    : undefined;
}

/** What is left to be stored as settings. */
export function withoutPassword(
  authentication: Authentication,
): MailboxAuthentication {
  return authentication.method === 'oauth'
    ? authentication
    : { method: 'password', userName: authentication.userName };
}
