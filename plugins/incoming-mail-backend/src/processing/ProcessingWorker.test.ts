// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  HandlerContext,
  HandlerOutcome,
  IncomingMessage,
  MailHandler,
} from '@postroom/plugin-incoming-mail-node';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { claimDue, Db, inTransaction, revokeLease, tables } from '../database';
import { MailboxStore } from '../mailboxes';
import { RequestStore, RequestTracker } from '../requests';
import { insertMailbox } from './__testUtils__/insertMailbox';
import { openProcessing, Processing } from './__testUtils__/openProcessing';
import { ordinaryHeader, rawMail } from './__testUtils__/rawMail';
import { MAX_ATTEMPTS } from './attempts';
import { Parser, ParserDiedError, parserInPlace } from './parse/Parser';

jest.setTimeout(120_000);

const databases = TestDatabases.create();

/** A mail with the given subject, and a Message-ID made of it. */
function aMail(subject: string, header: readonly string[] = []): Buffer {
  return rawMail([
    'From: Ann Example <ann@example.com>',
    `Subject: ${subject}`,
    `Message-ID: <${subject}@mail.example>`,
    ...header,
  ]);
}

type Handle = (
  message: IncomingMessage,
  context: HandlerContext,
) => Promise<HandlerOutcome>;

// A table of the handler's own: what stands in it is what took effect.
async function addEffect(context: HandlerContext, what: string) {
  await context.tx('effects').insert({ what });
}

const writeEffect: Handle = async (message, context) => {
  await addEffect(context, message.subject);
  return { kind: 'created', target: `effect:${message.subject}` };
};

function aHandler(handle: Handle = writeEffect, id = 'test'): MailHandler {
  return { id, title: id, handle };
}

describe.each(databases.eachSupportedId())('ProcessingWorker on %p', id => {
  const opened: Processing[] = [];

  async function open(
    handlers: MailHandler[],
    options: Parameters<typeof openProcessing>[2] & { db?: Db } = {},
  ) {
    const { db: given, ...workerOptions } = options;
    const db = given ?? (await openTestDatabase(databases, id));
    if (!given) {
      await db.schema.createTable('effects', table => {
        table.increments('n');
        table.text('what');
      });
    }
    const processing = openProcessing(db, handlers, workerOptions);
    opened.push(processing);
    const effects = async () =>
      (await db('effects').orderBy('n').select('what')).map(row => row.what);
    return { ...processing, db, effects };
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(({ worker }) => worker.stop()));
  });

  it('handles the mail of a mailbox once, in the order of acceptance', async () => {
    const { db, accept, work, effects, log, kinds } = await open([aHandler()]);
    const mailboxId = await insertMailbox(db, {
      projectRef: 'component:default/shop',
      handlerIds: ['test'],
    });
    const subjects = Array.from({ length: 120 }, (_, n) => `mail ${n}`);
    await accept(
      mailboxId,
      subjects.map(subject => aMail(subject)),
    );

    await work();
    await work();

    await expect(effects()).resolves.toEqual(subjects);
    expect(kinds()).toEqual(subjects.map(() => 'done'));
    expect((await log(mailboxId))[0]).toMatchObject({
      state: 'done',
      subject: expect.stringMatching(/^mail/),
      from: 'Ann Example <ann@example.com>',
      attempts: 1,
      target: expect.stringMatching(/^effect:/),
      trace: [
        { step: 'attempt', verdict: 'passed', reason: 'Attempt 1 of 4' },
        {
          step: 'parse',
          verdict: 'passed',
          reason: 'Read, without attachments',
        },
        {
          step: 'thread',
          verdict: 'passed',
          reason: 'It begins a conversation',
        },
        {
          step: 'handle',
          verdict: 'passed',
          reason: expect.stringMatching(/^test: created effect:mail/),
        },
      ],
    });
    await expect(db(tables.deliveries)).resolves.toHaveLength(120);
  });

  it('tells the handler what it needs, the same at each attempt', async () => {
    const seen: HandlerContext[] = [];
    const messages: IncomingMessage[] = [];
    const { db, accept, work, letTimePass } = await open([
      aHandler(async (message, context) => {
        seen.push(context);
        messages.push(message);
        if (seen.length === 1) {
          throw new Error('not yet');
        }
        return { kind: 'ignored', reason: 'seen' };
      }),
    ]);
    const mailboxId = await insertMailbox(db, {
      projectRef: 'component:default/shop',
      handlerIds: ['test'],
    });
    await accept(mailboxId, [aMail('one')]);

    await work();
    await letTimePass();
    await work();

    expect(seen).toHaveLength(2);
    expect(seen[0].idempotencyKey).toContain(messages[0].id);
    expect(seen[1].idempotencyKey).toBe(seen[0].idempotencyKey);
    expect(messages[1].id).toBe(messages[0].id);
    expect(messages[0]).toMatchObject({
      mailboxId,
      projectRef: 'component:default/shop',
    });
  });

  it('leaves nothing of a handler that throws after it wrote, and tries again after 2 s, 30 s and 5 min', async () => {
    let failures = 0;
    const { db, accept, work, letTimePass, effects, log, outcomes, logger } =
      await open([
        aHandler(async (message, context) => {
          await addEffect(context, message.subject);
          failures += 1;
          throw new Error('Cannot reach ann@example.com');
        }),
      ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('poison')]);

    for (let attempt = 1; attempt <= 6; attempt += 1) {
      await work();
      await letTimePass();
    }

    expect(failures).toBe(4);
    await expect(effects()).resolves.toEqual([]);
    await expect(db(tables.deliveries)).resolves.toEqual([]);
    await expect(db(tables.threadKeys)).resolves.toEqual([]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      expect.objectContaining({
        kind: 'postponed',
        attempt: 1,
        dueInMs: 2_000,
      }),
      expect.objectContaining({
        kind: 'postponed',
        attempt: 2,
        dueInMs: 30_000,
      }),
      expect.objectContaining({
        kind: 'postponed',
        attempt: 3,
        dueInMs: 300_000,
      }),
      expect.objectContaining({
        kind: 'quarantined',
        failure: 'handler-failed',
      }),
    ]);
    const [entry] = await log(mailboxId);
    expect(entry).toMatchObject({
      state: 'quarantined',
      failure: 'handler-failed',
      attempts: 4,
      subject: 'poison',
      trace: expect.arrayContaining([
        { step: 'handle', verdict: 'failed', reason: 'test: failed' },
      ]),
    });
    expect(JSON.stringify(entry.trace)).not.toContain('Cannot reach');
    expect(logger.warn).toHaveBeenCalledTimes(4);
  });

  it('delays only the poisoned mail, and takes it up when its time has come', async () => {
    let poisoned = true;
    const { db, accept, work, letTimePass, effects, log, queue } = await open([
      aHandler(async (message, context) => {
        await addEffect(context, message.subject);
        if (message.subject === 'poison' && poisoned) {
          throw new Error('poisoned');
        }
        return { kind: 'created', target: 'x:1' };
      }),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [
      aMail('a'),
      aMail('poison'),
      aMail('b'),
      aMail('c'),
    ]);

    await work();

    await expect(effects()).resolves.toEqual(['a', 'b', 'c']);
    const [, waiting] = await log(mailboxId);
    expect(waiting).toMatchObject({
      state: 'stored',
      failure: 'handler-failed',
      nextAttemptAt: expect.any(String),
    });
    const due = await queue.nextAttemptInMs(mailboxId);
    expect(due).toBeGreaterThan(0);
    expect(due).toBeLessThanOrEqual(2_000);
    await work();
    await expect(effects()).resolves.toHaveLength(3);

    poisoned = false;
    await letTimePass();
    await work();

    await expect(effects()).resolves.toEqual(['a', 'b', 'c', 'poison']);
    await expect(queue.nextAttemptInMs(mailboxId)).resolves.toBeUndefined();
  });

  it('has the loser of a lease commit nothing, and the winner all', async () => {
    const { db, accept, worker, work, effects, kinds, log } = await open([
      aHandler(async (message, context) => {
        await addEffect(context, message.subject);
        return { kind: 'created', target: 'x:1' };
      }),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one'), aMail('two')]);
    // The lease goes before the transaction of the first mail begins: inside
    // it, nobody can take it.
    const reading = jest
      .spyOn(openedRawMails(), 'read')
      .mockImplementationOnce(async messageId => {
        reading.mockRestore();
        const raw = await openedRawMails().read(messageId);
        await db.transaction(tx => revokeLease(tx, 'process', mailboxId));
        return raw;
      });

    worker.wake();
    await worker.idle();

    expect(kinds()).toEqual(['lease-lost']);
    await expect(effects()).resolves.toEqual([]);
    await db(tables.leases).update({ due_at: 1 });
    await work();
    await expect(effects()).resolves.toEqual(['one', 'two']);
    expect((await log(mailboxId)).map(({ state }) => state)).toEqual([
      'done',
      'done',
    ]);
  });

  function openedRawMails() {
    return opened.at(-1)!.rawMails;
  }

  it('lets nobody claim the mailbox while a handler writes', async () => {
    let claimed: unknown[] | undefined;
    const { db, accept, work, effects } = await open([
      aHandler(async (message, context) => {
        await addEffect(context, message.subject);
        await context
          .tx(tables.leases)
          .select('ticket')
          .then(() => undefined);
        if (id !== 'SQLITE_3') {
          // The lease has run out by the clock, and still is not to be had.
          claimed = await claimDue(db, {
            kind: 'process',
            holder: 'thief',
            limit: 10,
            durationMs: 60_000,
          });
        }
        return { kind: 'created', target: 'x:1' };
      }),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one')]);
    const rawMails = openedRawMails();
    jest.spyOn(rawMails, 'read').mockImplementationOnce(async messageId => {
      const raw = await Object.getPrototypeOf(rawMails).read.call(
        rawMails,
        messageId,
      );
      await db(tables.leases).update({ lease_until: 1, due_at: 1 });
      return raw;
    });

    await work();

    expect(claimed ?? []).toEqual([]);
    await expect(effects()).resolves.toEqual(['one']);
  });

  it('undoes what a handler wrote that is given up when the backend stops, and leaves its mail due', async () => {
    let running: (() => void) | undefined;
    const isRunning = new Promise<void>(resolve => {
      running = resolve;
    });
    let aborted = false;
    const first = await open([
      aHandler(async (message, context) => {
        await addEffect(context, message.subject);
        running?.();
        return new Promise((_resolve, reject) => {
          context.signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('aborted'));
          });
        });
      }),
    ]);
    const { db, accept, worker, kinds } = first;
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one'), aMail('two')]);
    worker.wake();
    await isRunning;

    await worker.stop();

    expect(aborted).toBe(true);
    expect(kinds()).toEqual(['aborted']);
    await expect(first.effects()).resolves.toEqual([]);

    // Neither mail is to blame for the stop.
    const counts = async () =>
      (await first.log(mailboxId)).map(({ attempts }) => attempts);
    expect(await counts()).toEqual([0, 0]);
    const next = await open([aHandler()], { db });
    await next.work();
    await expect(next.effects()).resolves.toEqual(['one', 'two']);
    expect(await counts()).toEqual([1, 1]);
  });

  it('counts an attempt over which the lease was lost, also where the backend stops', async () => {
    const { db, accept, worker, work, kinds, log, rawMails } = await open([
      aHandler(),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one')]);
    let stopping: Promise<void> | undefined;
    const reading = jest
      .spyOn(rawMails, 'read')
      .mockImplementationOnce(async messageId => {
        reading.mockRestore();
        await db.transaction(tx => revokeLease(tx, 'process', mailboxId));
        stopping = worker.stop();
        return rawMails.read(messageId);
      });
    await work();
    await stopping;

    expect(kinds()).toEqual(['aborted']);
    expect((await log(mailboxId))[0]).toMatchObject({
      state: 'stored',
      attempts: 1,
    });
  });

  it('has two workers handle 200 mails of four mailboxes exactly once, each mailbox in order', async () => {
    const one = await open([aHandler()], { concurrency: 2 });
    const two = await open([aHandler()], { concurrency: 2, db: one.db });
    const { db, accept } = one;
    const mailboxIds = [];
    for (let mailbox = 0; mailbox < 4; mailbox += 1) {
      mailboxIds.push(await insertMailbox(db, { handlerIds: ['test'] }));
    }
    for (let batch = 0; batch < 5; batch += 1) {
      for (const [mailbox, mailboxId] of mailboxIds.entries()) {
        const mails = Array.from({ length: 10 }, (_, n) =>
          aMail(`${mailbox}:${batch * 10 + n}`),
        );
        await accept(mailboxId, mails);
        one.worker.wake();
        two.worker.wake();
      }
    }

    while (await hasWork(db)) {
      await Promise.all([one.work(), two.work()]);
    }

    const effects = await one.effects();
    expect(effects).toHaveLength(200);
    for (const mailbox of mailboxIds.keys()) {
      expect(effects.filter(what => what.startsWith(`${mailbox}:`))).toEqual(
        Array.from({ length: 50 }, (_, n) => `${mailbox}:${n}`),
      );
    }
    expect(one.kinds().length + two.kinds().length).toBe(200);
  });

  it('handles a mail once although the process died after it began', async () => {
    const { db, accept, attempts, queue, work, effects, log } = await open([
      aHandler(),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one')]);
    // What a process leaves that died here: an attempt, a lease that runs out.
    const [ticket] = await claimDue(db, {
      kind: 'process',
      holder: 'dead',
      limit: 1,
      durationMs: 60_000,
    });
    const [{ id: messageId }] = await queue.listWaiting(mailboxId, 1);
    await attempts.start(ticket, messageId);
    await work();
    await expect(effects()).resolves.toEqual([]);
    await db(tables.leases).update({ lease_until: 1, due_at: 1 });

    await work();

    await expect(effects()).resolves.toEqual(['one']);
    expect((await log(mailboxId))[0].attempts).toBe(2);
  });

  it('quarantines a mail that was begun too often, without another try (R37)', async () => {
    const handle = jest.fn(writeEffect);
    const { db, accept, work, effects, log } = await open([aHandler(handle)]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('killer'), aMail('next')]);
    await db(tables.inboxMessages)
      .where('seq', db(tables.inboxMessages).min('seq'))
      .update({ attempts: 4 });

    await work();

    await expect(effects()).resolves.toEqual(['next']);
    expect((await log(mailboxId))[0]).toMatchObject({
      state: 'quarantined',
      failure: 'handler-failed',
      attempts: 4,
      trace: [{ step: 'attempt', verdict: 'failed' }],
    });
  });

  it('tries a mail again that used up its time in the parser, then quarantines it; the others go on (R36, T49)', async () => {
    const parser: Parser = {
      ...parserInPlace,
      async parse(raw, ...rest) {
        if (raw.includes('Subject: hangs')) {
          throw new ParserDiedError('Reading it took too long');
        }
        return parserInPlace.parse(raw, ...rest);
      },
    };
    const { db, accept, work, letTimePass, effects, kinds, log } = await open(
      [aHandler()],
      { parser },
    );
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one'), aMail('hangs'), aMail('two')]);
    await work();
    expect(await effects()).toEqual(['one', 'two']);
    for (let attempt = 2; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await letTimePass();
      await work();
    }
    expect(kinds().slice(3)).toEqual(['postponed', 'postponed', 'quarantined']);
    const [, hung] = await log(mailboxId);
    expect(hung).toMatchObject({
      state: 'quarantined',
      failure: 'message-unreadable',
    });
    expect(hung.trace.at(-1)).toMatchObject({
      step: 'parse',
      verdict: 'failed',
      reason: 'Reading it took too long',
    });
  });

  it('quarantines what is unreadable or too large, and goes on', async () => {
    const handle = jest.fn(writeEffect);
    const { db, accept, work, effects, log, rawMails } = await open([
      aHandler(handle),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    const garbage = Buffer.from('\0\x01\x02 no mail at all');
    await accept(mailboxId, [
      garbage,
      { raw: aMail('huge').subarray(0, 100), truncated: true },
      aMail('fine'),
    ]);

    await work();

    await expect(effects()).resolves.toEqual(['fine']);
    const entries = await log(mailboxId);
    expect(entries).toMatchObject([
      {
        state: 'quarantined',
        failure: 'message-unreadable',
        trace: [
          { step: 'attempt' },
          {
            step: 'parse',
            verdict: 'failed',
            reason: expect.stringContaining('header fields'),
          },
        ],
      },
      {
        state: 'quarantined',
        failure: 'message-too-large',
        subject: 'huge',
        from: 'Ann Example <ann@example.com>',
      },
      { state: 'done' },
    ]);
    await expect(rawMails.read(entries[0].id)).resolves.toEqual(garbage);
    expect(handle).toHaveBeenCalledTimes(1);
  });

  it('brings every byte value through to the store', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const requests = (db: Db) => new RequestTracker(new RequestStore(db));
    const db = await openTestDatabase(databases, id);
    const { accept, work, kinds } = openProcessing(db, [requests(db)]);
    const mailboxId = await insertMailbox(db, {
      projectRef: 'component:default/shop',
      handlerIds: ['request-tracker'],
    });
    const inHeader = all.toString('latin1').replace(/[\r\n]/g, '');
    await accept(mailboxId, [
      rawMail(
        [
          `From: ${inHeader} <ann@example.com>`,
          `Subject: ${inHeader}`,
          `Message-ID: <${inHeader}>`,
          'Content-Type: multipart/mixed; boundary=b1',
        ],
        Buffer.concat([
          Buffer.from('--b1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n'),
          all,
          Buffer.from(
            `\r\n--b1\r\nContent-Disposition: attachment; filename="${inHeader}"\r\n\r\n`,
            'latin1',
          ),
          all,
          Buffer.from('\r\n--b1--\r\n'),
        ]),
      ),
      aMail('next'),
    ]);

    await work();

    expect(kinds()).toEqual(['done', 'done']);
  });

  it('ends a handler that does not end, and undoes what it wrote', async () => {
    const { db, accept, work, effects, outcomes } = await open(
      [
        aHandler(async (message, context) => {
          await addEffect(context, message.subject);
          return message.subject === 'slow'
            ? new Promise(() => {})
            : { kind: 'created', target: 'x:1' };
        }),
      ],
      { handlerTimeoutMs: 100 },
    );
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('slow'), aMail('quick')]);

    await work();

    await expect(effects()).resolves.toEqual(['quick']);
    expect(outcomes[0].outcome).toMatchObject({
      kind: 'postponed',
      failure: 'handler-timed-out',
    });
  });

  it('does not take a mail for handled whose handler hid a failed statement', async () => {
    const { db, accept, work, effects, kinds } = await open([
      aHandler(async (message, context) => {
        await addEffect(context, message.subject);
        await context
          .tx('no_such_table')
          .insert({ x: 1 })
          .catch(() => undefined);
        return { kind: 'created', target: 'x:1' };
      }),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one')]);

    await work();

    // PostgreSQL refuses everything after a failed statement; SQLite goes on.
    const undone = id !== 'SQLITE_3';
    expect(kinds()).toEqual([undone ? 'postponed' : 'done']);
    await expect(effects()).resolves.toEqual(undone ? [] : ['one']);
  });

  it.each([
    {
      what: 'a handler that is not installed any more',
      handlerId: 'gone',
      failure: 'handler-missing',
      reason: 'gone: not installed',
    },
    {
      what: 'settings that the handler does not take any more',
      handlerId: 'test',
      failure: 'handler-settings-invalid',
      reason: 'test: its settings are not valid: former is not known',
    },
  ])(
    'holds the mail of $what, and handles it when it is run again (S69)',
    async ({ handlerId, failure, reason }) => {
      const { db, accept, work, log, queue, outcomes, effects } = await open([
        aHandler(),
      ]);
      const mailboxId = await insertMailbox(db, {
        handlerIds: [handlerId],
        settings: { test: { former: 'x' } },
      });
      await accept(mailboxId, [aMail('one')]);

      await work();

      const [entry] = await log(mailboxId);
      expect(entry).toMatchObject({ state: 'held', failure });
      expect(entry.trace.at(-1)).toMatchObject({
        step: 'handle',
        verdict: 'failed',
        reason: expect.stringContaining(reason),
      });
      expect(outcomes.at(-1)?.outcome).toMatchObject({ kind: 'held', failure });
      await expect(effects()).resolves.toEqual([]);

      await db(tables.handlerBindings).update({ settings: '{}' });
      const again = await open([aHandler(writeEffect, handlerId)], { db });
      await inTransaction(db, tx => queue.runAgain(tx, mailboxId, entry.id));
      await again.work();
      await expect(again.effects()).resolves.toEqual(['one']);
      expect((await log(mailboxId))[0]).toMatchObject({
        state: 'done',
        attempts: 1,
        failure: undefined,
      });
    },
  );

  it('holds mail whose settings are spoiled in the database, and goes on', async () => {
    const { db, accept, work, log } = await open([aHandler()]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await db(tables.handlerBindings).update({ settings: '{' });
    const other = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one'), aMail('two')]);
    await accept(other, [aMail('three')]);

    await work();

    const states = [...(await log(mailboxId)), ...(await log(other))];
    expect(states.map(({ state }) => state)).toEqual(['held', 'held', 'done']);
  });

  it('calls bound handlers in their order, and repeats none that is done while another fails', async () => {
    let failing = true;
    const threads: string[] = [];
    const handler = (name: string, fails: () => boolean) =>
      aHandler(async (message, context) => {
        threads.push(context.thread.id);
        await addEffect(context, `${name} ${message.subject}`);
        if (fails()) {
          throw new Error('fails');
        }
        return { kind: 'created', target: `x:${name}` };
      }, name);
    const { db, accept, work, effects, letTimePass, log, kinds } = await open([
      handler('one', () => false),
      handler('two', () => failing),
      handler('three', () => false),
    ]);
    const mailboxId = await insertMailbox(db, {
      handlerIds: ['one', 'two', 'three'],
    });
    await accept(mailboxId, [aMail('a')]);

    await work();

    await expect(effects()).resolves.toEqual(['one a', 'three a']);
    const [waiting] = await log(mailboxId);
    expect(waiting).toMatchObject({
      state: 'stored',
      failure: 'handler-failed',
    });
    expect(
      waiting.trace.map(({ verdict, reason }) => [verdict, reason]),
    ).toEqual([
      ['passed', 'Attempt 1 of 4'],
      ['passed', 'Read, without attachments'],
      ['passed', 'It begins a conversation'],
      ['passed', 'one: created x:one'],
      ['failed', 'two: failed'],
      ['passed', 'three: created x:three'],
    ]);

    failing = false;
    await letTimePass();
    await work();

    await expect(effects()).resolves.toEqual(['one a', 'three a', 'two a']);
    expect((await log(mailboxId))[0]).toMatchObject({
      state: 'done',
      target: 'x:one',
    });
    expect(kinds()).toEqual(['postponed', 'done']);
    // The conversation is the same for all of them, at each attempt.
    expect(threads).toHaveLength(4);
    expect(new Set(threads).size).toBe(1);
  });

  it('quarantines a mail at which one handler fails for good; the others stay done, and one more run calls that one alone (R36)', async () => {
    let failing = true;
    const { db, accept, work, effects, letTimePass, log, queue } = await open([
      aHandler(writeEffect, 'good'),
      aHandler(async (message, context) => {
        if (failing) {
          throw new Error('fails');
        }
        return writeEffect(message, context);
      }, 'poisoned'),
    ]);
    const mailboxId = await insertMailbox(db, {
      handlerIds: ['good', 'poisoned'],
    });
    await accept(mailboxId, [aMail('a')]);

    for (let attempt = 0; attempt < 5; attempt += 1) {
      await work();
      await letTimePass();
    }

    const [entry] = await log(mailboxId);
    expect(entry).toMatchObject({ state: 'quarantined', attempts: 4 });
    expect(entry.trace.slice(-2)).toMatchObject([
      { verdict: 'passed', reason: 'good: created effect:a' },
      { verdict: 'failed', reason: 'poisoned: failed' },
    ]);
    await expect(effects()).resolves.toEqual(['a']);

    failing = false;
    const runAgain = () =>
      inTransaction(db, tx => queue.runAgain(tx, mailboxId, entry.id));
    await runAgain();
    await expect(runAgain()).rejects.toThrow(/neither held nor quarantined/);
    await work();
    await work();

    await expect(effects()).resolves.toEqual(['a', 'a']);
    expect((await log(mailboxId))[0]).toMatchObject({
      state: 'done',
      attempts: 1,
    });
    await expect(runAgain()).rejects.toThrow(/neither held nor quarantined/);
  });

  it('gives up between two handlers when the backend stops, and goes on with the second', async () => {
    const { db, accept, worker, work, effects, kinds } = await open([
      aHandler(async (message, context) => {
        const outcome = await writeEffect(message, context);
        // The stop comes while the first one works, which still ends in time.
        const stopping = worker.stop();
        expect(context.signal.aborted).toBe(true);
        opened.push({
          ...opened[0],
          worker: { stop: () => stopping } as never,
        });
        return outcome;
      }, 'one'),
      aHandler(writeEffect, 'two'),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['one', 'two'] });
    await accept(mailboxId, [aMail('a')]);
    await work();
    expect(kinds()).toEqual(['aborted']);
    await expect(effects()).resolves.toEqual([]);

    const next = await open(
      [aHandler(writeEffect, 'one'), aHandler(writeEffect, 'two')],
      { db },
    );
    await next.work();
    await expect(effects()).resolves.toEqual(['a', 'a']);
  });

  it('ignores, with a reason, what no handler wants', async () => {
    const { db, accept, work, log, outcomes } = await open([
      aHandler(async () => ({ kind: 'ignored', reason: 'Not for us' })),
    ]);
    const wanted = await insertMailbox(db, { handlerIds: ['test'] });
    const unbound = await insertMailbox(db);
    await accept(wanted, [aMail('one')]);
    await accept(unbound, [aMail('two')]);

    await work();

    expect((await log(wanted))[0]).toMatchObject({
      state: 'ignored',
      trace: expect.arrayContaining([
        { step: 'handle', verdict: 'stopped', reason: 'test: Not for us' },
      ]),
    });
    expect((await log(unbound))[0].state).toBe('ignored');
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(
      expect.arrayContaining([
        { kind: 'ignored', reason: 'Not for us' },
        { kind: 'ignored', reason: 'No handler is bound to the mailbox' },
      ]),
    );
  });

  it('loses nothing when the mailbox goes away amid its work', async () => {
    const { db, accept, work, effects, kinds } = await open([aHandler()]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    const other = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('gone')]);
    await accept(other, [aMail('stays')]);
    const rawMails = openedRawMails();
    const read = rawMails.read.bind(rawMails);
    jest.spyOn(rawMails, 'read').mockImplementation(async messageId => {
      const raw = await read(messageId);
      if (raw.includes('gone')) {
        await inTransaction(db, tx =>
          new MailboxStore(db).delete(tx, mailboxId),
        );
      }
      return raw;
    });

    await work();

    await expect(effects()).resolves.toEqual(['stays']);
    expect([...kinds()].sort()).toEqual(['done', 'lease-lost']);
  });

  it('rests when the database fails amid the work, and does not lose the mail', async () => {
    const { db, accept, work, effects, letTimePass, logger } = await open([
      aHandler(),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one')]);
    const { queue } = opened.at(-1)!;
    jest.spyOn(queue, 'listWaiting').mockRejectedValueOnce(
      Object.assign(new Error('Key (address)=(ann@example.com)'), {
        code: '57P01',
      }),
    );

    await work();

    await expect(effects()).resolves.toEqual([]);
    expect(logger.error).toHaveBeenCalledTimes(1);
    expect(String(logger.error.mock.calls[0][1])).toContain('57P01');
    expect(String(logger.error.mock.calls[0][1])).not.toContain('ann@');
    const [lease] = await db(tables.leases);
    expect(lease.holder).toBeNull();
    await letTimePass();
    await work();
    await expect(effects()).resolves.toEqual(['one']);
  });

  // Alone and together they are begun, and given back, in different ways.
  it.each([true, false])(
    'blames no mail for a full disk: it waits, and the attempt does not count (R10; together: %p)',
    async sharesTransaction => {
      let isFull = true;
      const handler = aHandler(async (message, context) => {
        if (isFull) {
          await writeBeyondTheDisk(context.tx, id);
        }
        return writeEffect(message, context);
      });
      const { db, accept, work, log, effects, kinds, letTimePass, logger } =
        await open([{ ...handler, sharesTransaction }]);
      const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
      await accept(mailboxId, [aMail('one'), aMail('two')]);
      for (let attempt = 0; attempt < 2 * MAX_ATTEMPTS; attempt += 1) {
        await work();
        await letTimePass();
      }
      expect(new Set(kinds())).toEqual(new Set(['put-off']));
      expect(await log(mailboxId)).toMatchObject([
        { state: 'stored', attempts: 0 },
        { state: 'stored', attempts: 0 },
      ]);
      expect(logger.error).toHaveBeenCalled();

      isFull = false;
      await work();

      await expect(effects()).resolves.toEqual(['one', 'two']);
      expect(await log(mailboxId)).toMatchObject([
        { state: 'done', attempts: 1 },
        { state: 'done', attempts: 1 },
      ]);
    },
  );

  it('counts an attempt whose handler only says that a disk is full (R10)', async () => {
    const { db, accept, work, kinds } = await open([
      aHandler(async () => {
        throw Object.assign(new Error('another database'), { code: '53100' });
      }),
    ]);
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    await accept(mailboxId, [aMail('one')]);
    await work();
    expect(kinds()).toEqual(['postponed']);
  });

  it('finds all good mail among poison of every kind (R36)', async () => {
    const boom: Handle = async () => {
      throw new Error('boom');
    };
    const poison: Record<string, Handle> = {
      throw: boom,
      'throw nothing': async () => Promise.reject(),
      'reject late': async () =>
        new Promise((_resolve, reject) =>
          setTimeout(() => reject(new Error()), 5),
        ),
      hang: async () => new Promise(() => {}),
      'no outcome': async () => undefined as never,
      'wild outcome': async () => ({ kind: 'exploded' } as never),
      'long target': async () => ({ kind: 'created', target: 'x'.repeat(999) }),
      'bad sql': async (_message, { tx }) => {
        await tx.raw('no sql at all');
        return { kind: 'created', target: 'x:1' };
      },
      'too long a value': async (_message, { tx }) => {
        await tx(tables.leases).insert({ kind: null });
        return { kind: 'created', target: 'x:1' };
      },
      'rolls back': async (_message, { tx }) => {
        await tx.rollback();
        return { kind: 'created', target: 'x:1' };
      },
      'rolls back with an error': async (_message, { tx }) => {
        await tx.rollback(new Error('mine'));
        return { kind: 'created', target: 'x:1' };
      },
      'uses the transaction later': async (_message, { tx }) => {
        setTimeout(
          () =>
            tx('effects')
              .insert({ what: 'late' })
              .catch(() => {}),
          20,
        );
        throw new Error('but now it fails');
      },
    };
    const kindsOfPoison = Object.keys(poison);
    const { db, accept, work, effects, log, letTimePass } = await open(
      [
        aHandler(async (message, context) =>
          (poison[message.subject] ?? writeEffect)(message, context),
        ),
      ],
      { handlerTimeoutMs: 200 },
    );
    const mailboxId = await insertMailbox(db, { handlerIds: ['test'] });
    const good = Array.from({ length: 40 }, (_, n) => `good ${n}`);
    await accept(
      mailboxId,
      good.flatMap((subject, n) => [
        aMail(subject),
        ...(n < kindsOfPoison.length ? [aMail(kindsOfPoison[n])] : []),
      ]),
    );

    await work();
    await expect(effects()).resolves.toEqual(good);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await letTimePass();
      await work();
    }

    await expect(effects()).resolves.toEqual(good);
    const bad = (await log(mailboxId)).filter(({ subject }) =>
      kindsOfPoison.includes(subject ?? ''),
    );
    expect(bad).toHaveLength(kindsOfPoison.length);
    expect(bad.map(({ state }) => state)).toEqual(bad.map(() => 'quarantined'));
  });

  describe('with the request tracker', () => {
    async function openTracker() {
      const db = await openTestDatabase(databases, id);
      const requests = new RequestStore(db);
      const processing = openProcessing(db, [new RequestTracker(requests)]);
      opened.push(processing);
      const mailboxId = await insertMailbox(db, {
        projectRef: 'component:default/shop',
        handlerIds: ['request-tracker'],
      });
      const list = async () => {
        const page = await requests.list('component:default/shop', {
          limit: 50,
        });
        return page.items
          .map(({ number, subject, commentCount }) => ({
            number,
            subject,
            commentCount,
          }))
          .sort((a, b) => a.number - b.number);
      };
      return { ...processing, db, mailboxId, list };
    }

    it('makes a request of a mail and comments of its replies', async () => {
      const { accept, work, mailboxId, list, log } = await openTracker();
      await accept(mailboxId, [
        aMail('a'),
        aMail('b', ['In-Reply-To: <a@mail.example>']),
        aMail('c', ['References: <a@mail.example> <b@mail.example>']),
        aMail('other'),
      ]);

      await work();

      await expect(list()).resolves.toEqual([
        { number: 1, subject: 'a', commentCount: 2 },
        { number: 2, subject: 'other', commentCount: 0 },
      ]);
      expect((await log(mailboxId)).map(({ target }) => target)).toEqual([
        'request:1',
        expect.stringMatching(/^request:1#/),
        expect.stringMatching(/^request:1#/),
        'request:2',
      ]);
    });

    it('shows both a reply and its original that came later', async () => {
      const { accept, work, mailboxId, list } = await openTracker();
      await accept(mailboxId, [
        aMail('b', ['In-Reply-To: <a@mail.example>']),
        aMail('a'),
      ]);

      await work();

      await expect(list()).resolves.toEqual([
        { number: 1, subject: 'b', commentCount: 1 },
      ]);
    });

    it('shows two different mails under one Message-ID as two requests (T62)', async () => {
      const { accept, work, mailboxId, list } = await openTracker();
      const twin = (subject: string) =>
        rawMail([
          ...ordinaryHeader.filter(line => !line.startsWith('Subject')),
          `Subject: ${subject}`,
        ]);
      await accept(mailboxId, [twin('planted'), twin('real')]);

      await work();

      await expect(list()).resolves.toEqual([
        { number: 1, subject: 'planted', commentCount: 0 },
        { number: 2, subject: 'real', commentCount: 0 },
      ]);
    });
  });
});

/** Has the database say that its disk is full. */
async function writeBeyondTheDisk(tx: Db, engine: string) {
  if (engine !== 'SQLITE_3') {
    await tx.raw(
      `DO $$ BEGIN RAISE 'No space left on device' USING ERRCODE = '53100'; END $$`,
    );
    return;
  }
  // No more pages than there are: no room for a megabyte.
  await tx.raw('PRAGMA max_page_count = 1');
  try {
    await tx('effects').insert({ what: 'x'.repeat(1_048_576) });
  } finally {
    await tx.raw('PRAGMA max_page_count = 1073741823');
  }
}

async function hasWork(db: Db): Promise<boolean> {
  const waiting = await db(tables.inboxMessages).where({ state: 'stored' });
  return waiting.length > 0;
}
