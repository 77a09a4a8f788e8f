// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { DovecotOptions } from '@postroom/mail-sandbox';
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import {
  byPassword,
  byToken as credentials,
  dovecotHost,
  DovecotWorld,
  onDovecot,
  openSessionAt,
  startDovecotWorld,
  SUPPORT,
} from '../../__testUtils__/dovecotWorld';
import { mailSessionContract } from '../../__testUtils__/mailSessionContract';
import { fetchBatches } from '../fetchBatches';
import { OpenSessionOptions } from '../openSession';
import { readingStart } from '../readingStart';
import { FetchedMessage, MailSession, MessageRef } from '../types';

jest.setTimeout(60_000);

const PAYMENTS = 'payments@corp.test';
const MIB = 1024 * 1024;
const LIMITS = { maxBytes: 25 * MIB, truncateBytes: MIB };

type Mechanisms = DovecotOptions['mechanisms'];

const host = (world: DovecotWorld, security: MailHost['security']) =>
  dovecotHost(world, 'imap', security);

onDovecot('Dovecot (skipped where POSTROOM_DOVECOT is not set)', () => {
  describe.each<[string, Mechanisms, MailHost['security'][]]>([
    ['every mechanism', undefined, ['tls', 'starttls', 'none']],
    ['XOAUTH2 alone', ['XOAUTH2'], ['tls']],
    ['OAUTHBEARER alone', ['OAUTHBEARER'], ['tls']],
  ])('that offers %s', (_name, mechanisms, securities) => {
    let world: DovecotWorld;
    let token: string;

    beforeAll(async () => {
      world = await startDovecotWorld(mechanisms);
      token = await world.application.accessToken(SUPPORT);
    });
    afterAll(() => world.close());

    const ways: Array<[MailHost['security'], string]> = [
      ...securities.map<[MailHost['security'], string]>(one => [
        one,
        'a token',
      ]),
      // Where nothing but tokens is taken, no password is.
      ...(mechanisms
        ? []
        : [['tls', 'a password'] as [MailHost['security'], string]]),
    ];
    describe.each(ways)('with security %s and %s', (security, secret) => {
      mailSessionContract('ImapSession', async () => {
        const { mail, hungUp } = world.dovecot;
        return {
          openSession: openSessionAt(world),
          server: host(world, security),
          credentials: secret === 'a token' ? credentials(token) : byPassword,
          deliver: raw => mail.deliver(SUPPORT, raw),
          expunge: key => mail.expunge(SUPPORT, Number(key)),
          otherFolder: async () => {
            await mail.createFolder(SUPPORT, 'Archive');
            return 'Archive';
          },
          tellsNews: true,
          seenKeys: async () => (await mail.uids(SUPPORT, 'seen')).map(String),
          hungUp,
          stop: () => mail.remove(SUPPORT),
        };
      });
    });
  });

  describe('that is visited', () => {
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

    async function connect(
      who = credentials(token),
      options: Partial<OpenSessionOptions> = {},
    ) {
      const session = await openSessionAt(
        world,
        options,
      )({
        server: host(world, 'tls'),
        credentials: who,
        signal: new AbortController().signal,
      });
      sessions.push(session);
      return session;
    }

    const deliver = (raw: Buffer) => world.dovecot.mail.deliver(SUPPORT, raw);

    it('shows no token to a server that nobody vouches for', async () => {
      await expect(
        connect(credentials(token), { ca: [] }),
      ).rejects.toMatchObject({ code: 'tls-failed' });
      await connect();
    });

    it('signs in to no mailbox but the token’s own', async () => {
      const theirs = await world.application.accessToken(PAYMENTS);

      await expect(connect(credentials(token, PAYMENTS))).rejects.toMatchObject(
        { code: 'login-refused' },
      );
      await expect(connect(credentials(theirs))).rejects.toMatchObject({
        code: 'login-refused',
        detail: 'Authentication failed.',
      });
      await connect(credentials(theirs, PAYMENTS));
      await connect();
    });

    it('sees that UIDs mean something else from now on', async () => {
      await deliver(Buffer.from('Subject: one\r\n\r\n'));
      const before = await (await connect()).open('INBOX');
      await sessions[0].close();

      const uidValidity = readingStart(before).uidValidity + 1;
      await world.dovecot.mail.setUidValidity(SUPPORT, uidValidity);

      const after = await (await connect()).open('INBOX');
      expect(after).toEqual({ ...before, uidValidity });
    });

    it('fetches every byte but NUL as it came', async () => {
      const bytes = Buffer.from(
        Array.from({ length: 255 }, (_, n) => n + 1).filter(
          byte => byte !== 0x0a && byte !== 0x0d,
        ),
      );
      const raws = [
        Buffer.concat([Buffer.from('Subject: \xfc\r\n\r\n', 'latin1'), bytes]),
        Buffer.from('Subject: dots\r\n\r\n.\r\n..\r\n)\r\n'),
        Buffer.from('Subject: no body\r\n\r\n'),
        Buffer.from('Subject: no end of line'),
        Buffer.from('\r\n\r\nno header {5}\r\n* 1 EXISTS\r\n'),
      ];
      for (const raw of raws) {
        await deliver(raw);
      }
      const session = await connect();
      await session.open('INBOX');
      const refs = await session.list({ after: 0, limit: 10 });

      const fetched = await session.fetch(refs, LIMITS);
      expect(fetched.messages.map(({ raw }) => raw)).toEqual(raws);
      expect(refs.map(({ sizeBytes }) => sizeBytes)).toEqual(
        raws.map(({ length }) => length),
      );
    });

    it('fetches 10 MB whole, or the beginning of them', async () => {
      const raw = largeMail(10 * MIB);
      await deliver(raw);
      const session = await connect();
      await session.open('INBOX');
      const refs = await session.list({ after: 0, limit: 10 });
      expect(refs[0].sizeBytes).toBe(raw.length);

      const [whole] = (await session.fetch(refs, LIMITS)).messages;
      expect(whole.truncated).toBe(false);
      expect(whole.raw.equals(raw)).toBe(true);

      const {
        messages: [cut],
      } = await session.fetch(refs, {
        maxBytes: raw.length - 1,
        truncateBytes: MIB,
      });
      expect(cut.truncated).toBe(true);
      expect(cut.raw.equals(raw.subarray(0, MIB))).toBe(true);
    });

    it('lists and fetches 2,000 mails, some at a time', async () => {
      const raws = Array.from({ length: 2000 }, (_, n) =>
        Buffer.from(`Subject: ${n}\r\n\r\n${'x'.repeat(n)}\r\n`),
      );
      await Promise.all(raws.map(deliver));
      const session = await connect();
      const { messageCount } = await session.open('INBOX');
      expect(messageCount).toBe(raws.length);

      const fetched: FetchedMessage[] = [];
      let refs: MessageRef[] = [];
      do {
        const after = refs.at(-1)?.position ?? 0;
        refs = await session.list({ after, limit: 300 });
        expect(refs.length).toBeLessThanOrEqual(300);
        for (const batch of fetchBatches(refs, LIMITS.maxBytes)) {
          expect(batch.length).toBeLessThanOrEqual(200);
          fetched.push(...(await session.fetch(batch, LIMITS)).messages);
        }
      } while (refs.length > 0);

      expect(fetched).toHaveLength(raws.length);
      const differing = raws.filter((raw, n) => !raw.equals(fetched[n].raw));
      expect(differing).toEqual([]);
      const { mail } = world.dovecot;
      expect(await mail.uids(SUPPORT, 'seen')).toEqual([]);
      const odd = fetched
        .map(({ ref }) => ref.position)
        .filter(uid => uid % 2 === 1);
      await session.settle(odd.map(String), { action: 'mark-read' });
      expect(await mail.uids(SUPPORT, 'seen')).toEqual(odd);
    });

    it('leaves a folder as it is where it may only read', async () => {
      const { mail } = world.dovecot;
      await deliver(Buffer.from('Subject: one\r\n\r\n'));
      const visit = async () => {
        const session = await connect();
        await session.open('INBOX');
        const refs = await session.list({ after: 0, limit: 10 });
        const { messages } = await session.fetch(refs, LIMITS);
        expect(messages).toHaveLength(1);
        const keys = refs.map(({ sourceKey }) => sourceKey);
        const { refusal } = await session.settle(keys, { action: 'mark-read' });
        return { refusal, seen: await mail.uids(SUPPORT, 'seen') };
      };
      await mail.makeReadOnly(SUPPORT, 'INBOX');
      expect(await visit()).toEqual({ refusal: 'read-only', seen: [] });

      await mail.remove(SUPPORT);
      await deliver(Buffer.from('Subject: one\r\n\r\n'));
      expect(await visit()).toEqual({ refusal: undefined, seen: [1] });
    });

    it('opens a folder by its name in any script, once it is there', async () => {
      const folder = 'Anfragen/Zürich & 東京';
      const session = await connect();
      await expect(session.open(folder)).rejects.toMatchObject({
        code: 'folder-not-found',
      });

      await world.dovecot.mail.createFolder(SUPPORT, folder);
      const again = await connect();
      expect(await again.open(folder)).toMatchObject({ messageCount: 0 });
    });
  });

  describe('whose tokens live for seconds', () => {
    let world: DovecotWorld;

    beforeAll(async () => {
      world = await startDovecotWorld(undefined, { accessTokenSeconds: 4 });
    });
    afterAll(() => world.close());

    it('refuses the login from their end on', async () => {
      const token = await world.application.accessToken(SUPPORT);
      const connect = () =>
        openSessionAt(world)({
          server: host(world, 'tls'),
          credentials: credentials(token),
          signal: new AbortController().signal,
        });
      const session = await connect();

      while (await world.application.isActive(token)) {
        await new Promise(resolve => setTimeout(resolve, 100));
      }

      await expect(connect()).rejects.toMatchObject({ code: 'login-refused' });
      await session.close();
    });
  });
});

/** A mail of random bytes, without what IMAP changes: NUL, lone CR and LF. */
function largeMail(bytes: number): Buffer {
  const raw = randomBytes(bytes).map(byte =>
    [0x00, 0x0a, 0x0d].includes(byte) ? 0x2e : byte,
  );
  for (let at = 998; at + 2 <= bytes; at += 1000) {
    raw.set([0x0d, 0x0a], at);
  }
  const header = Buffer.from('Subject: large\r\n\r\n');
  return Buffer.concat([header, raw]);
}
