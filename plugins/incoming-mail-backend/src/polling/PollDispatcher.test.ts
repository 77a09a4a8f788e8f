// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { aDispatcher } from '../__testUtils__/aDispatcher';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { FakeMailServer } from '../__testUtils__/FakeMailSession';
import { dbNowPlus, tables } from '../database';
import { JournalStore } from '../journal';
import { MailboxStore } from '../mailboxes';
import { PollDispatcher } from './PollDispatcher';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())(
  'PollDispatcher (%s)',
  databaseId => {
    const open = () =>
      openTestDatabase(databases, databaseId as TestDatabaseId);
    const started: PollDispatcher[] = [];
    afterEach(async () => {
      await Promise.all(started.splice(0).map(dispatcher => dispatcher.stop()));
    });

    const createDispatcher = (...args: Parameters<typeof aDispatcher>) => {
      const made = aDispatcher(...args);
      started.push(made.dispatcher);
      return made;
    };
    const makeDue = (db: Knex) =>
      db(tables.leases)
        .where({ kind: 'poll' })
        .update({ due_at: dbNowPlus(db, -1) });
    const eventsOf = async (journal: JournalStore, mailboxId: string) =>
      (await journal.list(mailboxId, { limit: 50 })).items
        .map(({ event }) => event)
        .reverse();

    it('visits what is due, records it, and comes back after the interval', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const { id } = await aChannel(db);
      const { run, outcomes, wakes, journal } = createDispatcher(db, server);
      await run();
      server.deliver('mail');
      await run();
      expect(outcomes).toHaveLength(1);
      await makeDue(db);
      await run();
      expect(outcomes).toHaveLength(2);
      expect(wakes).toEqual(['accepted']);
      expect(await eventsOf(journal, id)).toEqual([
        'baseline-set',
        'mail-accepted',
      ]);
      const mailboxes = new MailboxStore(db);
      const next = (await mailboxes.nextVisitAt(id))!.getTime() - Date.now();
      expect(next).toBeGreaterThan(50_000);
      expect(next).toBeLessThan(70_000);
      expect((await mailboxes.getById(id)).lastSuccessAt).toBeDefined();
    });

    it('stops trying a password that was refused three times, until somebody acts', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const { id } = await aChannel(db);
      await db(tables.mailboxes).update({
        auth_method: 'password',
        integration_id: null,
      });
      const { run } = createDispatcher(db, server);
      const mailboxes = new MailboxStore(db);
      server.refusedSecrets.add('a password');
      for (let refusals = 1; refusals <= 3; refusals += 1) {
        await makeDue(db);
        await run();
        expect(await mailboxes.getById(id)).toMatchObject({
          state: 'needs-password',
          failure: { code: 'password-refused' },
          refusedSignIns: refusals,
        });
        expect((await mailboxes.nextVisitAt(id)) === undefined).toBe(
          refusals === 3,
        );
      }
      server.refusedSecrets.clear();
      await mailboxes.scheduleNow(id);
      await run();
      expect(await mailboxes.getById(id)).toMatchObject({
        state: 'active',
        refusedSignIns: 0,
      });
    });

    it('tells of a failure once, with its state, and of the recovery', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const { id } = await aChannel(db);
      const { run, journal } = createDispatcher(db, server);
      const mailboxes = new MailboxStore(db);
      const visitFailing = async (
        code: 'connection-refused' | 'folder-not-found',
      ) => {
        server.failNext('connect', code);
        await makeDue(db);
        await run();
        return mailboxes.getById(id);
      };
      await run();
      expect((await visitFailing('connection-refused')).state).toBe('degraded');
      expect((await visitFailing('connection-refused')).failedVisits).toBe(2);
      expect((await visitFailing('folder-not-found')).state).toBe(
        'mailbox-unavailable',
      );
      await makeDue(db);
      await run();
      expect((await mailboxes.getById(id)).state).toBe('active');
      expect(await eventsOf(journal, id)).toEqual([
        'baseline-set',
        'visit-failed',
        'visit-failed',
        'recovered',
      ]);
    });

    it('tells once that the server does not do what is to be done with stored mail (R46)', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const { id } = await aChannel(db);
      const { run, journal } = createDispatcher(db, server);
      const mailboxes = new MailboxStore(db);
      const visit = async () => {
        server.deliver('mail');
        await makeDue(db);
        await run();
        const { state, afterStoringRefusal } = await mailboxes.getById(id);
        return { state, afterStoringRefusal };
      };
      await run();
      server.settleRefusal = 'read-only';
      const refused = { state: 'active', afterStoringRefusal: 'read-only' };
      expect(await visit()).toEqual(refused);
      expect(await visit()).toEqual(refused);
      server.settleRefusal = undefined;
      expect(await visit()).toMatchObject({ afterStoringRefusal: undefined });
      expect(await eventsOf(journal, id)).toEqual([
        'baseline-set',
        'mail-accepted',
        'after-storing-refused',
        'mail-accepted',
        'mail-accepted',
      ]);
    });

    it('does not let a server that hangs hold its place for ever, nor keep others waiting', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const slow = await aChannel(db, 'component:default/slow');
      const quick = await aChannel(db, 'component:default/quick');
      server.hangNext('connect');
      const { run, outcomes } = createDispatcher(db, server, {
        visitTimeoutMs: 200,
      });
      await run();
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual([
        'completed',
        'failed',
      ]);
      const mailboxes = new MailboxStore(db);
      const states = await Promise.all(
        [slow, quick].map(
          async ({ id }) => (await mailboxes.getById(id)).state,
        ),
      );
      expect(states.sort()).toEqual(['active', 'degraded']);
      expect(server.openSessionCount).toBe(0);
    });

    it('visits mailboxes that timed out in a lane of their own, which is bounded (R21)', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const mailboxes = new MailboxStore(db);
      const { dispatcher, run, outcomes } = createDispatcher(db, server, {
        concurrency: 1,
      });
      const slow = [
        await aChannel(db, 'component:default/slow'),
        await aChannel(db, 'component:default/slower'),
      ];
      server.failNext('connect', 'connection-timed-out');
      server.failNext('connect', 'connection-timed-out');
      await run();
      expect(outcomes).toMatchObject([{ kind: 'failed' }, { kind: 'failed' }]);

      server.hangNext('connect');
      await makeDue(db);
      dispatcher.wake();
      const putOff = async () => {
        const due = await Promise.all(
          slow.map(({ id }) => mailboxes.nextVisitAt(id)),
        );
        return due.filter(at => at && at.getTime() - Date.now() < 30_000);
      };
      while ((await putOff()).length !== 1) {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      // The lane is full and hangs; the one place of the others is free.
      await aChannel(db, 'component:default/quick');
      dispatcher.wake();
      while (outcomes.length < 3) {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      expect(outcomes[2]).toMatchObject({ kind: 'completed' });

      await dispatcher.stop();
      expect(outcomes.slice(3)).toEqual([{ kind: 'aborted' }]);
    });

    it('has mailboxes visited that are due while others hang that nobody knew of (R21)', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const { dispatcher, outcomes } = createDispatcher(db, server, {
        concurrency: 8,
        slowAfterMs: 20,
      });
      // Six of eight places may be waited in.
      for (let n = 0; n < 6; n += 1) {
        await aChannel(db, `component:default/hangs-${n}`);
        server.hangNext('connect');
      }
      dispatcher.wake();
      const connects = () =>
        server.calls.filter(({ operation }) => operation === 'connect').length;
      while (connects() < 6) {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      for (let n = 0; n < 20; n += 1) {
        await aChannel(db, `component:default/answers-${n}`);
      }
      dispatcher.wake();
      while (outcomes.length < 20) {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      expect(outcomes.every(({ kind }) => kind === 'completed')).toBe(true);
      // The six go on waiting: they were moved aside, and not ended.
      await dispatcher.stop();
      expect(outcomes.slice(20).map(({ kind }) => kind)).toEqual(
        Array(6).fill('aborted'),
      );
    });

    it('leaves a host alone that ten visits in a row did not reach, without a failure of those put off (R35)', async () => {
      const db = await open();
      const server = new FakeMailServer();
      const mailboxes = new MailboxStore(db);
      const { run, outcomes } = createDispatcher(db, server, {
        concurrency: 1,
      });
      for (let n = 0; n < 10; n += 1) {
        await aChannel(db, `component:default/down-${n}`);
        server.failNext('connect', 'connection-refused');
      }
      await run();
      expect(outcomes).toHaveLength(10);

      const { id } = await aChannel(db, 'component:default/another');
      await run();
      expect(outcomes).toHaveLength(10);
      expect((await mailboxes.getById(id)).failedVisits).toBe(0);
      const next = (await mailboxes.nextVisitAt(id))!.getTime() - Date.now();
      expect(next).toBeGreaterThan(40_000);
      expect(next).toBeLessThan(80_000);
    });

    it('hands its work back at once when it is stopped', async () => {
      const db = await open();
      const server = new FakeMailServer();
      await aChannel(db);
      server.hangNext('open');
      const first = createDispatcher(db, server);
      first.dispatcher.wake();
      while (server.openSessionCount === 0) {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      await first.dispatcher.stop();
      expect(first.outcomes).toEqual([{ kind: 'aborted' }]);
      const second = createDispatcher(db, server);
      await second.run();
      expect(second.outcomes).toMatchObject([{ kind: 'completed' }]);
    });

    it('shares mailboxes out between two dispatchers without storing anything twice', async () => {
      const db = await open();
      const servers = new FakeMailServer();
      for (let n = 0; n < 6; n += 1) {
        await aChannel(db, `component:default/project-${n}`);
      }
      const replicas = ['a', 'b'].map(holder =>
        createDispatcher(db, servers, { holder }),
      );
      await Promise.all(replicas.map(({ run }) => run()));
      for (let n = 0; n < 10; n += 1) {
        servers.deliver(`mail ${n}`);
      }
      await makeDue(db);
      await Promise.all(replicas.map(({ run }) => run()));
      const [{ n }] = await db(tables.inboxMessages).count({ n: '*' });
      // Each of the six mailboxes reads the same folder of the fake server.
      expect(Number(n)).toBe(60);
      expect(replicas.flatMap(({ outcomes }) => outcomes)).toHaveLength(12);
    });
  },
);
