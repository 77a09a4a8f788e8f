// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { ScriptedPop3Server } from '../__testUtils__/scriptedPop3Server';
import { dbNowPlus, tables } from '../database';
import {
  createPop3World,
  processAll,
  stored,
  visit,
  visitDyingAt,
  World,
} from '../__testUtils__/pollingWorld';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const mail = (subject: string, body = 'Hello.') =>
  `Message-ID: <${subject}@corp.test>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;

const ALL = ['four', 'old', 'one', 'three', 'two'];

type Pop3World = World<ScriptedPop3Server>;

describe.each(databases.eachSupportedId())(
  'a POP3 mailbox (%s)',
  databaseId => {
    const servers: ScriptedPop3Server[] = [];
    afterEach(async () => {
      for (const server of servers.splice(0)) {
        await server.hungUp();
        await server.stop();
      }
    });

    const startServer = async () => {
      const server = await new ScriptedPop3Server().start();
      servers.push(server);
      return server;
    };
    const openWorld = async (
      prepare: (server: ScriptedPop3Server) => void = () => {},
    ): Promise<Pop3World> => {
      const db = await openTestDatabase(
        databases,
        databaseId as TestDatabaseId,
      );
      const server = await startServer();
      prepare(server);
      return createPop3World(db, server);
    };
    const chooseDelete = (db: Knex) =>
      db(tables.mailboxes).update({ after_storing: 'delete' });
    const subjects = async (world: Pop3World) =>
      (await stored(world)).map(raw => /Subject: (.*)\r\n/.exec(raw)?.[1]);
    /** What the server was asked for since. */
    const asked = (world: Pop3World) => world.server.received.splice(0);

    it('is read from now on, each mail once and whole (P43, P59)', async () => {
      const world = await openWorld(server => server.deliver(mail('old')));
      const { server } = world;
      expect(await visit(world)).toMatchObject({ baseline: true, accepted: 0 });
      server.deliver(Buffer.from(mail('new', '.\r\n..\r\n\xfc'), 'latin1'));
      expect(await visit(world)).toEqual({
        kind: 'completed',
        accepted: 1,
        more: false,
        left: 0,
        baseline: false,
        renumbered: false,
        refusal: undefined,
      });
      expect(await stored(world)).toEqual([mail('new', '.\r\n..\r\n\xfc')]);
      // Also where ours is removed: what was read is read.
      await world.db(tables.inboxMessages).delete();
      asked(world);
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(asked(world).join()).not.toMatch(/RETR|TOP|DELE/);
      expect(server.mails).toHaveLength(2);
    });

    it('tells apart copies, and a name that is given again (R17)', async () => {
      const world = await openWorld();
      const { server } = world;
      await visit(world);
      for (const _ of [1, 2]) {
        server.deliver(mail('copy'), { uidl: 'same' });
      }
      server.deliver(mail('first'), { uidl: 'again' });
      expect(await visit(world)).toMatchObject({ accepted: 3 });
      expect(await visit(world)).toMatchObject({ accepted: 0 });

      server.mails.pop();
      server.deliver(mail('another'), { uidl: 'again' });
      expect(await visit(world)).toMatchObject({ accepted: 1 });
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(await subjects(world)).toEqual([
        'another',
        'copy',
        'copy',
        'first',
      ]);
    });

    it('is emptied of what was processed, where that is wanted', async () => {
      const world = await openWorld(server => server.deliver(mail('old')));
      const { server, db } = world;
      await chooseDelete(db);
      await visit(world);
      server.deliver(mail('one'));
      server.deliver(mail('x', 'x'.repeat(20_000)));
      await visit(world);
      await visit(world);
      expect(server.mails).toHaveLength(3);

      await processAll(world);
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      // What was too large is only there whole.
      expect(server.mails.map(({ uidl }) => uidl)).toEqual([
        'mail-1',
        'mail-3',
      ]);
      // Seen in the listing of the next visit.
      expect(await db(tables.acknowledgements)).toHaveLength(2);
      await visit(world);
      expect(await db(tables.acknowledgements)).toHaveLength(1);
    });

    it('asks again for a mail that the server does not deliver (P63)', async () => {
      const world = await openWorld();
      const { server, db } = world;
      await visit(world);
      ['one', 'bad', 'three'].forEach(subject => server.deliver(mail(subject)));
      server.on('RETR', command =>
        command.args === '2' ? command.write('-ERR no\r\n') : command.proceed(),
      );
      expect(await visit(world)).toMatchObject({ accepted: 2 });
      asked(world);
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(asked(world)).not.toContain('RETR 2');
      for (const _ of [2, 3, 4]) {
        await db(tables.fetchGaps).update({ due_at: dbNowPlus(db, -1) });
        await visit(world);
      }
      expect(asked(world).filter(line => line === 'RETR 2')).toHaveLength(2);
      const { items } = await world.deps.messageLog.list(world.mailbox.id, {
        limit: 10,
      });
      expect(items.map(({ state, failure }) => failure ?? state)).toEqual([
        'message-not-delivered',
        'stored',
        'stored',
      ]);
    });

    it('goes on behind a mail without end, which it keeps in part (T50)', async () => {
      const world = await openWorld();
      const { server } = world;
      await visit(world);
      server.deliver(mail('endless'));
      server.deliver(mail('after'));
      server.on('RETR', command => {
        if (command.args === '2') {
          command.proceed();
          return;
        }
        command.write('+OK\r\nSubject: endless\r\n\r\n');
        const more = () => {
          while (
            !command.socket.destroyed &&
            command.socket.write('x'.repeat(65_536))
          );
        };
        command.socket.on('drain', more);
        more();
      });
      expect(await visit(world)).toMatchObject({
        kind: 'failed',
        failure: 'protocol-error',
        accepted: 1,
      });
      expect(await visit(world)).toMatchObject({
        kind: 'completed',
        accepted: 1,
      });
      expect((await stored(world)).map(raw => raw.length)).toEqual([
        mail('after').length,
        10_000,
      ]);
    });

    it('doubles nothing where the server has no names, or new ones each time (R16)', async () => {
      for (const names of ['none', 'new'] as const) {
        const world = await openWorld(server => {
          server.hasUidl = names === 'new';
          server.deliver(mail('old'));
        });
        const { server } = world;
        let session = 0;
        const rename = () => {
          session += 1;
          server.mails.forEach((one, n) => {
            one.uidl = `s${session}-${n}`;
          });
        };
        const visitAnew = () => {
          rename();
          return visit(world);
        };
        expect(await visitAnew()).toMatchObject({ baseline: true });
        let accepted = 0;
        for (let round = 0; round < 8; round += 1) {
          for (let n = 0; n < 5; n += 1) {
            server.deliver(mail(`${round}-${n}`));
          }
          const outcome = await visitAnew();
          expect(outcome).toMatchObject({
            kind: 'completed',
            renumbered: names === 'new' && round === 0,
          });
          accepted += outcome.kind === 'completed' ? outcome.accepted : 0;
        }
        expect(await visitAnew()).toMatchObject({ accepted: 0 });
        expect(accepted).toBe(40);
        expect(new Set(await subjects(world)).size).toBe(40);
      }
    });

    it('is not read where too many mails cannot be told apart (R16)', async () => {
      const world = await openWorld(server => {
        server.hasUidl = false;
      });
      for (let n = 0; n < 1001; n += 1) {
        world.server.deliver('x\r\n');
      }
      expect(await visit(world)).toMatchObject({
        kind: 'failed',
        failure: 'protocol-error',
        detail: expect.stringContaining('1000'),
      });
      world.server.mails.pop();
      expect(await visit(world)).toMatchObject({ baseline: true });
    });

    it('takes a mailbox that was emptied for what it is', async () => {
      const world = await openWorld(server => server.deliver(mail('old')));
      await visit(world);
      world.server.mails = [];
      world.server.deliver(mail('new'));
      expect(await visit(world)).toMatchObject({
        accepted: 1,
        renumbered: false,
      });
    });

    it('waits where another session holds the mailbox (R18)', async () => {
      const world = await openWorld();
      world.server.on('AUTH', ({ write }) => write('-ERR [IN-USE] locked\r\n'));
      expect(await visit(world)).toMatchObject({
        kind: 'failed',
        failure: 'server-unavailable',
        retryAfterMs: 60_000,
      });
      expect(world.server.connectionCount).toBe(1);
    });

    it('forgets names that have long gone, and none that the server still lists (R52)', async () => {
      const world = await openWorld(server => {
        server.deliver(mail('stays'));
        server.deliver(mail('goes'));
      });
      const { db, server } = world;
      await visit(world);
      server.mails.pop();
      const age = (days: number) =>
        db(tables.knownSources).update({
          listed_at: dbNowPlus(db, -days * 86_400_000),
        });
      await age(2);
      await visit(world);
      expect(await db(tables.knownSources)).toHaveLength(2);
      await age(91);
      await visit(world);
      expect(await db(tables.knownSources)).toHaveLength(1);
      expect(await visit(world)).toMatchObject({ accepted: 0 });
    });

    it.each(['leave', 'delete'])(
      'loses and doubles nothing wherever the process dies, where mail is to %s (R3)',
      async action => {
        const db = await openTestDatabase(
          databases,
          databaseId as TestDatabaseId,
        );
        let point = 0;
        for (let survived = false; !survived && point < 100; point += 1) {
          await db(tables.mailboxes).delete();
          await db(tables.leases).delete();
          const server = await startServer();
          server.deliver(mail('old'));
          const world = await createPop3World(db, server);
          await db(tables.mailboxes).update({ after_storing: action });
          survived = await diesAt(point, world);
        }
        expect(point).toBeGreaterThan(10);
        expect(point).toBeLessThan(100);
      },
    );

    async function diesAt(point: number, world: Pop3World): Promise<boolean> {
      const { server } = world;
      await visit(world);
      ['one', 'two'].forEach(subject => server.deliver(mail(subject)));
      await visit(world);
      await processAll(world);
      ['three', 'four'].forEach(subject => server.deliver(mail(subject)));
      const before = server.delivered.length;
      const survived = await visitDyingAt(point, world);
      await server.hungUp();
      // What is no longer to be had there, or counts as delivered, is stored.
      const kept = await subjects(world);
      const left = server.mails.map(
        ({ raw }) => /Subject: (.*)\r\n/.exec(raw.toString())?.[1],
      );
      expect([...new Set([...kept, ...left])].sort()).toEqual(ALL);
      expect(survived || server.delivered.length === before).toBe(true);
      // The next process.
      expect(await visit(world)).toMatchObject({ kind: 'completed' });
      await processAll(world);
      await visit(world);
      expect(await subjects(world)).toEqual(ALL.filter(one => one !== 'old'));
      expect(server.mails).toHaveLength(
        world.mailbox.afterStoring.action === 'delete' ? 1 : 5,
      );
      return survived;
    }
  },
);
