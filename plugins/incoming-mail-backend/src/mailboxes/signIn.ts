// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Secret } from '../secrets';
import { MailSession, OpenSession, SessionOptions } from '../transport';
import { Mailbox } from './types';

/** What of a mailbox a connection depends on. */
export type ConnectedMailbox = Pick<
  Mailbox,
  'server' | 'address' | 'folder' | 'authentication' | 'timeoutSeconds'
>;

/**
 * Opens a session of a mailbox with an access token or, where it is signed in
 * to by password, with that. A refused password is a failure of its own: other
 * people mend it, and it must not be tried again and again.
 *
 * @throws MailFailure
 */
export async function signIn(
  mailbox: ConnectedMailbox,
  secret: Secret,
  options: Pick<SessionOptions, 'signal' | 'onStage'> & {
    openSession: OpenSession;
  },
): Promise<MailSession> {
  const { server, address, authentication, timeoutSeconds } = mailbox;
  const { openSession, ...session } = options;
  const byPassword = authentication.method === 'password';
  try {
    return await openSession({
      ...session,
      server,
      ...(timeoutSeconds !== undefined && {
        timeoutMs: timeoutSeconds * 1_000,
      }),
      credentials: byPassword
        ? {
            method: 'password',
            user: authentication.userName ?? address,
            password: secret,
          }
        : { method: 'oauth', user: address, accessToken: secret },
    });
  } catch (error) {
    if (byPassword && MailFailure.is(error) && error.code === 'login-refused') {
      throw new MailFailure('password-refused', error.message, {
        cause: error,
        detail: error.detail,
      });
    }
    throw error;
  }
}
