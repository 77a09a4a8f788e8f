// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { inTransaction, tables } from '../database';
import { aMail, openInbox } from '../__testUtils__/openInbox';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('InboxStore (%s)', databaseId => {
  const setUp = async () =>
    openInbox(await openTestDatabase(databases, databaseId as TestDatabaseId));

  it('stores every byte once, in order, and remembers to tell the server', async () => {
    const {
      cursor,
      accept,
      waiting,
      mailbox,
      told,
      acknowledgements,
      rawMails,
      claimProcessing,
    } = await setUp();
    const large = randomBytes(2_500_000);
    expect(await accept([aMail(5), aMail(7, large), aMail(9, '')])).toBe(3);
    const stored = await waiting();
    expect(stored).toHaveLength(3);
    expect((await rawMails.read(stored[0].id)).toString()).toBe('mail 5');
    expect((await rawMails.read(stored[1].id)).equals(large)).toBe(true);
    expect(await rawMails.read(stored[2].id)).toHaveLength(0);
    expect(await told()).toEqual(['5', '7', '9']);
    await acknowledgements.remove(cursor.id, ['5', '9']);
    expect(await told()).toEqual(['7']);
    // Handling is due.
    expect((await claimProcessing()).subjectId).toBe(mailbox.id);
  });

  it('gives no bytes of what was undone', async () => {
    const { db, mailbox, cursor, inbox, queue } = await setUp();
    const inserted: string[] = [];
    const undone = inTransaction(db, async tx => {
      await inbox.accept(tx, {
        mailboxId: mailbox.id,
        cursorId: cursor.id,
        recognisesBytes: false,
        acknowledges: false,
        messages: [aMail(1)],
      });
      inserted.push(...(await tx(tables.inboxMessages).pluck('id')));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(inserted).toHaveLength(1);
    expect(await queue.listWaiting(mailbox.id, 10)).toEqual([]);
  });

  it('takes a second arrival for what it is, alone or among new mail', async () => {
    const { accept, waiting, mailbox, told, messageLog } = await setUp();
    await accept([aMail(1), aMail(2)]);
    expect(await accept([aMail(2), aMail(3), aMail(1)])).toBe(1);
    expect(await waiting()).toHaveLength(3);
    expect(await told()).toEqual(['1', '2', '3']);
    expect(await messageLog.count(mailbox.id)).toEqual({
      lastDay: 3,
      waiting: 3,
      held: 0,
      stored: 3,
    });
  });

  it('stores the same mail once when two replicas bring it at the same moment', async () => {
    const { accept, waiting } = await setUp();
    const accepted = await Promise.all(
      Array.from({ length: 6 }, () =>
        accept(Array.from({ length: 20 }, (_, n) => aMail(n + 1))),
      ),
    );
    expect(accepted.reduce((sum, n) => sum + n, 0)).toBe(20);
    expect(await waiting()).toHaveLength(20);
  });

  it('shows mail that the server does not deliver, once, and has nothing handled of it', async () => {
    const {
      db,
      mailbox,
      cursor,
      waiting,
      told,
      inbox,
      messageLog,
      queue,
      rawMails,
    } = await setUp();
    const lost = () =>
      inTransaction(db, tx =>
        inbox.acceptUndelivered(tx, {
          mailboxId: mailbox.id,
          cursorId: cursor.id,
          sources: [{ sourceKey: '7', sizeBytes: 4_000 }],
        }),
      );
    await lost();
    await lost();
    const { items } = await messageLog.list(mailbox.id, { limit: 10 });
    expect(items).toMatchObject([
      {
        state: 'quarantined',
        failure: 'message-not-delivered',
        sizeBytes: 4_000,
        truncated: true,
      },
    ]);
    expect(await rawMails.read(items[0].id)).toHaveLength(0);
    expect(await waiting()).toEqual([]);
    expect(await told()).toEqual([]);
    await expect(
      inTransaction(db, tx => queue.runAgain(tx, mailbox.id, items[0].id)),
    ).rejects.toThrow('never delivered');
  });

  it('recognises mail by its bytes after a renumbering, and only then', async () => {
    const { accept, waiting, cursorOf } = await setUp();
    await accept([aMail(1, 'same'), aMail(2, 'same')]);
    expect(await waiting()).toHaveLength(2);
    const { id: cursorId } = await cursorOf(2);
    const options = { cursorId, recognisesBytes: true };
    expect(await accept([aMail(1, 'same'), aMail(2, 'other')], options)).toBe(
      1,
    );
    expect(await waiting()).toHaveLength(3);
  });

  it('shows a copy of a mail as its duplicate, and has one handled (R45)', async () => {
    const { db, accept, mailbox, waiting, told, messageLog, rawMails } =
      await setUp();
    const mail = (trace: string, text = 'Hello.') =>
      `Received: ${trace}\r\nMessage-ID: <1@customer.test>\r\n\r\n${text}`;
    expect(await accept([aMail(1, mail('a')), aMail(2, mail('b'))])).toBe(2);
    expect(
      await accept([aMail(3, mail('c')), aMail(4, mail('c', 'No.'))]),
    ).toBe(2);
    const { items } = await messageLog.list(mailbox.id, { limit: 10 });
    const [other, third, second, first] = items;
    expect(items.map(({ state, duplicateOf }) => [state, duplicateOf])).toEqual(
      [
        ['stored', undefined],
        ['duplicate', first.id],
        ['duplicate', first.id],
        ['stored', undefined],
      ],
    );
    expect(third.trace[0].reason).toContain(first.id);
    // Kept whole like any other, and done with on the server like any other.
    expect((await rawMails.read(second.id)).toString()).toBe(mail('b'));
    expect(await told()).toEqual(['1', '2', '3', '4']);
    expect((await waiting()).map(({ id }) => id)).toEqual([first.id, other.id]);
    // A second arrival is no copy of itself.
    expect(await accept([aMail(1, mail('a'))])).toBe(0);
    expect(await db(tables.inboxMessages)).toHaveLength(4);
  });

  it('takes mails without a Message-ID, and beginnings of mails, for no copies', async () => {
    const { accept, waiting } = await setUp();
    const raw = 'Message-ID: <1@customer.test>\r\n\r\nx';
    await accept([
      aMail(1, 'Subject: backup\r\n\r\nok'),
      aMail(2, 'Subject: backup\r\n\r\nok'),
      { ...aMail(3, raw), truncated: true },
      { ...aMail(4, raw), truncated: true },
    ]);
    expect(await waiting()).toHaveLength(4);
  });
});
