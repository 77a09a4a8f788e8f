// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { tables } from '../database';
import { aMail, openInbox } from '../__testUtils__/openInbox';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())(
  'AcknowledgementStore (%s)',
  databaseId => {
    const setUp = async () =>
      openInbox(
        await openTestDatabase(databases, databaseId as TestDatabaseId),
      );

    it('names POP3 mail by key and size, and tells a server of either', async () => {
      const { db, accept, cursor, told, acknowledgements } = await setUp();
      const pop3 = (sourceKey: string, sizeBytes: number) => ({
        ...aMail(1),
        sourceKey,
        sizeBytes,
      });
      const long = `uidl:${'x'.repeat(70)}#1`;
      expect(await accept([pop3(long, 5), pop3(long, 6)])).toBe(2);
      expect(await accept([pop3(long, 5), aMail(3)])).toBe(1);
      expect((await told()).sort()).toEqual(['3', long, long]);
      // As the former version wrote it.
      await db(tables.acknowledgements)
        .where({ source_key: '3' })
        .update({ source_key: null });
      expect((await told()).sort()).toEqual(['3', long, long]);
      expect(await told(true)).toEqual([]);
      await db(tables.inboxMessages).update({ state: 'done' });
      expect(await told(true)).toHaveLength(3);
      await acknowledgements.remove(cursor.id, ['3']);
      expect(await told()).toEqual([long, long]);
      expect(await accept([aMail(4)], { acknowledges: false })).toBe(1);
      expect(await told()).toHaveLength(2);
    });
  },
);
