// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Secret } from '../secrets';
import {
  MailSession,
  OpenSession,
  SessionCredentials,
  SessionOptions,
} from '../transport';
import { Mailbox } from './types';

/** What of a mailbox a connection depends on. */
export type ConnectedMailbox = Pick<
  Mailbox,
  'server' | 'address' | 'folder' | 'authentication' | 'timeoutSeconds'
>;

/**
 * What signs in to a mailbox.
 *
 * @param secret - the access token or, where it is signed in to by password,
 *   that
 */
export function toCredentials(
  { address, authentication }: ConnectedMailbox,
  secret: Secret,
): SessionCredentials {
  return authentication.method === 'password'
    ? {
        method: 'password',
        user: authentication.userName ?? address,
        password: secret,
      }
    : { method: 'oauth', user: address, accessToken: secret };
}

/**
 * Opens a session of a mailbox. A refused password is a failure of its own:
 * other people mend it, and it must not be tried again and again.
 *
 * @throws MailFailure
 */
export async function signIn(
  mailbox: ConnectedMailbox,
  credentials: SessionCredentials,
  options: Pick<SessionOptions, 'signal' | 'onStage'> & {
    openSession: OpenSession;
  },
): Promise<MailSession> {
  const { server, timeoutSeconds } = mailbox;
  const { openSession, ...session } = options;
  try {
    return await openSession({
      ...session,
      server,
      ...(timeoutSeconds !== undefined && {
        timeoutMs: timeoutSeconds * 1_000,
      }),
      credentials,
    });
  } catch (error) {
    if (
      credentials.method === 'password' &&
      MailFailure.is(error) &&
      error.code === 'login-refused'
    ) {
      throw new MailFailure('password-refused', error.message, {
        cause: error,
        detail: error.detail,
      });
    }
    throw error;
  }
}
