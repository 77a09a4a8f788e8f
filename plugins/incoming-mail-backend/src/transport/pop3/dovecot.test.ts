// SPDX-License-Identifier: Apache-2.0
import {
  byPassword,
  byToken,
  dovecotHost,
  DovecotWorld,
  onDovecot,
  openSessionAt,
  startDovecotWorld,
  SUPPORT,
} from '../../__testUtils__/dovecotWorld';
import { mailSessionContract } from '../../__testUtils__/mailSessionContract';
import { headDigest } from '../headDigest';
import { MailSession, SessionCredentials } from '../types';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;
const LIMITS = { maxBytes: 25 * MIB, truncateBytes: MIB };

onDovecot('Dovecot (skipped where POSTROOM_DOVECOT is not set)', () => {
  let world: DovecotWorld;
  let token: string;
  let sessions: MailSession[];

  beforeAll(async () => {
    world = await startDovecotWorld();
    token = await world.application.accessToken(SUPPORT);
  });
  afterAll(() => world.close());
  beforeEach(() => {
    sessions = [];
  });
  afterEach(async () => {
    await Promise.all(sessions.map(session => session.close()));
    await world.dovecot.hungUp();
    await world.dovecot.mail.remove(SUPPORT);
  });

  describe.each([
    ['tls', 'a token'],
    ['tls', 'a password'],
    ['none', 'a token'],
    ['none', 'a password'],
  ] as const)('with security %s and %s', (security, secret) => {
    mailSessionContract('Pop3Session', async () => ({
      openSession: openSessionAt(world),
      server: dovecotHost(world, 'pop3', security),
      credentials: secret === 'a token' ? byToken(token) : byPassword,
      deliver: raw => world.dovecot.mail.deliver(SUPPORT, raw),
      hungUp: world.dovecot.hungUp,
      stop: () => world.dovecot.mail.remove(SUPPORT),
    }));
  });

  async function connect(who: SessionCredentials = byToken(token)) {
    const session = await openSessionAt(world)({
      server: dovecotHost(world, 'pop3', 'tls'),
      credentials: who,
      signal: new AbortController().signal,
    });
    sessions.push(session);
    return session;
  }

  it('signs in to no mailbox but the token’s own, nor with a token that is none', async () => {
    const theirs = await world.application.accessToken('payments@corp.test');
    for (const wrong of [theirs, 'garbage']) {
      await expect(connect(byToken(wrong))).rejects.toMatchObject({
        code: 'login-refused',
        detail: 'Authentication failed.',
      });
    }
    await connect();
  });

  it('waits where another session holds the mailbox, which is no refusal (R18)', async () => {
    const holder = await connect();
    await expect(connect(byPassword)).rejects.toMatchObject({
      code: 'server-unavailable',
      retryAfterMs: 60_000,
    });
    await holder.close();
    await connect(byPassword);
  });

  it('fetches every byte but NUL as it came, and a mail of 10 MB', async () => {
    const bytes = Buffer.from(
      Array.from({ length: 255 }, (_, n) => n + 1).filter(
        byte => byte !== 0x0a && byte !== 0x0d,
      ),
    );
    const raws = [
      Buffer.concat([
        Buffer.from('Subject: \xfc\r\n\r\n', 'latin1'),
        bytes,
        Buffer.from('\r\n'),
      ]),
      Buffer.from('Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n'),
      Buffer.from('Subject: no body\r\n\r\n'),
      Buffer.concat([
        Buffer.from('Subject: large\r\n\r\n'),
        Buffer.alloc(10 * MIB, `${'.'.repeat(70)}\r\n`),
        Buffer.from('\r\n'),
      ]),
    ];
    for (const raw of raws) {
      await world.dovecot.mail.deliver(SUPPORT, raw);
    }
    const session = await connect();
    await session.open('INBOX');
    const refs = await session.list({ after: 0, limit: 10 });
    const { messages } = await session.fetch(refs, LIMITS);
    expect(messages.map(({ raw }, n) => raw.equals(raws[n]))).toEqual(
      raws.map(() => true),
    );
    // What TOP tells of a header is what the mail says.
    const digests = await session.digestHeads!(refs);
    expect([...digests.values()]).toEqual(raws.map(headDigest));
  });
});
