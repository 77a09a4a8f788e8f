// SPDX-License-Identifier: Apache-2.0
import {
  demoPassword,
  Sandbox,
  SandboxApplication,
  startSandbox,
} from '@postroom/mail-sandbox';
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { mailSessionContract } from '../__testUtils__/mailSessionContract';
import { createHostPolicy } from '../egress';
import { Secret } from '../secrets';
import { createOpenSession } from './openSession';

jest.setTimeout(60_000);

describe('the sandbox', () => {
  let sandbox: Sandbox;
  let application: SandboxApplication;
  let count = 0;

  beforeAll(async () => {
    sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
    application = await SandboxApplication.register(sandbox);
  });
  afterAll(() => sandbox.close());

  const hostOf = (
    protocol: MailHost['protocol'],
    security: MailHost['security'],
  ): MailHost => {
    const ports: Readonly<Record<string, number>> = {
      'imap none': sandbox.imapPort,
      'imap tls': sandbox.imapsPort,
      'imap starttls': sandbox.imapStartTlsPort,
      'pop3 none': sandbox.pop3Port,
      'pop3 tls': sandbox.pop3sPort,
    };
    const port = ports[`${protocol} ${security}`];
    return { protocol, host: 'localhost', port, security };
  };

  describe.each([
    ['imap', 'none', 'a token'],
    ['imap', 'tls', 'a password'],
    ['imap', 'starttls', 'a password'],
    ['pop3', 'none', 'a password'],
    ['pop3', 'tls', 'a token'],
  ] as const)(
    'by %s, with security %s and %s',
    (protocol, security, secret) => {
      mailSessionContract('a session', async () => {
        // An account of its own for each test, as its mail and folders stay.
        count += 1;
        const user = `contract-${count}@corp.test`;
        sandbox.addAccount({ address: user, password: demoPassword });
        const accessToken =
          secret === 'a token' && (await application.accessToken(user));
        const api = `http://localhost:${sandbox.httpPort}/api`;
        return {
          openSession: createOpenSession({
            policy: createHostPolicy({ allowPrivate: ['127.0.0.1'] }),
            lookup: async () => [{ address: '127.0.0.1' }],
            ca: [sandbox.ca],
            allowPlaintextLoopback: true,
          }),
          server: hostOf(protocol, security),
          credentials: accessToken
            ? { method: 'oauth', user, accessToken: new Secret(accessToken) }
            : { method: 'password', user, password: new Secret(demoPassword) },
          async deliver(raw) {
            const reply = await fetch(`${api}/messages?to=${user}`, {
              method: 'POST',
              headers: { 'content-type': 'message/rfc822' },
              body: raw,
            });
            if (reply.status !== 201) {
              throw new Error(`The sandbox took no mail: ${reply.status}`);
            }
          },
          ...(protocol === 'imap' && {
            otherFolder: () => 'Archive',
            tellsNews: true,
            seenKeys: async () => {
              const reply = await fetch(`${api}/mailboxes/${user}/messages`);
              const mails: Array<{ uid: number; flags: string[] }> =
                await reply.json();
              return mails
                .filter(({ flags }) => flags.includes('\\Seen'))
                .map(({ uid }) => `${uid}`);
            },
          }),
          hungUp: () => {},
          stop: () => {},
        };
      });
    },
  );
});
