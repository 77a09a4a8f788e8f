// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { NotFoundError } from '@backstage/errors';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { inTransaction, LeaseLostError, revokeLease } from '../database';
import { aMail, openInbox } from '../__testUtils__/openInbox';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('AttemptStore (%s)', databaseId => {
  const setUp = async () =>
    openInbox(await openTestDatabase(databases, databaseId as TestDatabaseId));

  it('counts attempts, for the holder of the lease alone', async () => {
    const { db, accept, waiting, mailbox, attempts, claimProcessing } =
      await setUp();
    await accept([aMail(1)]);
    const [{ id }] = await waiting();
    const ticket = await claimProcessing();
    expect(await attempts.start(ticket, id)).toBe(1);
    expect(await attempts.start(ticket, id)).toBe(2);
    expect((await waiting())[0].attempts).toBe(2);
    await inTransaction(db, tx => revokeLease(tx, 'process', mailbox.id));
    await expect(attempts.start(ticket, id)).rejects.toThrow(LeaseLostError);
    expect((await waiting())[0].attempts).toBe(2);
  });

  it('ends a mail once, and tells what became of it', async () => {
    const { db, accept, waiting, mailbox, attempts, messageLog, queue } =
      await setUp();
    await accept([aMail(1)]);
    const [{ id }] = await waiting();
    const finish = () =>
      inTransaction(db, tx =>
        attempts.finish(tx, id, {
          state: 'done',
          head: { subject: 'Hello', sender: 'Carla <carla@customer.test>' },
          trace: [{ step: 'handle', verdict: 'passed', reason: 'A request' }],
          target: 'request:1',
        }),
      );
    await finish();
    await expect(finish()).rejects.toThrow(NotFoundError);
    expect(await waiting()).toEqual([]);
    expect(await queue.nextAttemptInMs(mailbox.id)).toBeUndefined();
    const { items } = await messageLog.list(mailbox.id, { limit: 10 });
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
    expect(await messageLog.get(mailbox.id, id)).toEqual(items[0]);
    await expect(messageLog.get('another mailbox', id)).rejects.toThrow(
      NotFoundError,
    );
  });
});
