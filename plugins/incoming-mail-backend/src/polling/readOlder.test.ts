// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { FakeMailServer } from '../__testUtils__/FakeMailSession';
import { claimDue, scheduleWork, tables } from '../database';
import { createInboxStores } from '../inbox';
import { ImportStore, MailboxStore, toCredentials } from '../mailboxes';
import { Secret } from '../secrets';
import { CursorStore } from './CursorStore';
import { GapStore } from './GapStore';
import { KnownSourceStore } from './KnownSourceStore';
import { pollMailbox } from './pollMailbox';
import { PollDeps } from './types';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())(
  'importing older mail (%s)',
  databaseId => {
    async function createWorld(messagesPerVisit = 100) {
      const db: Knex = await openTestDatabase(
        databases,
        databaseId as TestDatabaseId,
      );
      const { id } = await aChannel(db);
      const server = new FakeMailServer();
      const mailboxes = new MailboxStore(db);
      const imports = new ImportStore(db);
      const stores = createInboxStores(db);
      const deps: PollDeps = {
        ...stores,
        db,
        cursors: new CursorStore(db),
        gaps: new GapStore(db),
        sources: new KnownSourceStore(db),
        mailboxes,
        imports,
        openSession: server.openSession,
        credentials: async mailbox =>
          toCredentials(mailbox, new Secret('token')),
        policy: {
          intervalMs: 60_000,
          messagesPerVisit,
          maxMessageBytes: 1_000,
          maxWaiting: 5_000,
        },
      };
      const claim = async () => {
        await scheduleWork(db, 'poll', id);
        const [ticket] = await claimDue(db, {
          kind: 'poll',
          holder: 'test',
          limit: 1,
          durationMs: 60_000,
        });
        return ticket;
      };
      const ticket = await claim();
      const visit = async () =>
        pollMailbox(
          await mailboxes.getById(id),
          ticket,
          deps,
          new AbortController().signal,
        );
      const stored = async () => {
        const rows = await db(tables.inboxMessages).orderBy('seq');
        return Promise.all(
          rows.map(async row => ({
            raw: (await stores.rawMails.read(row.id)).toString(),
            imported: Boolean(row.imported),
          })),
        );
      };
      const ask = (wanted: { since?: string; last?: number }) =>
        imports.create({ mailboxId: id, wanted, userRef: 'user:default/ada' });
      return { db, id, server, imports, visit, stored, ask };
    }

    it('goes on over several visits, new mail first, and tells the server nothing of it', async () => {
      const { db, id, server, imports, visit, stored, ask } = await createWorld(
        3,
      );
      for (let n = 1; n <= 6; n += 1) {
        server.deliver(`old ${n}`);
      }
      await visit();
      expect(await stored()).toEqual([]);
      await ask({ last: 4 });
      const fresh = server.deliver('new');
      expect(await visit()).toMatchObject({
        kind: 'completed',
        accepted: 3,
        more: true,
        older: { accepted: 2 },
      });
      expect(await imports.findLatest(id)).toMatchObject({
        state: 'running',
        found: 4,
        imported: 2,
      });
      expect(await visit()).toMatchObject({
        more: false,
        older: { accepted: 2, ended: 'done', total: 4 },
      });
      expect(await stored()).toEqual([
        { raw: 'new', imported: false },
        ...[3, 4, 5, 6].map(n => ({ raw: `old ${n}`, imported: true })),
      ]);
      expect(server.seenUids()).toEqual([fresh]);
      expect(await db(tables.acknowledgements)).toEqual([]);
      expect(await visit()).not.toHaveProperty('older');
    });

    it('takes what the server got since a day, wherever it stands', async () => {
      const { server, visit, stored, ask } = await createWorld();
      const at = (day: string) => ({
        receivedAt: new Date(`${day}T12:00:00Z`),
      });
      server.deliver('moved here', at('2026-03-01'));
      server.deliver('too old', at('2026-01-01'));
      server.deliver('of that day', at('2026-02-01'));
      await visit();
      await ask({ since: '2026-02-01' });
      await visit();
      expect((await stored()).map(({ raw }) => raw)).toEqual([
        'moved here',
        'of that day',
      ]);
    });

    it('P60: is planned again under a new numbering, and reads nothing twice', async () => {
      const { server, visit, stored, ask, imports, id } = await createWorld(2);
      for (let n = 1; n <= 5; n += 1) {
        server.deliver(`old ${n}`, { receivedAt: new Date('2026-01-01') });
      }
      await visit();
      await ask({ last: 5 });
      await visit();
      expect(await stored()).toHaveLength(2);
      server.renumber();
      for (let n = 0; n < 8; n += 1) {
        await visit();
      }
      expect((await stored()).map(({ raw }) => raw).sort()).toEqual(
        [1, 2, 3, 4, 5].map(n => `old ${n}`),
      );
      expect(await imports.findLatest(id)).toMatchObject({
        state: 'done',
        imported: 5,
      });
    });

    it('stores nothing more once it is cancelled, and goes on after a broken connection', async () => {
      const { server, visit, stored, ask, imports, id } = await createWorld();
      for (let n = 1; n <= 3; n += 1) {
        server.deliver(`old ${n}`);
      }
      await visit();
      await ask({ last: 3 });
      server.onNext('fetch', () => imports.cancel(id));
      expect(await visit()).toMatchObject({ kind: 'completed', accepted: 0 });
      expect(await stored()).toEqual([]);

      await ask({ last: 3 });
      server.failNext('fetch', 'connection-lost');
      expect(await visit()).toMatchObject({ kind: 'failed' });
      expect(await imports.findLatest(id)).toMatchObject({ state: 'running' });
      expect(await visit()).toMatchObject({ accepted: 3 });
      expect(await stored()).toHaveLength(3);
    });
  },
);
