// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { NotFoundError } from '@backstage/errors';
import { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  claimDue,
  dbNowPlus,
  inTransaction,
  LeaseLostError,
  revokeLease,
  tables,
} from '../database';
import { CursorStore } from '../polling';
import { InboxStore } from './InboxStore';
import { ArrivedMessage } from './types';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const aMail = (uid: number, raw: Buffer | string = `mail ${uid}`) =>
  ({
    sourceKey: `${uid}`,
    raw: Buffer.from(raw),
    sizeBytes: raw.length,
    truncated: false,
    receivedAt: new Date(1_000),
  } satisfies ArrivedMessage);

describe.each(databases.eachSupportedId())('InboxStore (%s)', databaseId => {
  const setUp = async () => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const mailbox = await aChannel(db);
    const inbox = new InboxStore(db);
    const cursorOf = (uidValidity: number) =>
      inTransaction(db, tx =>
        new CursorStore(db).create(tx, {
          mailboxId: mailbox.id,
          folder: 'INBOX',
          uidValidity,
          baseUid: 0,
        }),
      );
    const cursor = await cursorOf(1);
    const accept = (
      messages: ArrivedMessage[],
      options: {
        cursorId?: string;
        recognisesBytes?: boolean;
        acknowledges?: boolean;
      } = {},
    ) =>
      inTransaction(db, tx =>
        inbox.accept(tx, {
          mailboxId: mailbox.id,
          cursorId: cursor.id,
          recognisesBytes: false,
          acknowledges: true,
          messages,
          ...options,
        }),
      );
    const waiting = () => inbox.listWaiting(mailbox.id, 100);
    /** Of what the server is still to be told. */
    const told = (deletable = false) =>
      inbox.listAcknowledgements(cursor.id, { limit: 10, deletable });
    return { told, db, mailbox, inbox, cursor, cursorOf, accept, waiting };
  };
  const claimProcessing = async (db: Knex) => {
    const [ticket] = await claimDue(db, {
      kind: 'process',
      holder: 'test',
      limit: 1,
      durationMs: 60_000,
    });
    return ticket;
  };

  it('stores every byte once, in order, and remembers to tell the server', async () => {
    const { db, inbox, cursor, accept, waiting, mailbox, told } = await setUp();
    const large = randomBytes(2_500_000);
    expect(await accept([aMail(5), aMail(7, large), aMail(9, '')])).toBe(3);
    const stored = await waiting();
    expect(stored).toHaveLength(3);
    expect((await inbox.readRaw(stored[0].id)).toString()).toBe('mail 5');
    expect((await inbox.readRaw(stored[1].id)).equals(large)).toBe(true);
    expect(await inbox.readRaw(stored[2].id)).toHaveLength(0);
    expect(await told()).toEqual(['5', '7', '9']);
    await inbox.removeAcknowledgements(cursor.id, ['5', '9']);
    expect(await told()).toEqual(['7']);
    // Handling is due.
    expect((await claimProcessing(db)).subjectId).toBe(mailbox.id);
  });

  it('takes a second arrival for what it is, alone or among new mail', async () => {
    const { accept, waiting, inbox, mailbox, told } = await setUp();
    await accept([aMail(1), aMail(2)]);
    expect(await accept([aMail(2), aMail(3), aMail(1)])).toBe(1);
    expect(await waiting()).toHaveLength(3);
    expect(await told()).toEqual(['1', '2', '3']);
    expect(await inbox.count(mailbox.id)).toEqual({
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
    const { db, inbox, mailbox, cursor, waiting, told } = await setUp();
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
    const { items } = await inbox.list(mailbox.id, { limit: 10 });
    expect(items).toMatchObject([
      {
        state: 'quarantined',
        failure: 'message-not-delivered',
        sizeBytes: 4_000,
        truncated: true,
      },
    ]);
    expect(await inbox.readRaw(items[0].id)).toHaveLength(0);
    expect(await waiting()).toEqual([]);
    expect(await told()).toEqual([]);
    await expect(
      inTransaction(db, tx => inbox.runAgain(tx, mailbox.id, items[0].id)),
    ).rejects.toThrow('never delivered');
  });

  it('names POP3 mail by key and size, and tells a server of either', async () => {
    const { db, accept, inbox, cursor, told } = await setUp();
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
    await inbox.removeAcknowledgements(cursor.id, ['3']);
    expect(await told()).toEqual([long, long]);
    expect(await accept([aMail(4)], { acknowledges: false })).toBe(1);
    expect(await told()).toHaveLength(2);
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
    const { db, accept, inbox, mailbox, waiting, told } = await setUp();
    const mail = (trace: string, text = 'Hello.') =>
      `Received: ${trace}\r\nMessage-ID: <1@customer.test>\r\n\r\n${text}`;
    expect(await accept([aMail(1, mail('a')), aMail(2, mail('b'))])).toBe(2);
    expect(
      await accept([aMail(3, mail('c')), aMail(4, mail('c', 'No.'))]),
    ).toBe(2);
    const { items } = await inbox.list(mailbox.id, { limit: 10 });
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
    expect((await inbox.readRaw(second.id)).toString()).toBe(mail('b'));
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

  it('counts attempts, for the holder of the lease alone', async () => {
    const { db, inbox, accept, waiting, mailbox } = await setUp();
    await accept([aMail(1)]);
    const [{ id }] = await waiting();
    const ticket = await claimProcessing(db);
    expect(await inbox.startAttempt(ticket, id)).toBe(1);
    expect(await inbox.startAttempt(ticket, id)).toBe(2);
    expect((await waiting())[0].attempts).toBe(2);
    await inTransaction(db, tx => revokeLease(tx, 'process', mailbox.id));
    await expect(inbox.startAttempt(ticket, id)).rejects.toThrow(
      LeaseLostError,
    );
    expect((await waiting())[0].attempts).toBe(2);
  });

  it('ends a mail once, and tells what became of it', async () => {
    const { db, inbox, accept, waiting, mailbox } = await setUp();
    await accept([aMail(1)]);
    const [{ id }] = await waiting();
    const finish = () =>
      inTransaction(db, tx =>
        inbox.finish(tx, id, {
          state: 'done',
          head: { subject: 'Hello', sender: 'Carla <carla@customer.test>' },
          trace: [{ step: 'handle', verdict: 'passed', reason: 'A request' }],
          target: 'request:1',
        }),
      );
    await finish();
    await expect(finish()).rejects.toThrow(NotFoundError);
    expect(await waiting()).toEqual([]);
    expect(await inbox.nextAttemptInMs(mailbox.id)).toBeUndefined();
    const { items } = await inbox.list(mailbox.id, { limit: 10 });
    expect(items).toEqual([
      expect.objectContaining({
        id,
        state: 'done',
        subject: 'Hello',
        from: 'Carla <carla@customer.test>',
        target: 'request:1',
        nextAttemptAt: undefined,
        trace: [{ step: 'handle', verdict: 'passed', reason: 'A request' }],
      }),
    ]);
    expect(await inbox.get(mailbox.id, id)).toEqual(items[0]);
    await expect(inbox.get('another mailbox', id)).rejects.toThrow(
      NotFoundError,
    );
  });

  it('has a mail wait until its time, while others go on', async () => {
    const { db, inbox, accept, waiting, mailbox } = await setUp();
    await accept([aMail(1), aMail(2)]);
    const [first, second] = await waiting();
    await inTransaction(db, tx =>
      inbox.postpone(tx, first.id, {
        dueInMs: 60_000,
        head: {},
        trace: [],
        failure: 'handler-failed',
      }),
    );
    expect((await waiting()).map(({ id }) => id)).toEqual([second.id]);
    expect(await inbox.nextAttemptInMs(mailbox.id)).toBe(0);
    await inTransaction(db, tx =>
      inbox.finish(tx, second.id, { state: 'ignored', head: {}, trace: [] }),
    );
    const waitMs = await inbox.nextAttemptInMs(mailbox.id);
    expect(waitMs).toBeGreaterThan(50_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
    await db(tables.inboxMessages)
      .where({ id: first.id })
      .update({ next_attempt_at: dbNowPlus(db, -1) });
    expect((await waiting()).map(({ id }) => id)).toEqual([first.id]);
  });
});
