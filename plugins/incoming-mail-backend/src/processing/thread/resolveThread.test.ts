// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { IncomingMessage } from '@postroom/plugin-incoming-mail-node';
import { aMessage } from '@postroom/plugin-incoming-mail-node/testUtils';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { inTransaction, tables } from '../../database';
import { insertMailbox } from '../__testUtils__/insertMailbox';
import { resolveThread } from './resolveThread';
import { ThreadStore } from './ThreadStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create();

describe.each(databases.eachSupportedId())('resolveThread on %p', id => {
  async function open() {
    const db = await openTestDatabase(databases, id);
    const mailboxId = await insertMailbox(db);
    const threads = new ThreadStore();
    return {
      db,
      threads,
      aMail: (messageId: string | undefined) =>
        aMessage().mailbox(mailboxId).messageId(messageId),
      resolve: (message: IncomingMessage) =>
        inTransaction(db, tx => resolveThread(tx, threads, message)),
      mailboxId,
    };
  }

  it('begins a conversation and puts replies into it, also replies to replies', async () => {
    const { aMail, resolve } = await open();
    const first = await resolve(aMail('a').build());
    const reply = await resolve(aMail('b').inReplyTo('a').build());
    const second = await resolve(aMail('c').references('a', 'b').build());
    const other = await resolve(aMail('x').build());

    expect(first).toEqual({ id: expect.any(String), isReply: false });
    expect(reply).toEqual({ id: first.id, isReply: true });
    expect(second).toEqual({ id: first.id, isReply: true });
    expect(other.id).not.toBe(first.id);
  });

  it('brings replies together with their original that comes later', async () => {
    const { aMail, resolve } = await open();
    const reply = await resolve(aMail('b').references('a').build());
    const sibling = await resolve(aMail('c').inReplyTo('a').build());
    const original = await resolve(aMail('a').build());

    expect(reply.isReply).toBe(true);
    expect(sibling.id).toBe(reply.id);
    expect(original).toEqual({ id: reply.id, isReply: true });
  });

  it('keeps two mails under one Message-ID apart, also once the first was answered (T62)', async () => {
    const { aMail, resolve } = await open();
    const first = await resolve(aMail('a').build());
    const twin = await resolve(aMail('a').build());
    const reply = await resolve(aMail('b').inReplyTo('a').build());
    const third = await resolve(aMail('a').build());

    expect(reply.id).toBe(first.id);
    expect(new Set([first.id, twin.id, third.id]).size).toBe(3);
    expect([twin, third].map(({ isReply }) => isReply)).toEqual([false, false]);
  });

  it('prefers the newest reference where several are known', async () => {
    const { aMail, resolve } = await open();
    await resolve(aMail('old').build());
    const newer = await resolve(aMail('newer').build());

    await expect(
      resolve(aMail('r').references('old', 'newer').build()),
    ).resolves.toMatchObject({ id: newer.id });
  });

  it('is not led in circles by a mail that refers to itself, or has no Message-ID', async () => {
    const { aMail, resolve } = await open();
    const first = await resolve(aMail('a').build());
    const self = await resolve(aMail('a').references('a').build());
    const nameless = await resolve(aMail(undefined).build());
    const answer = await resolve(aMail(undefined).references('a').build());

    expect(self).toEqual({ id: expect.any(String), isReply: false });
    expect(self.id).not.toBe(first.id);
    expect(nameless.isReply).toBe(false);
    expect(answer.id).toBe(first.id);
  });

  it('keeps mailboxes apart', async () => {
    const { db, aMail, resolve } = await open();
    const here = await resolve(aMail('a').build());
    const elsewhere = await resolve(
      aMail('b')
        .inReplyTo('a')
        .mailbox(await insertMailbox(db))
        .build(),
    );

    expect(elsewhere.id).not.toBe(here.id);
  });

  it('leaves nothing behind when the transaction is undone', async () => {
    const { db, threads, aMail } = await open();
    await expect(
      inTransaction(db, async tx => {
        await resolveThread(tx, threads, aMail('a').references('r').build());
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');

    await expect(db(tables.threadKeys)).resolves.toEqual([]);
  });

  it('has two transactions at the same time agree on one conversation', async () => {
    const { db, aMail, resolve } = await open();
    for (let round = 0; round < 100; round += 1) {
      const shared = [`r1-${round}`, `r2-${round}`, `r3-${round}`];
      const resolved = await Promise.all([
        resolve(
          aMail(`a-${round}`)
            .references(...shared)
            .build(),
        ),
        resolve(
          aMail(`b-${round}`)
            .references(...shared.toReversed())
            .build(),
        ),
        resolve(
          aMail(`c-${round}`).references(`extra-${round}`, shared[1]).build(),
        ),
      ]);

      expect(new Set(resolved.map(thread => thread.id)).size).toBe(1);
    }
    const ids = await db(tables.threadKeys).distinct('thread_id');
    expect(ids).toHaveLength(100);
  });
});
