// SPDX-License-Identifier: Apache-2.0
import { Secret } from '../secrets';
import { MailSession, SessionOptions } from '../transport';
import { ConnectedMailbox, signIn, toCredentials } from './signIn';

describe('signIn', () => {
  const mailbox: ConnectedMailbox = {
    address: 'support@corp.test',
    server: {
      protocol: 'imap',
      host: 'imap.corp.test',
      port: 993,
      security: 'tls',
    },
    folder: 'INBOX',
    authentication: { method: 'password' },
  };

  it.each([
    [7, { timeoutMs: 7_000 }],
    [undefined, {}],
  ])(
    'gives each call on a server as long as its mailbox says: %s s',
    async (timeoutSeconds, expected) => {
      const openSession = jest.fn(
        async (_options: SessionOptions) => ({} as MailSession),
      );
      const { signal } = new AbortController();
      const credentials = toCredentials(mailbox, new Secret('hunter2'));
      await signIn({ ...mailbox, timeoutSeconds }, credentials, {
        openSession,
        signal,
      });
      expect(openSession).toHaveBeenCalledTimes(1);
      expect(openSession.mock.calls[0]).toEqual([
        { server: mailbox.server, credentials, signal, ...expected },
      ]);
    },
  );
});
