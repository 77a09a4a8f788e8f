// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  byPassword,
  dovecotHost,
  DovecotWorld,
  onDovecot,
  openSessionAt,
  startDovecotWorld,
  SUPPORT,
} from '../__testUtils__/dovecotWorld';
import { aVisitedChannel, visit } from '../__testUtils__/pollingWorld';
import { tables } from '../database';
import { MailSession, OpenSession } from '../transport';
import { PollDeps } from './types';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const mail = (subject: string) =>
  Buffer.from(
    `Message-ID: <${subject}@corp.test>\r\nSubject: ${subject}\r\n\r\n${'Hello. '.repeat(
      100,
    )}\r\n`,
  );

onDovecot(
  'visits of a Dovecot (skipped where POSTROOM_DOVECOT is not set)',
  () => {
    let dovecot: DovecotWorld;

    beforeAll(async () => {
      dovecot = await startDovecotWorld();
    });
    afterAll(() => dovecot.close());
    afterEach(async () => {
      await dovecot.dovecot.hungUp();
      await dovecot.dovecot.mail.remove(SUPPORT);
    });

    /** Notes which mails are fetched, and of which only the header is. */
    function countingSessions(open: OpenSession) {
      const asked = { bodies: 0, heads: 0 };
      const openSession: OpenSession = async options => {
        const session = await open(options);
        const counts: Partial<MailSession> = {
          fetch: async (refs, limits) => {
            asked.bodies += refs.length;
            return session.fetch(refs, limits);
          },
          digestHeads: async refs => {
            asked.heads += refs.length;
            return session.digestHeads!(refs);
          },
        };
        return new Proxy(session, {
          get: (target, name: keyof MailSession) => {
            const method = counts[name] ?? target[name];
            return method?.bind(target);
          },
        });
      };
      return { asked, openSession };
    }

    it('compares 500 mails with other numbers by their headers, and fetches the 50 new ones (R12, R13)', async () => {
      const db = await openTestDatabase(databases, 'SQLITE_3');
      const { asked, openSession } = countingSessions(openSessionAt(dovecot));
      const { mailbox, ...world } = {
        server: undefined,
        ...(await aVisitedChannel(db, { openSession, policy: {} })),
      };
      await db(tables.mailboxes).update(dovecotHost(dovecot, 'imap', 'tls'));
      const credentials: PollDeps['credentials'] = async () => byPassword;
      const run = () => visit({ ...world, mailbox }, { credentials });
      const deliver = (name: string, count: number) =>
        Promise.all(
          Array.from({ length: count }, (_, n) =>
            dovecot.dovecot.mail.deliver(SUPPORT, mail(`${name}-${n}`)),
          ),
        );

      expect(await run()).toMatchObject({ kind: 'completed', baseline: true });
      await deliver('known', 500);
      expect(await run()).toMatchObject({ kind: 'completed', accepted: 500 });
      expect(asked).toEqual({ bodies: 500, heads: 0 });

      Object.assign(asked, { bodies: 0, heads: 0 });
      await dovecot.dovecot.mail.setUidValidity(SUPPORT, 2_000_000_000);
      await deliver('new', 50);
      expect(await run()).toMatchObject({
        kind: 'completed',
        accepted: 50,
        renumbered: true,
        more: false,
      });
      expect(asked).toEqual({ bodies: 50, heads: 550 });
      const rows = await db(tables.inboxMessages).select(
        'state',
        'head_digest',
      );
      expect(rows.filter(({ state }) => state === 'stored')).toHaveLength(550);
      expect(new Set(rows.map(row => row.head_digest)).size).toBe(rows.length);
      expect(await run()).toMatchObject({ accepted: 0, renumbered: false });
    });
  },
);
