// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  HandlerContext,
  HandlerOutcome,
  IncomingMessage,
  MailHandler,
} from '@postroom/plugin-incoming-mail-node';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { tables } from '../database';
import { RequestStore, RequestTracker } from '../requests';
import { insertMailbox } from './__testUtils__/insertMailbox';
import { openProcessing, Processing } from './__testUtils__/openProcessing';
import { rawMail } from './__testUtils__/rawMail';

jest.setTimeout(120_000);

const databases = TestDatabases.create();

const aMail = (subject: string, header: readonly string[] = []) =>
  rawMail([
    'From: Ann Example <ann@example.com>',
    `Subject: ${subject}`,
    `Message-ID: <${subject}@mail.example>`,
    ...header,
  ]);

const subjects = (count: number) =>
  Array.from({ length: count }, (_, n) => `mail-${n}`);

type Handle = (
  message: IncomingMessage,
  context: HandlerContext,
) => Promise<HandlerOutcome>;

const writeEffect: Handle = async (message, { tx }) => {
  await tx('effects').insert({ what: message.subject });
  return { kind: 'created', target: `effect:${message.subject}` };
};

const aSharingHandler = (handle: Handle, id = 'test'): MailHandler => ({
  id,
  title: id,
  sharesTransaction: true,
  handle,
});

describe.each(databases.eachSupportedId())('Mails in batches on %p', id => {
  const opened: Processing[] = [];

  const open = async (handlers: MailHandler[]) => {
    const db = await openTestDatabase(databases, id);
    await db.schema.createTable('effects', table => {
      table.increments('n');
      table.text('what');
    });
    const processing = openProcessing(db, handlers);
    opened.push(processing);
    const mailboxId = await insertMailbox(db, {
      projectRef: 'component:default/shop',
      handlerIds: handlers.map(handler => handler.id),
    });
    const effects = async () =>
      (await db('effects').orderBy('n').select('what')).map(row => row.what);
    return { ...processing, db, mailboxId, effects };
  };

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(({ worker }) => worker.stop()));
  });

  it('leaves no trace of the mail whose handler throws, and has all others done, in their order', async () => {
    const calls: string[] = [];
    const { accept, work, mailboxId, effects, log, kinds, db } = await open([
      aSharingHandler(async (message, context) => {
        calls.push(message.subject);
        const outcome = await writeEffect(message, context);
        if (message.subject === 'mail-7') {
          throw new Error('not this one');
        }
        return outcome;
      }),
    ]);
    const all = subjects(60);
    await accept(
      mailboxId,
      all.map(subject => aMail(subject)),
    );

    await work();

    const good = all.filter(subject => subject !== 'mail-7');
    await expect(effects()).resolves.toEqual(good);
    expect(kinds().filter(kind => kind === 'done')).toHaveLength(59);
    expect(kinds()[7]).toBe('postponed');
    // Together as far as the one that throws, then one by one.
    expect(calls.slice(0, 9)).toEqual([...all.slice(0, 8), 'mail-0']);
    const mails = await log(mailboxId);
    // Having failed in company has cost nobody an attempt. The one that throws
    // may have been due again meanwhile.
    const others = mails.filter(({ subject }) => subject !== 'mail-7');
    expect(others.map(({ attempts }) => attempts)).toEqual(Array(59).fill(1));
    await expect(db(tables.deliveries)).resolves.toHaveLength(59);
    await expect(db(tables.threadKeys)).resolves.toHaveLength(59);
  });

  it('writes what is mail by mail the same: conversations, deliveries, traces', async () => {
    const chain = [
      aMail('one'),
      aMail('two', ['In-Reply-To: <one@mail.example>']),
      aMail('other'),
      aMail('three', ['References: <gone@x> <two@mail.example>']),
      aMail('late', ['In-Reply-To: <gone@x>']),
      Buffer.from('no mail at all'),
    ];
    const run = async (sharesTransaction: boolean) => {
      const threads: string[] = [];
      const { accept, work, mailboxId, log, db, effects } = await open([
        {
          ...aSharingHandler(async (message, context) => {
            threads.push(context.thread.id);
            return writeEffect(message, context);
          }),
          sharesTransaction,
        },
      ]);
      await accept(mailboxId, chain);
      await work();
      const rows = await db(tables.inboxMessages).orderBy('seq');
      return {
        effects: await effects(),
        // The n-th conversation that was met.
        threads: threads.map(thread => threads.indexOf(thread)),
        stored: rows.map(row => threads.indexOf(row.thread_id)),
        log: (await log(mailboxId)).map(
          ({ state, subject, from, target, failure, trace, attempts }) => ({
            ...{ state, subject, from, target, failure, trace, attempts },
          }),
        ),
        keys: (await db(tables.threadKeys)).length,
        deliveries: (await db(tables.deliveries)).length,
      };
    };
    const together = await run(true);
    expect(together).toEqual(await run(false));
    expect(together.threads).toEqual([0, 0, 2, 0, 0]);
    expect(together.log.map(({ state }) => state)).toEqual([
      ...['done', 'done', 'done', 'done', 'done', 'quarantined'],
    ]);
  });

  it.each<[string, number]>([
    ['counts only an attempt where the process is killed', 1],
    ['counts nothing where the process is stopped', 0],
  ])('%s between counting and committing, and goes on', async (_, counted) => {
    let dies = true;
    const world = await open([
      aSharingHandler(async (message, context) => {
        const outcome = await writeEffect(message, context);
        if (dies && message.subject === 'mail-3') {
          if (counted) {
            // As from a process that is gone, nothing is heard of it again.
            jest
              .spyOn(world.attempts, 'takeBack')
              .mockRejectedValue(new Error('the process is gone'));
          }
          void world.worker.stop();
          await new Promise(resolve => {
            context.signal.addEventListener('abort', resolve);
          });
        }
        return outcome;
      }),
    ]);
    const { accept, work, mailboxId, effects, log, letTimePass, db } = world;
    await accept(
      mailboxId,
      subjects(10).map(subject => aMail(subject)),
    );
    await work();

    await expect(effects()).resolves.toEqual([]);
    await expect(db(tables.deliveries)).resolves.toEqual([]);
    await expect(db(tables.threadKeys)).resolves.toEqual([]);
    const begun = await log(mailboxId);
    expect(begun.map(({ state, attempts }) => [state, attempts])).toEqual(
      subjects(10).map(() => ['stored', counted]),
    );

    dies = false;
    await letTimePass();
    const another = openProcessing(db, [aSharingHandler(writeEffect)]);
    opened.push(another);
    await another.work();
    await expect(effects()).resolves.toEqual(subjects(10));
    expect((await log(mailboxId)).map(({ attempts }) => attempts)).toEqual(
      subjects(10).map(() => counted + 1),
    );
  });

  it('gives each of several handlers its mails, and shares nothing where one of them does not allow it', async () => {
    for (const sharesTransaction of [true, false]) {
      const transactions = new Set<unknown>();
      const note: Handle = async (message, context) => {
        transactions.add(context.tx);
        await context.tx('effects').insert({
          what: `${context.idempotencyKey.slice(-4)} ${message.subject}`,
        });
        return { kind: 'ignored', reason: 'noted' };
      };
      const { accept, work, mailboxId, effects, db } = await open([
        aSharingHandler(note, 'first'),
        { ...aSharingHandler(note, 'second'), sharesTransaction },
      ]);
      await accept(
        mailboxId,
        subjects(4).map(subject => aMail(subject)),
      );
      await work();
      await expect(effects()).resolves.toHaveLength(8);
      await expect(db(tables.deliveries)).resolves.toHaveLength(8);
      expect(transactions.size).toBe(sharesTransaction ? 1 : 8);
    }
  });

  it('numbers requests without a gap and comments on those of the same batch', async () => {
    const db = await openTestDatabase(databases, id);
    const requests = new RequestStore(db);
    const processing = openProcessing(db, [new RequestTracker(requests)]);
    opened.push(processing);
    const mailboxId = await insertMailbox(db, {
      projectRef: 'component:default/shop',
      handlerIds: ['request-tracker'],
    });
    await processing.accept(mailboxId, [
      aMail('a'),
      aMail('b'),
      aMail('re-a', ['In-Reply-To: <a@mail.example>']),
      aMail('c'),
      aMail('re-re-a', ['In-Reply-To: <re-a@mail.example>']),
    ]);
    await processing.work();
    const { items } = await requests.list('component:default/shop', {
      limit: 10,
    });
    expect(
      items
        .map(({ number, subject, commentCount }) => ({
          ...{ number, subject, commentCount },
        }))
        .sort((a, b) => a.number - b.number),
    ).toEqual([
      { number: 1, subject: 'a', commentCount: 2 },
      { number: 2, subject: 'b', commentCount: 0 },
      { number: 3, subject: 'c', commentCount: 0 },
    ]);
    const comments = await requests.listComments('component:default/shop', 1, {
      limit: 10,
    });
    expect(comments.items).toHaveLength(2);
  });
});
