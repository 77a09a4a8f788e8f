// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  createWorld,
  processAll,
  stored,
  visit,
  World,
} from '../__testUtils__/pollingWorld';
import {
  dbNow,
  dbNowPlus,
  inTransaction,
  releaseLease,
  tables,
} from '../database';
import { nextVisitInMs } from './pollSchedule';
import { relievedBelow } from './VisitBudget';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())(
  'visits of a mailbox of which much mail waits (%s)',
  databaseId => {
    const setUp = async (maxWaiting = 10) => {
      const db = await openTestDatabase(
        databases,
        databaseId as TestDatabaseId,
      );
      const world = await createWorld(db, { maxWaiting, messagesPerVisit: 6 });
      await visit(world);
      return world;
    };
    const deliver = ({ server }: World, count: number) =>
      Array.from({ length: count }, (_, n) => server.deliver(`mail ${n}`));
    /** As the dispatcher does. */
    const visitAndRecord = async (world: World) => {
      const outcome = await visit(world);
      if (outcome.kind === 'completed') {
        await inTransaction(world.db, tx =>
          world.deps.mailboxes.recordVisit(tx, world.mailbox.id, {
            state: 'active',
            leftOnServer: outcome.left,
            heldBack: outcome.heldBack,
          }),
        );
      }
      return outcome;
    };
    const fetches = ({ server }: World) =>
      server.calls
        .splice(0)
        .filter(({ operation }) => ['fetch', 'list'].includes(operation));
    const handle = ({ db }: World, count: number) =>
      db(tables.inboxMessages)
        .whereIn(
          'id',
          db(tables.inboxMessages)
            .where({ state: 'stored' })
            .limit(count)
            .select('id'),
        )
        .update({ state: 'done' });

    it('stop at the bound, leave the rest on the server, and go on by themselves (R39)', async () => {
      const world = await setUp();
      deliver(world, 25);
      expect(await visitAndRecord(world)).toMatchObject({
        accepted: 6,
        more: true,
        left: 19,
      });
      expect(world.mailbox.heldBackAt).toBeUndefined();
      const full = await visitAndRecord(world);
      expect(full).toMatchObject({ accepted: 4, more: true, heldBack: true });
      const schedule = {
        intervalMs: 60_000,
        failedVisits: 0,
        random: () => 0.5,
      };
      expect(nextVisitInMs(full, schedule)).toBe(60_000);

      // Nothing is fetched, and people see how much is left.
      await handle(world, 4);
      fetches(world);
      expect(await visitAndRecord(world)).toMatchObject({
        kind: 'completed',
        accepted: 0,
        heldBack: true,
        left: 15,
      });
      expect(fetches(world)).toEqual([]);
      expect(world.mailbox.heldBackAt).toBeDefined();

      await handle(world, 2);
      expect(await visitAndRecord(world)).toMatchObject({ accepted: 6 });
      for (let n = 0; n < 4; n += 1) {
        await processAll(world);
        await visitAndRecord(world);
      }
      expect(await stored(world)).toHaveLength(25);
      expect(await visitAndRecord(world)).toMatchObject({
        more: false,
        left: 0,
      });
    });

    it('are held back by nothing where nothing is left', async () => {
      const world = await setUp(4);
      deliver(world, 4);
      expect(await visitAndRecord(world)).toMatchObject({
        accepted: 4,
        heldBack: true,
      });
      const outcome = await visitAndRecord(world);
      expect(world.mailbox.heldBackAt).toBeDefined();
      expect(outcome).toMatchObject({ accepted: 0, more: false });
      expect(outcome).not.toHaveProperty('heldBack');
      await visitAndRecord(world);
      expect(world.mailbox.heldBackAt).toBeUndefined();
    });

    it('count what waits only where there is mail to fetch', async () => {
      const world = await setUp();
      const count = jest.spyOn(world.deps.queue, 'countWaiting');
      expect(await visitAndRecord(world)).toMatchObject({ accepted: 0 });
      expect(count).not.toHaveBeenCalled();
      deliver(world, 1);
      expect(await visitAndRecord(world)).toMatchObject({ accepted: 1 });
      expect(count).toHaveBeenCalledTimes(1);
    });

    it('take no more than there is room for of what comes amid a visit', async () => {
      const world = await setUp();
      deliver(world, 9);
      await visitAndRecord(world);
      await visitAndRecord(world);
      const outcome = await visit(world, {
        openSession: async options => {
          const session = await world.deps.openSession(options);
          const list = session.list.bind(session);
          jest.spyOn(session, 'list').mockImplementationOnce(async wanted => {
            deliver(world, 3);
            return list(wanted);
          });
          return session;
        },
      });
      expect(outcome).toMatchObject({ accepted: 1, more: true });
      expect(await stored(world)).toHaveLength(10);
      await processAll(world);
      expect(await visit(world)).toMatchObject({ accepted: 2, left: 0 });
    });

    it('are due as soon as half of it is handled', async () => {
      const world = await setUp();
      const { db, deps, ticket, mailbox } = world;
      deliver(world, 25);
      await visitAndRecord(world);
      await visitAndRecord(world);
      const isDue = async () => {
        await deps.mailboxes.scheduleRelieved(relievedBelow(10));
        const row = await db(tables.leases)
          .where({ kind: 'poll', subject_id: mailbox.id })
          .andWhere('due_at', '<=', dbNow(db))
          .first();
        return row !== undefined;
      };
      await handle(world, 6);
      // Not while it is being visited.
      expect(await isDue()).toBe(false);
      await releaseLease(db, ticket, 60_000);
      expect(await isDue()).toBe(true);
      await db(tables.leases).update({ due_at: dbNowPlus(db, 60_000) });
      await db(tables.inboxMessages).update({ state: 'stored' });
      expect(await isDue()).toBe(false);
      await db(tables.inboxMessages).update({ state: 'done' });
      await db(tables.mailboxes).update({ held_back_at: null });
      expect(await isDue()).toBe(false);
    });
  },
);
