// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { ConflictError, NotFoundError } from '@backstage/errors';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  createPop3World,
  createWorld,
  visit,
} from '../__testUtils__/pollingWorld';
import { ScriptedPop3Server } from '../__testUtils__/scriptedPop3Server';
import {
  DbKnownSourceRow,
  dbNowPlus,
  inTransaction,
  tables,
} from '../database';
import { aMail, openInbox } from '../__testUtils__/openInbox';
import { RawMailStore } from './RawMailStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const DAY_MS = 86_400_000;
const finished = ['done', 'ignored', 'duplicate'] as const;
const mail = (n: number) =>
  `Message-ID: <${n}@customer.test>\r\nSubject: ${n}\r\n\r\nHello.\r\n`;

describe.each(databases.eachSupportedId())('RawMailStore (%s)', databaseId => {
  const setUp = async () => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const world = await createWorld(db);
    await visit(world);
    const { messageLog, queue, rawMails } = world.deps;
    const mailboxId = world.mailbox.id;
    /** Mails that ended so many days ago in these states, oldest first. */
    const add = async (ends: Array<[state: string, days: number]>) => {
      for (const [n] of ends.entries()) {
        world.server.deliver(mail(n), { receivedAt: new Date() });
      }
      await visit(world);
      const waiting = await queue.listWaiting(mailboxId, 100);
      for (const [n, { id }] of waiting.entries()) {
        const [state, days] = ends[n];
        await db(tables.inboxMessages)
          .where({ id })
          .update(
            state === 'stored'
              ? { accepted_at: dbNowPlus(db, -days * DAY_MS) }
              : {
                  state,
                  next_attempt_at: null,
                  finished_at: dbNowPlus(db, -days * DAY_MS),
                },
          );
      }
      return waiting.map(({ id }) => id);
    };
    const withBytes = async () => {
      const rows = await db(tables.inboxChunks).distinct('message_id');
      return rows.map(row => row.message_id as string).sort();
    };
    return {
      db,
      world,
      messageLog,
      queue,
      mailboxId,
      rawMails,
      add,
      withBytes,
    };
  };

  it('removes the bytes of finished mail that is old, in batches, and nothing else (T61, P66)', async () => {
    const { rawMails, add, withBytes, messageLog, mailboxId } = await setUp();
    const ids = await add([
      ['done', 92],
      ['ignored', 91],
      ['duplicate', 91],
      ['done', 89],
      ['held', 400],
      ['quarantined', 400],
      ['stored', 400],
    ]);
    const remove = () =>
      rawMails.removeOld({ ageMs: 90 * DAY_MS, limit: 2, states: finished });
    expect(await remove()).toBe(2);
    expect(await remove()).toBe(1);
    expect(await remove()).toBe(0);
    expect(await withBytes()).toEqual(ids.slice(3).sort());

    const { items } = await messageLog.list(mailboxId, { limit: 10 });
    expect(items).toHaveLength(7);
    const removed = items.filter(({ rawRemovedAt }) => rawRemovedAt);
    expect(removed.map(({ id }) => id).sort()).toEqual(ids.slice(0, 3).sort());
    await expect(rawMails.read(ids[0])).rejects.toThrow(NotFoundError);
    await expect(rawMails.read(ids[0])).rejects.toThrow('no longer kept');
    expect((await rawMails.read(ids[3])).toString()).toBe(mail(3));
  });

  it('has a mail either handled again or removed', async () => {
    const { db, rawMails, add, queue, mailboxId, withBytes } = await setUp();
    const [kept, gone] = await add([
      ['held', 400],
      ['quarantined', 399],
    ]);
    const runAgain = (id: string) =>
      inTransaction(db, tx => queue.runAgain(tx, mailboxId, id));
    await runAgain(kept);
    const removal = { ageMs: 365 * DAY_MS, limit: 10 };
    expect(
      await rawMails.removeOld({ ...removal, states: ['held', 'quarantined'] }),
    ).toBe(1);
    expect(await withBytes()).toEqual([kept]);
    await expect(runAgain(gone)).rejects.toThrow(ConflictError);
    await expect(runAgain(gone)).rejects.toThrow('no longer kept');
  });

  it('brings no mail again that a mailbox still holds, by IMAP, also when it is renumbered (R52, T61)', async () => {
    const { db, world, rawMails, add } = await setUp();
    await add([
      ['done', 100],
      ['done', 100],
    ]);
    await rawMails.removeOld({ ageMs: DAY_MS, limit: 10, states: finished });
    expect(await visit(world)).toMatchObject({ accepted: 0 });
    await db(tables.mailboxCursors).update({ last_uid: 0, base_uid: 0 });
    expect(await visit(world)).toMatchObject({ accepted: 0 });
    world.server.renumber();
    expect(await visit(world)).toMatchObject({ accepted: 0, renumbered: true });
    expect(await db(tables.inboxMessages)).toHaveLength(2);
  });

  it('brings no mail again after a year without a visit, by POP3, nor under a clock that jumps (R52)', async () => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const server = await new ScriptedPop3Server().start();
    try {
      server.deliver(mail(0));
      const world = await createPop3World(db, server);
      await visit(world);
      server.deliver(mail(1));
      server.deliver(mail(2));
      expect(await visit(world)).toMatchObject({ accepted: 2 });
      await db(tables.inboxMessages).update({
        state: 'done',
        next_attempt_at: null,
        finished_at: dbNowPlus(db, -400 * DAY_MS),
      });
      const removal = { ageMs: DAY_MS, limit: 10, states: finished };
      expect(await new RawMailStore(db).removeOld(removal)).toBe(2);
      server.mails.pop();
      // What the server lists is known for as long as it does; what it has
      // not listed for so long is forgotten.
      for (const days of [-400, 400, -91]) {
        await db<DbKnownSourceRow>(tables.knownSources).update({
          listed_at: dbNowPlus(db, days * DAY_MS),
        } as {});
        expect(await visit(world)).toMatchObject({ accepted: 0 });
      }
      expect(await db(tables.knownSources)).toHaveLength(2);
      expect(await db(tables.inboxMessages)).toHaveLength(2);
    } finally {
      await server.hungUp();
      await server.stop();
    }
  });

  it('gives the bytes of several mails, from memory where it has just stored them', async () => {
    const { db, accept, waiting, rawMails } = await openInbox(
      await openTestDatabase(databases, databaseId as TestDatabaseId),
    );
    const large = randomBytes(2_500_000);
    await accept([aMail(1), aMail(2, large), aMail(3, '')]);
    const ids = (await waiting()).map(({ id }) => id);
    const expected = [Buffer.from('mail 1'), large, Buffer.alloc(0)];
    const rawsOf = async (store: RawMailStore) => {
      const raws = await store.readAll(ids);
      return ids.map(id => raws.get(id));
    };
    // Another replica, which has never seen them.
    expect(await rawsOf(new RawMailStore(db))).toEqual(expected);
    expect(await rawsOf(rawMails)).toEqual(expected);
    // Forgotten by now, as they are not read twice as a rule.
    expect(await rawsOf(rawMails)).toEqual(expected);
  });
});
