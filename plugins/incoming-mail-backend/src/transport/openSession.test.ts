// SPDX-License-Identifier: Apache-2.0
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { selfSignedCertificate } from '../__testUtils__/selfSignedCertificate';
import {
  GOOD_TOKEN,
  ScriptedImapServer,
  ScriptedImapServerOptions,
} from '../__testUtils__/scriptedImapServer';
import { ScriptedPop3Server } from '../__testUtils__/scriptedPop3Server';
import { createHostPolicy } from '../egress';
import { Secret } from '../secrets';
import { createOpenSession, OpenSessionOptions } from './openSession';

const policy = createHostPolicy({ allowPrivate: ['127.0.0.1'] });
const credentials = {
  method: 'oauth',
  user: 'support@corp.test',
  accessToken: new Secret(GOOD_TOKEN),
} as const;
const certificate = selfSignedCertificate({ name: 'imap.test' });
const expired = selfSignedCertificate({ name: 'imap.test', validDays: -1 });

const servers: Array<ScriptedImapServer | ScriptedPop3Server> = [];

async function startServer(options: ScriptedImapServerOptions = {}) {
  const server = await new ScriptedImapServer({
    certificate,
    ...options,
  }).start();
  servers.push(server);
  return server;
}

const signal = new AbortController().signal;
const lookup = async () => [{ address: '127.0.0.1' }];
const options = {
  policy,
  lookup,
  ca: [certificate.cert],
  allowPlaintextLoopback: false,
};

afterEach(async () => {
  for (const server of servers.splice(0)) {
    await server.hungUp();
    await server.stop();
  }
});

describe('createOpenSession', () => {
  it.each(['tls', 'starttls'] as const)(
    'connects with %s to the judged address, by the host’s name',
    async security => {
      const server = await startServer({ security });
      const lookupOnce = jest.fn(lookup);
      const openSession = createOpenSession({ ...options, lookup: lookupOnce });

      const session = await openSession({
        server: server.host('imap.test'),
        credentials,
        signal,
      });
      await session.open('INBOX');
      await session.close();

      expect(lookupOnce).toHaveBeenCalledTimes(1);
      expect(server.received).toContainEqual(
        expect.stringMatching(/^AUTHENTICATE XOAUTH2 /),
      );
    },
  );

  it.each([
    ['that nobody vouches for', certificate, 'imap.test', []],
    ['for another host', certificate, 'other.test', [certificate.cert]],
    ['that has expired', expired, 'imap.test', [expired.cert]],
  ])(
    'shows no token to a certificate %s (T24)',
    async (_name, shown, host, ca) => {
      for (const security of ['tls', 'starttls'] as const) {
        const server = await startServer({ certificate: shown, security });

        await expect(
          createOpenSession({ ...options, ca })({
            server: server.host(host),
            credentials,
            signal,
          }),
        ).rejects.toMatchObject({ code: 'tls-failed' });
        expect(server.received.join()).not.toContain('AUTHENTICATE');
      }
    },
  );

  it('shows no token when STARTTLS is gone or tampered with (T22, T23)', async () => {
    const stripped = await startServer({ security: 'starttls' });
    stripped.on('CAPABILITY', ({ tag, write }) =>
      write(`* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n${tag} OK done\r\n`),
    );
    const injected = await startServer({ security: 'starttls' });
    injected.on('STARTTLS', ({ tag, write }) =>
      write(`${tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n`),
    );

    for (const server of [stripped, injected]) {
      await expect(
        createOpenSession(options)({
          server: server.host('imap.test'),
          credentials,
          signal,
        }),
      ).rejects.toMatchObject({ code: 'tls-failed' });
      expect(server.received.join()).not.toContain('AUTHENTICATE');
    }
  });

  it('connects without TLS to this machine only, where that is allowed (T22)', async () => {
    const server = await startServer({ security: 'none' });
    const open = (allowPlaintextLoopback: boolean, address: string) =>
      createOpenSession({
        ...options,
        policy: createHostPolicy({ allowPrivate: ['127.0.0.1', '10.0.0.1'] }),
        lookup: async () => [{ address: '127.0.0.1' }, { address }],
        allowPlaintextLoopback,
      })({ server: server.host('imap.test'), credentials, signal });

    await expect(open(false, '127.0.0.1')).rejects.toMatchObject({
      code: 'plaintext-refused',
    });
    await expect(open(true, '10.0.0.1')).rejects.toMatchObject({
      code: 'plaintext-refused',
    });
    expect(server.connectionCount).toBe(0);

    const session = await open(true, '127.0.0.1');
    await session.close();
    expect(server.connectionCount).toBe(1);
  });

  it('refuses hosts that egress refuses, by either protocol (T22, T25)', async () => {
    const server = await startServer();
    const openSession = createOpenSession({
      ...options,
      policy: createHostPolicy({ allowPrivate: [] }),
    });
    for (const protocol of ['imap', 'pop3'] as const) {
      await expect(
        openSession({
          server: { ...server.host('imap.test'), protocol },
          credentials,
          signal,
        }),
      ).rejects.toMatchObject({ code: 'host-not-allowed' });
    }
    expect(server.connectionCount).toBe(0);
  });

  it('reads POP3 with TLS from the first byte, or on this machine without (T23)', async () => {
    const start = async (security: 'tls' | 'none') => {
      const server = await new ScriptedPop3Server({
        security,
        certificate,
      }).start();
      servers.push(server);
      return server;
    };
    const [secure, plain] = [await start('tls'), await start('none')];
    const open = (server: MailHost, more: Partial<OpenSessionOptions> = {}) =>
      createOpenSession({ ...options, ...more })({
        server,
        credentials,
        signal,
      });
    const refused = { code: 'plaintext-refused' };
    const starttls = {
      ...plain.host('imap.test'),
      security: 'starttls',
    } as const;
    await expect(
      open(starttls, { allowPlaintextLoopback: true }),
    ).rejects.toMatchObject(refused);
    await expect(open(plain.host('imap.test'))).rejects.toMatchObject(refused);
    expect(plain.connectionCount).toBe(0);

    const sessions = [
      await open(secure.host('imap.test')),
      await open(plain.host('imap.test'), { allowPlaintextLoopback: true }),
    ];
    for (const session of sessions) {
      expect(await session.open('INBOX')).toMatchObject({ messageCount: 0 });
      await session.close();
    }
  });

  it('tries the judged addresses of a POP3 server in turn', async () => {
    const server = await new ScriptedPop3Server().start();
    servers.push(server);
    const session = await createOpenSession({
      ...options,
      policy: createHostPolicy({ allowPrivate: ['127.0.0.0/8'] }),
      // Nothing listens at the first.
      lookup: async () => [{ address: '127.0.0.9' }, { address: '127.0.0.1' }],
      allowPlaintextLoopback: true,
    })({ server: server.host('pop3.test'), credentials, signal });
    await session.close();
    expect(server.connectionCount).toBe(1);
  });

  it('says that nothing listens', async () => {
    const gone = await startServer({ security: 'tls' });
    const server = gone.host('imap.test');
    servers.pop();
    await gone.stop();

    await expect(
      createOpenSession(options)({
        server,
        credentials,
        signal,
      }),
    ).rejects.toMatchObject({ code: 'connection-refused' });
  });

  it('puts nothing on the wire that could be read as something else (T55)', async () => {
    const server = await startServer({ security: 'tls' });
    const openSession = createOpenSession(options);
    const host = server.host('imap.test');

    await expect(
      openSession({
        server: host,
        credentials: { ...credentials, user: 'a\x01auth=Bearer x' },
        signal,
      }),
    ).rejects.toMatchObject({ code: 'login-refused' });
    await expect(
      openSession({
        server: host,
        credentials: { ...credentials, accessToken: new Secret('a\r\nb') },
        signal,
      }),
    ).rejects.toMatchObject({ code: 'token-reply-unusable' });
    expect(server.connectionCount).toBe(0);

    const session = await openSession({ server: host, credentials, signal });
    const before = server.received.length;
    await expect(session.open('INBOX"\r\nA2 DELETE x')).rejects.toMatchObject({
      code: 'folder-not-found',
    });
    expect(server.received).toHaveLength(before);
    await session.close();
  });
});
