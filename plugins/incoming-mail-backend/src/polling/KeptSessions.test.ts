// SPDX-License-Identifier: Apache-2.0
import {
  mockServices,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { aDispatcher } from '../__testUtils__/aDispatcher';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { FakeMailServer } from '../__testUtils__/FakeMailSession';
import { oauth } from '../__testUtils__/pollingWorld';
import { claimDue, dbNowPlus, inTransaction, tables } from '../database';
import { MailboxStore } from '../mailboxes';
import { KeptSessions } from './KeptSessions';
import { MailboxConnection } from './MailboxConnection';
import { PollDispatcherOptions } from './PollDispatcher';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const until = async (isSo: () => boolean | Promise<boolean>) => {
  while (!(await isSo())) {
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};

describe.each(databases.eachSupportedId())('KeptSessions (%s)', databaseId => {
  const open = () => openTestDatabase(databases, databaseId as TestDatabaseId);
  const started: Array<{ stop(): Promise<void> }> = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map(one => one.stop()));
  });

  const countOf = (server: FakeMailServer, wanted: string) =>
    server.calls.filter(({ operation }) => operation === wanted).length;
  // Those that listen begin to a moment after the visit.
  const waiting = (server: FakeMailServer, count: number) =>
    until(() => server.waitingCount === count);
  const makeDue = (db: Knex) =>
    db(tables.leases)
      .where({ kind: 'poll' })
      .update({ due_at: dbNowPlus(db, -1) });

  describe('of a dispatcher', () => {
    const create = (
      db: Knex,
      server: FakeMailServer,
      options: Partial<PollDispatcherOptions> = {},
    ) => {
      const made = aDispatcher(db, server, { idleConnections: 10, ...options });
      started.push(made.dispatcher);
      const tick = async () => {
        await made.dispatcher.tick();
        await made.dispatcher.idle();
      };
      return { ...made, tick };
    };

    it('have a mailbox visited at once when it has news, and when it is due, over the same connection', async () => {
      const db = await open();
      const server = new FakeMailServer();
      await aChannel(db);
      const { tick, outcomes } = create(db, server);
      await tick();
      await waiting(server, 1);
      await tick();
      expect(outcomes).toHaveLength(1);

      server.deliver('pushed');
      await until(() => outcomes.length === 2 && server.waitingCount === 1);
      expect(outcomes[1]).toMatchObject({ kind: 'completed', accepted: 1 });

      // Whatever the server tells: what is due is looked at.
      await makeDue(db);
      await tick();
      expect(outcomes[2]).toMatchObject({ kind: 'completed', accepted: 0 });
      expect(countOf(server, 'connect')).toBe(1);
      expect(countOf(server, 'close')).toBe(0);
    });

    it('obey whoever asks another replica for a visit', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const { id } = await aChannel(db);
      const holder = create(db, server, { holder: 'a' });
      const other = create(db, server, { holder: 'b' });
      await holder.tick();
      await other.tick();
      await new MailboxStore(db).scheduleNow(id);
      await other.tick();
      expect(other.outcomes).toHaveLength(0);
      await holder.tick();
      expect(holder.outcomes).toHaveLength(2);
      expect(countOf(server, 'connect')).toBe(1);
    });

    it('take the end of a connection for no failure, whenever it is noticed (R23)', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const { id } = await aChannel(db);
      const { tick, outcomes, journal } = create(db, server);
      await tick();
      await waiting(server, 1);
      server.endWaiting();
      await until(() => server.openSessionCount === 0);
      server.deliver('while nobody listens');
      await makeDue(db);
      await tick();
      expect(outcomes[1]).toMatchObject({ kind: 'completed', accepted: 1 });
      await waiting(server, 1);

      // Dead, and nobody has said so.
      server.failNext('open', 'connection-timed-out');
      server.deliver('told to nobody');
      await until(() => outcomes.length === 3);
      expect(outcomes[2]).toMatchObject({ kind: 'completed', accepted: 1 });
      expect(countOf(server, 'connect')).toBe(3);
      const { items } = await journal.list(id, { limit: 10 });
      expect(items.map(({ event }) => event)).not.toContain('visit-failed');

      // The control: a new connection that cannot be had is a failure.
      await waiting(server, 1);
      server.failNext('open', 'connection-lost');
      server.failNext('connect', 'connection-refused');
      await makeDue(db);
      await tick();
      expect(outcomes[3]).toMatchObject({ failure: 'connection-refused' });
    });

    it('keep no more than they may, and none where the server tells no news', async () => {
      const db = await open();
      const server = new FakeMailServer();
      for (const name of ['one', 'two', 'three']) {
        await aChannel(db, `component:default/${name}`);
      }
      const few = create(db, server, { idleConnections: 2 });
      await few.tick();
      expect(few.outcomes).toHaveLength(3);
      await waiting(server, 2);
      await few.dispatcher.stop();
      expect(server.openSessionCount).toBe(0);

      server.offersNews = false;
      await makeDue(db);
      const all = create(db, server);
      await all.tick();
      expect(all.outcomes).toHaveLength(3);
      expect(server.openSessionCount).toBe(0);
    });

    it('close what was paused, changed or deleted, and nothing else', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const mailboxes = new MailboxStore(db);
      const [paused, changed, deleted] = [
        await aChannel(db, 'component:default/paused'),
        await aChannel(db, 'component:default/changed'),
        await aChannel(db, 'component:default/deleted'),
      ];
      await aChannel(db, 'component:default/stays');
      const { tick, dispatcher, outcomes } = create(db, server);
      await tick();
      await waiting(server, 4);

      await inTransaction(db, tx => mailboxes.pause(tx, paused.id));
      await inTransaction(db, tx => mailboxes.delete(tx, deleted.id));
      await tick();
      expect(server.openSessionCount).toBe(2);
      const { version } = await mailboxes.getById(changed.id);
      await inTransaction(db, tx =>
        mailboxes.update(tx, {
          id: changed.id,
          version,
          settings: { ...changed, folder: 'INBOX' },
        }),
      );
      await tick();
      // Closed, and opened anew with the settings that hold now.
      expect(countOf(server, 'connect')).toBe(5);
      await waiting(server, 2);
      expect(outcomes).toHaveLength(5);
      await dispatcher.stop();
    });

    it('give all back when they stop, to be visited by others when due (R40)', async () => {
      const db = await open();
      const server = new FakeMailServer();
      for (let n = 0; n < 5; n += 1) {
        await aChannel(db, `component:default/project-${n}`);
      }
      const first = create(db, server, { holder: 'a' });
      await first.tick();
      await waiting(server, 5);
      await first.dispatcher.stop();
      expect(server.openSessionCount).toBe(0);
      expect(await db(tables.leases).where({ kind: 'replica' })).toEqual([]);

      const second = create(db, server, { holder: 'b' });
      await second.tick();
      expect(second.outcomes).toHaveLength(0);
      await makeDue(db);
      await second.tick();
      expect(second.outcomes).toHaveLength(5);
    });

    it('are taken over from a replica that died, which stops when it comes back', async () => {
      const db = await open();
      const server = new FakeMailServer();
      await aChannel(db);
      const died = create(db, server, { holder: 'a' });
      await died.tick();
      await db(tables.leases).update({ lease_until: dbNowPlus(db, -1) });

      const heir = create(db, server, { holder: 'b' });
      await heir.tick();
      expect(heir.outcomes).toHaveLength(1);
      await waiting(server, 2);
      await died.tick();
      await waiting(server, 1);
      expect(server.openSessionCount).toBe(1);
      server.deliver('mail');
      await until(() => heir.outcomes.length === 2);
      await died.tick();
      expect(died.outcomes).toHaveLength(1);
    });
  });

  it('are shared out: who has more than a fair share gives some back', async () => {
    const db = await open();
    const server = new FakeMailServer();
    for (let n = 0; n < 20; n += 1) {
      await aChannel(db, `component:default/project-${n}`);
    }
    const createKept = (holder: string) => {
      const kept = new KeptSessions({
        db,
        logger: mockServices.logger.mock(),
        holder,
        leaseMs: 60_000,
        limit: 100,
        onReady: () => {},
      });
      started.push(kept);
      const claim = async () => {
        const tickets = await claimDue(db, {
          kind: 'poll',
          holder,
          limit: 20,
          durationMs: 60_000,
        });
        for (const ticket of tickets) {
          const connection = new MailboxConnection(true);
          await connection.open('INBOX', {
            connect: signal =>
              server.openSession({
                server: {
                  protocol: 'imap',
                  host: 'imap.test',
                  port: 993,
                  security: 'tls',
                },
                credentials: oauth('token'),
                signal,
              }),
            isCurrent: async () => true,
            signal: new AbortController().signal,
          });
          await connection.rest();
          if (!(await kept.keep({ ticket, connection }, 50_000))) {
            await connection.close({ stored: true });
          }
        }
      };
      return { kept, claim };
    };
    const [one, two] = ['a', 'b'].map(createKept);
    await one.kept.start();
    await one.claim();
    expect(one.kept.size).toBe(20);
    await two.kept.start();
    for (let round = 0; round < 10; round += 1) {
      await one.kept.renew();
    }
    // Half of them and a tenth more, and one for good measure.
    expect(one.kept.size).toBe(12);
    await makeDue(db);
    await two.claim();
    await two.kept.renew();
    await one.kept.renew();
    expect([one.kept.size, two.kept.size]).toEqual([12, 8]);
    await two.kept.stop();
    await one.kept.stop();
    expect(server.openSessionCount).toBe(0);
  });
});
