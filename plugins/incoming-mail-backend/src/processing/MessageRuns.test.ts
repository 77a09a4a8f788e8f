// SPDX-License-Identifier: Apache-2.0
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import {
  HandlerContext,
  MailHandler,
} from '@postroom/plugin-incoming-mail-node';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { tables } from '../database';
import { JournalStore } from '../journal';
import { MailboxStore } from '../mailboxes';
import { createRequestTrackers, RequestStore } from '../requests';
import { insertMailbox } from './__testUtils__/insertMailbox';
import { openProcessing } from './__testUtils__/openProcessing';
import { rawMail } from './__testUtils__/rawMail';
import { HandlerRegistry } from './handle/HandlerRegistry';
import { MessageRuns } from './MessageRuns';
import { parserInPlace } from './parse/Parser';

jest.setTimeout(60_000);

const databases = TestDatabases.create();
const shop = 'component:default/shop';

function aMail(subject: string, header: readonly string[] = []): Buffer {
  return rawMail([
    'From: Ann Example <ann@example.com>',
    `Subject: ${subject}`,
    `Message-ID: <${subject}@mail.example>`,
    ...header,
  ]);
}

describe.each(databases.eachSupportedId())('MessageRuns on %p', id => {
  async function open() {
    const db = await openTestDatabase(databases, id);
    let broken = true;
    const calls: string[] = [];
    const handlers = [
      ...createRequestTrackers(new RequestStore(db)),
      {
        id: 'rude',
        title: 'Ends what is not its own',
        supportsDryRun: true,
        async handle(_message: unknown, { tx }: HandlerContext) {
          calls.push('rude');
          await tx(tables.requests).delete();
          await tx.commit();
          return { kind: 'created', target: 'x:1' };
        },
      },
      {
        id: 'broken',
        title: 'Fails',
        supportsDryRun: true,
        async handle(_message: unknown, { tx, dryRun }: HandlerContext) {
          calls.push(dryRun ? 'broken (dry)' : 'broken');
          await (broken ? tx('no_such_table') : tx(tables.requests));
          return { kind: 'ignored', reason: 'Not for me' };
        },
      },
      {
        id: 'sender',
        title: 'Sends it on',
        async handle() {
          calls.push('sender');
          return { kind: 'created', target: 'x:1' };
        },
      },
    ] as MailHandler[];
    const processing = openProcessing(db, handlers);
    const journal = new JournalStore({ db, logger: processing.logger });
    const onRunnable = jest.fn();
    const runs = new MessageRuns({
      ...processing,
      db,
      mailboxes: new MailboxStore(db),
      registry: new HandlerRegistry(handlers),
      parser: parserInPlace,
      journal,
      logger: mockServices.logger.mock({ child: () => processing.logger }),
      handlerTimeoutMs: 10_000,
      onRunnable,
    });
    const contents = async () => {
      const rows = [];
      for (const table of Object.values(tables)) {
        rows.push(await db(table));
      }
      return JSON.stringify(rows);
    };
    return {
      ...processing,
      db,
      calls,
      contents,
      journal,
      mend: () => {
        broken = false;
      },
      onRunnable,
      runs,
    };
  }

  it('tells what each binding would do with a mail, and leaves everything as it is', async () => {
    const { db, accept, calls, contents, log, runs } = await open();
    const mailboxId = await insertMailbox(db, {
      projectRef: shop,
      handlerIds: [
        'request-commenter',
        'request-tracker',
        'broken',
        'rude',
        'gone',
        'sender',
      ],
    });
    await accept(mailboxId, [aMail('a')]);
    const [{ id: messageId }] = await log(mailboxId);
    const before = await contents();

    const first = await runs.dryRun(mailboxId, messageId);

    expect(first.state).toBe('stored');
    expect(first.trace.map(({ step, verdict }) => [step, verdict])).toEqual([
      ['parse', 'passed'],
      ['thread', 'passed'],
      ['handle', 'stopped'],
      ['handle', 'passed'],
      ['handle', 'failed'],
      ['handle', expect.any(String)],
      ['handle', 'failed'],
      ['handle', 'stopped'],
    ]);
    expect(first.trace.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([
        'request-tracker: created request:1',
        'broken: failed',
        expect.stringContaining('gone: not installed'),
        'sender: would be called; it does not support dry runs',
      ]),
    );
    expect(calls).toEqual(['broken (dry)', 'rude']);
    await expect(contents()).resolves.toBe(before);
    await expect(runs.dryRun(mailboxId, messageId)).resolves.toEqual(first);
  });

  it('shows a binding what those before it would have written', async () => {
    const { db, accept, log, runs } = await open();
    const mailboxId = await insertMailbox(db, {
      projectRef: shop,
      handlerIds: ['request-tracker', 'request-commenter'],
    });
    await accept(mailboxId, [aMail('a'), Buffer.from('\0 no mail')]);
    const [mail, garbage] = await log(mailboxId);

    const dry = await runs.dryRun(mailboxId, mail.id);

    expect(dry.state).toBe('done');
    expect(dry.trace.slice(-2).map(({ reason }) => reason)).toEqual([
      'request-tracker: created request:1',
      'request-commenter: created request:1',
    ]);
    await expect(runs.dryRun(mailboxId, garbage.id)).resolves.toMatchObject({
      state: 'quarantined',
      trace: [{ step: 'parse', verdict: 'failed' }],
    });
    await expect(runs.dryRun(mailboxId, mailboxId)).rejects.toThrow('no mail');
    const other = await insertMailbox(db);
    await expect(runs.dryRun(other, mail.id)).rejects.toThrow('no mail');
  });

  it('has a quarantined mail handled again, once, by those that are not done (R36)', async () => {
    const opened = await open();
    const { db, accept, calls, journal, log, runs, work } = opened;
    const mailboxId = await insertMailbox(db, {
      projectRef: shop,
      handlerIds: ['request-tracker', 'broken'],
    });
    await accept(mailboxId, [aMail('a')]);
    const [{ id: messageId }] = await log(mailboxId);
    await expect(runs.runAgain(mailboxId, messageId)).rejects.toThrow(
      /neither held nor quarantined/,
    );
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await work();
      await opened.letTimePass();
    }
    expect((await log(mailboxId))[0].state).toBe('quarantined');

    opened.mend();
    const dry = await runs.dryRun(mailboxId, messageId);
    expect(dry).toMatchObject({ state: 'done' });
    const asked = await Promise.allSettled([
      runs.runAgain(mailboxId, messageId),
      runs.runAgain(mailboxId, messageId),
    ]);
    await work();

    expect(asked.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    expect(asked.find(({ status }) => status === 'fulfilled')).toMatchObject({
      value: { id: messageId, state: 'stored', attempts: 0 },
    });
    expect(opened.onRunnable).toHaveBeenCalledTimes(1);
    expect((await log(mailboxId))[0]).toMatchObject({
      state: 'done',
      target: 'request:1',
      attempts: 1,
    });
    expect(calls.filter(call => call === 'broken')).toHaveLength(5);
    await expect(db(tables.requests)).resolves.toHaveLength(1);
    const { items } = await journal.list(mailboxId, { limit: 10 });
    expect(items.map(({ event }) => event)).toEqual(['mail-run-again']);
  });

  it('keeps the conversation of a mail that one handler is done with, so that replies meet it', async () => {
    const { db, accept, log, mend, runs, work, letTimePass } = await open();
    const mailboxId = await insertMailbox(db, {
      projectRef: shop,
      handlerIds: ['broken', 'request-tracker'],
    });
    await accept(mailboxId, [aMail('a')]);
    await work();
    mend();
    await accept(mailboxId, [aMail('b', ['In-Reply-To: <a@mail.example>'])]);
    await work();
    await letTimePass();
    await work();

    expect((await log(mailboxId)).map(({ target }) => target)).toEqual([
      'request:1',
      expect.stringMatching(/^request:1#/),
    ]);
    const [{ id: messageId }] = await log(mailboxId);
    const dry = await runs.dryRun(mailboxId, messageId);
    expect(dry.state).toBe('done');
  });
});
