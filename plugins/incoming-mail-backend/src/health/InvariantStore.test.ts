// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  announceReplica,
  dbNow,
  dbNowPlus,
  inTransaction,
  tables,
} from '../database';
import { createInboxStores } from '../inbox';
import { CursorStore } from '../polling';
import { RequestStore } from '../requests';
import { InvariantStore } from './InvariantStore';
import { invariantRules } from './invariants';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const PROJECT = 'component:default/payments';

const fields = (messageId: string) => ({
  id: randomUUID(),
  messageId,
  senderName: 'Carla',
  senderAddress: 'carla@customer.test',
  text: 'It burns.',
  attachments: [],
  sentAt: new Date(1_000),
});

describe.each(databases.eachSupportedId())(
  'InvariantStore (%s)',
  databaseId => {
    /** Waits, became a request, became a comment, was set aside, is too old. */
    const aHealthyDatabase = async () => {
      const db = await openTestDatabase(
        databases,
        databaseId as TestDatabaseId,
      );
      const mailbox = await aChannel(db);
      const { attempts, inbox, queue, rawMails } = createInboxStores(db);
      const requests = new RequestStore(db);
      const cursor = await inTransaction(db, tx =>
        new CursorStore(db).create(tx, {
          mailboxId: mailbox.id,
          folder: 'INBOX',
          uidValidity: 1,
          baseUid: 100,
        }),
      );
      await db(tables.handlerBindings).update({
        created_at: dbNowPlus(db, -600_000),
      });
      await inTransaction(db, async tx => {
        await inbox.accept(tx, {
          mailboxId: mailbox.id,
          cursorId: cursor.id,
          recognisesBytes: false,
          acknowledges: true,
          messages: [101, 102, 103, 104, 105].map(uid => ({
            sourceKey: `${uid}`,
            raw: Buffer.from(`mail ${uid}`),
            sizeBytes: 8,
            truncated: false,
          })),
        });
        await new CursorStore(db).advance(tx, cursor.id, 106);
      });
      const waiting = await queue.listWaiting(mailbox.id, 10);
      const [stored, asked, replied, held, old] = waiting.map(({ id }) => id);
      const [binding] = await db(tables.handlerBindings);
      const threadId = randomUUID();
      const requestId = randomUUID();
      await inTransaction(db, async tx => {
        const number = await requests.takeNumbers(tx, PROJECT, 1);
        await requests.insertRequests(tx, [
          {
            ...fields(asked),
            id: requestId,
            projectRef: PROJECT,
            number,
            threadId,
            subject: 'Printer on fire',
            labels: [],
          },
        ]);
        await requests.insertComments(tx, [{ ...fields(replied), requestId }]);
        for (const id of [asked, replied]) {
          await tx(tables.deliveries).insert({
            message_id: id,
            binding_id: binding.id,
            outcome: 'created',
            target: 'request:1',
            finished_at: dbNow(tx),
          });
          await attempts.setThread(tx, id, threadId);
          await attempts.finish(tx, id, { state: 'done', head: {}, trace: [] });
        }
        for (const id of [held, old]) {
          await attempts.finish(tx, id, {
            state: 'quarantined',
            head: {},
            trace: [],
            failure: 'handler-failed',
          });
        }
      });
      await db(tables.inboxMessages)
        .where({ id: old })
        .update({ finished_at: dbNowPlus(db, -10_000) });
      const removed = await rawMails.removeOld({
        ageMs: 5_000,
        limit: 10,
        states: ['quarantined'],
      });
      expect(removed).toBe(1);
      await db(tables.fetchGaps).insert({
        cursor_id: cursor.id,
        source_key: '106',
        size_bytes: 5,
        attempts: 1,
        due_at: dbNow(db),
      });
      await announceReplica(db, { id: randomUUID(), holder: 'a' }, 60_000);
      const check = async () => {
        const report = await new InvariantStore(db).check();
        const red = report.invariants.filter(
          ({ violations }) => violations > 0,
        );
        expect(report.ok).toBe(red.length === 0);
        return Object.fromEntries(
          red.map(({ name, violations, examples }) => [
            name,
            [violations, ...examples],
          ]),
        );
      };
      return {
        db,
        check,
        ids: { stored, asked, replied, held, old, requestId },
        mailboxId: mailbox.id,
        cursorId: cursor.id,
      };
    };
    type World = Awaited<ReturnType<typeof aHealthyDatabase>>;

    /** Does what the schema forbids. */
    const lawlessly = async (
      db: Knex,
      work: (db: Knex) => Promise<unknown>,
    ) => {
      if (databaseId.startsWith('POSTGRES')) {
        await db.transaction(async tx => {
          await tx.raw('SET LOCAL session_replication_role = replica');
          await work(tx);
        });
      } else {
        await db.raw('PRAGMA foreign_keys = OFF');
        await work(db);
        await db.raw('PRAGMA foreign_keys = ON');
      }
    };
    const change =
      (table: string, where: (world: World) => object, to: object) =>
      (world: World) =>
        world.db(table).where(where(world)).update(to);
    const messages = (
      which: keyof World['ids'],
      to: object,
    ): ((world: World) => Promise<unknown>) =>
      change(tables.inboxMessages, ({ ids }) => ({ id: ids[which] }), to);

    /** By invariant: how it is broken by hand, and whose id is told. */
    const breaks: Record<
      string,
      [
        (world: World) => PromiseLike<unknown>,
        (world: World) => string,
        ...others: string[],
      ]
    > = {
      'cursor-not-below-base': [
        change(tables.mailboxCursors, () => ({}), { base_uid: 107 }),
        ({ cursorId }) => cursorId,
      ],
      'cursor-not-below-mail': [
        async ({ db }) => {
          await db(tables.fetchGaps).delete();
          await db(tables.mailboxCursors).update({ last_uid: 104 });
        },
        ({ ids }) => ids.old,
      ],
      'gap-below-cursor': [
        change(tables.fetchGaps, () => ({}), { source_key: '107' }),
        ({ cursorId }) => cursorId,
      ],
      'import-within-bounds': [
        ({ db, mailboxId, cursorId }) =>
          db(tables.mailboxImports).insert({
            id: cursorId,
            mailbox_id: mailboxId,
            state: 'reading',
            last_count: 5,
            cursor_id: cursorId,
            after_uid: 11,
            up_to_uid: 10,
            imported: 0,
            created_by: 'user:default/ada',
            created_at: dbNow(db),
          }),
        ({ cursorId }) => cursorId,
      ],
      'mail-has-state': [messages('held', { state: 'lost' }), w => w.ids.held],
      'waiting-or-ended': [
        messages('stored', { next_attempt_at: null }),
        w => w.ids.stored,
      ],
      'waiting-mail-is-due': [
        change(tables.leases, () => ({ kind: 'process' }), { due_at: null }),
        ({ mailboxId }) => mailboxId,
      ],
      'done-was-delivered': [
        async world => {
          await messages('asked', {
            accepted_at: dbNow(world.db),
          })(world);
          await world
            .db(tables.deliveries)
            .where({ message_id: world.ids.asked })
            .delete();
        },
        w => w.ids.asked,
      ],
      'end-has-reason': [
        messages('held', { failure_code: null }),
        w => w.ids.held,
      ],
      'delivery-has-mail': [
        ({ db, ids }) =>
          lawlessly(db, async lawless => {
            const [{ binding_id }] = await lawless(tables.deliveries);
            await lawless(tables.deliveries).insert({
              message_id: ids.requestId,
              binding_id,
              outcome: 'created',
              finished_at: 1,
            });
          }),
        w => w.ids.requestId,
      ],
      'effect-was-delivered': [
        async world => {
          await world
            .db(tables.deliveries)
            .where({ message_id: world.ids.asked })
            .delete();
          await messages('asked', {
            state: 'stored',
            finished_at: null,
            next_attempt_at: dbNow(world.db),
          })(world);
        },
        w => w.ids.requestId,
      ],
      'one-effect-per-project': [
        ({ db, ids }) =>
          db(tables.requestComments).update({ message_id: ids.asked }),
        w => w.ids.asked,
      ],
      'request-has-conversation': [
        change(tables.requests, () => ({}), { thread_id: 'another' }),
        w => w.ids.requestId,
      ],
      'comments-counted': [
        change(tables.requests, () => ({}), { comment_count: 2 }),
        w => w.ids.requestId,
      ],
      'number-was-taken': [
        change(tables.requests, () => ({}), { number: 2 }),
        w => w.ids.requestId,
      ],
      'mail-has-bytes': [
        ({ db, ids }) =>
          db(tables.inboxChunks)
            .where({ message_id: ids.stored })
            .update({ n: 1 }),
        w => w.ids.stored,
      ],
      'bytes-have-mail': [
        ({ db, ids }) =>
          lawlessly(db, lawless =>
            lawless(tables.inboxChunks).insert({
              message_id: ids.requestId,
              n: 0,
              bytes: Buffer.from('left over'),
            }),
          ),
        w => w.ids.requestId,
      ],
      'waiting-mail-has-bytes': [
        async world => {
          await world
            .db(tables.inboxChunks)
            .where({ message_id: world.ids.stored })
            .delete();
          await messages('stored', { raw_removed_at: 1 })(world);
        },
        w => w.ids.stored,
      ],
      'acknowledgement-has-mail': [
        ({ db, ids }) =>
          lawlessly(db, lawless =>
            lawless(tables.acknowledgements)
              .where({ message_id: ids.asked })
              .update({ message_id: ids.requestId }),
          ),
        w => w.ids.requestId,
      ],
      'lease-has-holder': [
        change(tables.leases, () => ({ kind: 'poll' }), { ticket: -1 }),
        ({ mailboxId }) => mailboxId,
      ],
      'mailbox-has-leases': [
        ({ db }) => db(tables.leases).where({ kind: 'poll' }).delete(),
        ({ mailboxId }) => mailboxId,
      ],
      'lease-has-mailbox': [
        ({ db, cursorId }) =>
          db(tables.leases).insert({
            kind: 'poll',
            subject_id: cursorId,
            ticket: 0,
          }),
        ({ cursorId }) => cursorId,
      ],
    };

    it('is well where all is well, and has a way to be broken for each invariant', async () => {
      const { check } = await aHealthyDatabase();
      expect(await check()).toEqual({});
      expect(Object.keys(breaks).sort()).toEqual(
        invariantRules.map(({ name }) => name).sort(),
      );
    });

    it.each(Object.keys(breaks))(
      'sees %s broken, and nothing else (protocols 5.6)',
      async name => {
        const world = await aHealthyDatabase();
        const [breakIt, idOf] = breaks[name];
        await breakIt(world);
        expect(await world.check()).toEqual({ [name]: [1, idOf(world)] });
      },
    );

    it('counts all and names ten', async () => {
      const { db, check } = await aHealthyDatabase();
      await db.batchInsert(
        tables.leases,
        Array.from({ length: 25 }, (_, n) => ({
          kind: 'poll',
          subject_id: `gone-${n}`,
          ticket: 0,
        })),
      );
      const { 'lease-has-mailbox': found } = await check();
      expect(found).toHaveLength(11);
      expect(found[0]).toBe(25);
    });
  },
);
