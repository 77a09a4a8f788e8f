// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { dbNowPlus, tables } from '../database';
import {
  createWorld,
  stored,
  visit,
  visitDyingAt,
  World,
} from '../__testUtils__/pollingWorld';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const DAY_MS = 86_400_000;

const mail = (subject: string) =>
  `Message-ID: <${subject}@corp.test>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`;

describe.each(databases.eachSupportedId())(
  'a folder that is numbered anew (%s)',
  databaseId => {
    const open = () =>
      openTestDatabase(databases, databaseId as TestDatabaseId);
    const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
    const deliver = (world: World, subject: string, days = 0) =>
      world.server.deliver(mail(subject), { receivedAt: daysAgo(days) });
    /** UIDs whose bodies were asked for since. */
    const fetched = ({ server }: World) =>
      server.calls
        .splice(0)
        .filter(({ operation }) => operation === 'fetch')
        .flatMap(({ uids = [] }) => uids);
    /** Reading began ten days ago; the last visit was now. */
    const setUp = async (policy = {}) => {
      const world = await createWorld(await open(), policy);
      await visit(world);
      await world.db(tables.mailboxes).update({
        reading_since: dbNowPlus(world.db, -10 * DAY_MS),
        last_success_at: dbNowPlus(world.db, 0),
      } as {});
      return world;
    };
    const states = async (world: World) => {
      const { items } = await world.deps.messageLog.list(world.mailbox.id, {
        limit: 100,
      });
      return items.map(({ state, failure }) => ({ state, failure }));
    };

    it('is compared by headers: only what is new is fetched (R12, R13)', async () => {
      const world = await setUp();
      for (let n = 0; n < 120; n += 1) {
        deliver(world, `known ${n}`, 2);
      }
      expect(await visit(world)).toMatchObject({ accepted: 120 });
      fetched(world);
      world.server.renumber();
      const fresh = [1, 2, 3].map(n => deliver(world, `new ${n}`));

      expect(await visit(world)).toMatchObject({
        accepted: 3,
        renumbered: true,
        more: false,
      });
      expect(fetched(world)).toEqual(fresh);
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(fetched(world)).toEqual([]);
    });

    it('is compared by what the server calls its mail for good, without asking for a header', async () => {
      const world = await setUp();
      const { server } = world;
      for (const stableId of ['M1', 'M2']) {
        server.deliver(mail(stableId), { stableId, receivedAt: daysAgo(1) });
      }
      await visit(world);
      server.renumber();
      server.calls.splice(0);
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(
        server.calls.filter(
          ({ operation, uids = [] }) =>
            uids.length > 0 && operation !== 'settle',
        ),
      ).toEqual([]);
    });

    it('is compared by bytes where the former version stored the mail', async () => {
      const world = await setUp();
      deliver(world, 'known');
      await visit(world);
      await world.db(tables.inboxMessages).update({
        head_digest: null,
        content_hash: null,
      });
      fetched(world);
      world.server.renumber();
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(fetched(world)).toEqual([1]);
    });

    it('takes a mail of another size under a known header for another mail', async () => {
      const world = await setUp();
      deliver(world, 'same');
      await visit(world);
      world.server.renumber();
      world.server.deliver(`${mail('same')}and more`, {
        receivedAt: new Date(),
      });
      expect(await visit(world)).toMatchObject({ accepted: 1 });
    });

    it('holds an archive that was restored for review, all of it, and runs what is wanted (R14)', async () => {
      const world = await setUp();
      const { server, deps, db } = world;
      deliver(world, 'known', 1);
      await visit(world);
      server.renumber();
      server.expunge(1);
      // The folder is made anew, and filled later.
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(await db(tables.acknowledgements)).toEqual([]);
      deliver(world, 'known', 1);
      deliver(world, 'archived', 5);
      deliver(world, 'from before reading began', 20);
      const late = deliver(world, 'late', 0.5);
      const fresh = deliver(world, 'new');
      expect(await visit(world)).toMatchObject({ accepted: 3 });
      expect(await states(world)).toEqual([
        { state: 'stored', failure: undefined },
        { state: 'stored', failure: undefined },
        { state: 'held', failure: 'message-to-review' },
        { state: 'stored', failure: undefined },
      ]);
      expect(server.seenUids()).toEqual([late, fresh]);
      const { items } = await deps.messageLog.list(world.mailbox.id, {
        limit: 10,
      });
      const held = items.find(({ state }) => state === 'held')!;
      expect(held.trace).toMatchObject([{ verdict: 'stopped' }]);
      await db.transaction(tx =>
        deps.queue.runAgain(tx, world.mailbox.id, held.id),
      );
      const waiting = await deps.queue.listWaiting(world.mailbox.id, 10);
      expect(waiting).toHaveLength(4);
      expect(waiting.find(({ id }) => id === held.id)?.imported).toBe(true);
    });

    it('keeps the date for review over all visits that the comparison takes', async () => {
      const world = await setUp({ messagesPerVisit: 2 });
      const { db, server } = world;
      deliver(world, 'known', 5);
      await visit(world);
      await db(tables.mailboxes).update({
        last_success_at: dbNowPlus(db, -3 * DAY_MS),
      } as {});
      server.renumber();
      // Three days without a visit: what came meanwhile is new.
      for (const n of [1, 2, 3]) {
        deliver(world, `meanwhile ${n}`, 2);
      }
      expect(await visit(world)).toMatchObject({ accepted: 1, more: true });
      await db(tables.mailboxes).update({
        last_success_at: dbNowPlus(db, 0),
      } as {});
      // And once more, amid the comparison.
      server.renumber();
      for (const accepted of [0, 2, 0]) {
        expect(await visit(world)).toMatchObject({ accepted });
      }
      expect((await states(world)).map(({ state }) => state)).toEqual(
        Array(4).fill('stored'),
      );
    });

    it('tells of it once where the server has other numbers in each session (R15)', async () => {
      const world = await setUp();
      const { server, db } = world;
      const told: unknown[] = [];
      for (let n = 0; n < 30; n += 1) {
        deliver(world, `mail ${n}`);
        server.renumber();
        const outcome = await visit(world);
        expect(outcome).toMatchObject({ accepted: 1 });
        told.push('renumbered' in outcome && outcome.renumbered);
      }
      expect(told.filter(Boolean).length).toBeLessThan(4);
      expect(await stored(world)).toHaveLength(30);
      expect((await db(tables.mailboxCursors)).length).toBeLessThan(25);
    });

    it('loses and doubles nothing wherever the process dies (R12, R13)', async () => {
      const db = await open();
      let point = 0;
      for (let survived = false; !survived; point += 1) {
        await db(tables.mailboxes).delete();
        await db(tables.leases).delete();
        const world = await createWorld(db, { messagesPerVisit: 2 });
        await visit(world);
        deliver(world, 'known 1');
        deliver(world, 'known 2');
        await visit(world);
        world.server.renumber();
        deliver(world, 'new 1');
        deliver(world, 'new 2');
        survived = await visitDyingAt(point, world);
        while (((await visit(world)) as { more?: boolean }).more) {
          // The next process goes on until there is no more.
        }
        expect(await stored(world)).toEqual(
          ['known 1', 'known 2', 'new 1', 'new 2'].map(mail),
        );
        const { items } = await world.deps.messageLog.list(world.mailbox.id, {
          limit: 10,
        });
        expect(new Set(items.map(({ state }) => state))).toEqual(
          new Set(['stored']),
        );
      }
      expect(point).toBeGreaterThan(8);
    });
  },
);
