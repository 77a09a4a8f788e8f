// SPDX-License-Identifier: Apache-2.0
import {
  mockServices,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { dbNowPlus, tables } from '../database';
import { JournalStore } from '../journal';
import { Janitor } from './Janitor';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe('Janitor', () => {
  it('goes on with the other rules when one fails, and says so once', async () => {
    const logger = mockServices.logger.mock();
    const removed: string[] = [];
    const janitor = new Janitor({
      logger,
      rules: [
        {
          what: 'broken',
          keepMs: 1,
          batch: 500,
          removeOld: async () => {
            throw Object.assign(new Error('row value'), { code: '57P01' });
          },
        },
        {
          what: 'works',
          keepMs: 5,
          batch: 500,
          removeOld: async ({ ageMs, limit }) => {
            removed.push(`${ageMs} ${limit}`);
            return removed.length < 3 ? limit : 0;
          },
        },
      ],
    });
    await janitor.runOnce();
    expect(removed).toEqual(['5 500', '5 500', '5 500']);
    expect(JSON.stringify(logger.warn.mock.calls)).not.toContain('row value');
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('stops between batches when the backend does', async () => {
    const stopping = new AbortController();
    let runs = 0;
    const janitor = new Janitor({
      logger: mockServices.logger.mock(),
      rules: [
        {
          what: 'endless',
          keepMs: 1,
          batch: 500,
          removeOld: async ({ limit }) => {
            runs += 1;
            stopping.abort();
            return limit;
          },
        },
      ],
    });
    await janitor.runOnce(stopping.signal);
    expect(runs).toBe(1);
  });

  it('gives each rule its time, and goes on at the next run', async () => {
    const turns: string[] = [];
    const endless = (what: string) => ({
      what,
      keepMs: 1,
      batch: 500,
      removeOld: async ({ limit }: { limit: number }) => {
        turns.push(what);
        await new Promise(resolve => setTimeout(resolve, 5));
        return limit;
      },
    });
    const janitor = new Janitor({
      logger: mockServices.logger.mock(),
      rules: [endless('first'), endless('second')],
      ruleMs: 1,
    });
    await janitor.runOnce();
    expect(turns).toEqual(['first', 'second']);
  });

  it.each(databases.eachSupportedId())(
    'removes old journal lines in batches and leaves young ones (%s)',
    async databaseId => {
      const db = await openTestDatabase(
        databases,
        databaseId as TestDatabaseId,
      );
      const { id: mailboxId } = await aChannel(db);
      const logger = mockServices.logger.mock();
      const journal = new JournalStore({ db, logger });
      for (let n = 0; n < 5; n += 1) {
        await journal.append({ mailboxId, event: 'recovered' });
      }
      await db(tables.journalEntries).update({ at: dbNowPlus(db, -10_000) });
      await journal.append({ mailboxId, event: 'authorized' });
      const removeOld = (options: { ageMs: number }) =>
        journal.removeOld({ ...options, limit: 2 });
      expect(await removeOld({ ageMs: 5_000 })).toBe(2);
      expect(await removeOld({ ageMs: 5_000 })).toBe(2);
      expect(await removeOld({ ageMs: 5_000 })).toBe(1);
      const { items } = await journal.list(mailboxId, { limit: 10 });
      expect(items.map(({ event }) => event)).toEqual(['authorized']);
      expect(logger.warn).not.toHaveBeenCalled();
    },
  );
});
