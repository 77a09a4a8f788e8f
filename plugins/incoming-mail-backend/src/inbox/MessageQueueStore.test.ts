// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { dbNowPlus, inTransaction, tables } from '../database';
import { aMail, openInbox } from '../__testUtils__/openInbox';

jest.setTimeout(60_000);

const DAY_MS = 86_400_000;

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())(
  'MessageQueueStore (%s)',
  databaseId => {
    const setUp = async () =>
      openInbox(
        await openTestDatabase(databases, databaseId as TestDatabaseId),
      );

    it('has a mail wait until its time, while others go on', async () => {
      const { db, accept, waiting, mailbox, attempts, queue } = await setUp();
      await accept([aMail(1), aMail(2)]);
      const [first, second] = await waiting();
      await inTransaction(db, tx =>
        attempts.postpone(tx, first.id, {
          dueInMs: 60_000,
          head: {},
          trace: [],
          failure: 'handler-failed',
        }),
      );
      expect((await waiting()).map(({ id }) => id)).toEqual([second.id]);
      expect(await queue.nextAttemptInMs(mailbox.id)).toBe(0);
      await inTransaction(db, tx =>
        attempts.finish(tx, second.id, {
          state: 'ignored',
          head: {},
          trace: [],
        }),
      );
      const waitMs = await queue.nextAttemptInMs(mailbox.id);
      expect(waitMs).toBeGreaterThan(50_000);
      expect(waitMs).toBeLessThanOrEqual(60_000);
      await db(tables.inboxMessages)
        .where({ id: first.id })
        .update({ next_attempt_at: dbNowPlus(db, -1) });
      expect((await waiting()).map(({ id }) => id)).toEqual([first.id]);
    });

    it('tells how much waits, and for how long', async () => {
      const { db, accept, queue, waiting } = await setUp();
      expect(await queue.readBacklog()).toEqual({ count: 0, oldestAgeMs: 0 });
      await accept([aMail(1), aMail(2), aMail(3)]);
      const ids = (await waiting()).map(({ id }) => id);
      for (const [at, days] of [2, 1, 9].entries()) {
        await db(tables.inboxMessages)
          .where({ id: ids[at] })
          .update({ accepted_at: dbNowPlus(db, -days * DAY_MS) });
      }
      await db(tables.inboxMessages)
        .where({ id: ids[2] })
        .update({ state: 'done', next_attempt_at: null });
      const { count, oldestAgeMs } = await queue.readBacklog();
      expect(count).toBe(2);
      expect(Math.round(oldestAgeMs / DAY_MS)).toBe(2);
    });
  },
);
