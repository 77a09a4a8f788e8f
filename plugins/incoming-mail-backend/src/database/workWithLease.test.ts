// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { addLease, claimDue, revokeLease, scheduleWork } from './leases';
import { tables } from './tables';
import { inTransaction } from './transaction';
import { workWithLease } from './workWithLease';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('workWithLease', () => {
  const setUp = async (durationMs: number) => {
    const db = await openTestDatabase(databases, 'SQLITE_3');
    await inTransaction(db, tx => addLease(tx, 'poll', 'one'));
    await scheduleWork(db, 'poll', 'one');
    const [ticket] = await claimDue(db, {
      kind: 'poll',
      holder: 'a',
      limit: 1,
      durationMs,
    });
    return { db, ticket };
  };
  const untilAborted = (signal: AbortSignal) =>
    new Promise<string>(resolve => {
      signal.addEventListener('abort', () => resolve('aborted'));
    });

  it('keeps the lease for longer than it lasts and gives the result of the work', async () => {
    const { db, ticket } = await setUp(400);
    const readUntil = async () =>
      Number((await db(tables.leases).first('lease_until')).lease_until);
    const before = await readUntil();
    const result = await workWithLease(
      db,
      ticket,
      { durationMs: 400, signal: new AbortController().signal },
      async signal => {
        while (!signal.aborted && (await readUntil()) < before + 600) {
          await new Promise(resolve => setTimeout(resolve, 20));
        }
        return signal.aborted ? 'aborted' : 'done';
      },
    );
    expect(result).toBe('done');
  });

  it('aborts the work when the lease went to someone else', async () => {
    const { db, ticket } = await setUp(400);
    const result = await workWithLease(
      db,
      ticket,
      { durationMs: 400, signal: new AbortController().signal },
      async signal => {
        await inTransaction(db, tx => revokeLease(tx, 'poll', 'one'));
        return untilAborted(signal);
      },
    );
    expect(result).toBe('aborted');
  });

  it('aborts the work before the lease ends when the database does not answer (R9)', async () => {
    const { db, ticket } = await setUp(300);
    await db.destroy();
    const result = await workWithLease(
      db,
      ticket,
      { durationMs: 300, signal: new AbortController().signal },
      untilAborted,
    );
    expect(result).toBe('aborted');
  });

  it('aborts the work with the signal of the caller', async () => {
    const { db, ticket } = await setUp(60_000);
    const stopping = new AbortController();
    const work = workWithLease(
      db,
      ticket,
      { durationMs: 60_000, signal: stopping.signal },
      untilAborted,
    );
    stopping.abort();
    expect(await work).toBe('aborted');
  });
});
