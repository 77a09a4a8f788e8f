// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  countKept,
  findDueKept,
  freeAbandoned,
  keepLease,
  letAllGo,
  letGo,
  renewKept,
  resumeKept,
} from './keptLeases';
import {
  addLease,
  claimDue,
  holdLease,
  LeaseTicket,
  releaseLease,
  removeLeases,
  revokeLease,
  scheduleWork,
} from './leases';
import { announceReplica, countShares, withdrawReplica } from './replicas';
import { DbLeaseRow, tables } from './tables';
import { dbNowPlus } from './time';
import { inTransaction } from './transaction';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const durationMs = 60_000;

describe.each(databases.eachSupportedId())('kept leases (%s)', databaseId => {
  const claim = (db: Knex, holder = 'a') =>
    claimDue(db, { kind: 'poll', holder, limit: 10, durationMs });
  const setUp = async (...subjects: string[]) => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    for (const subject of subjects) {
      await inTransaction(db, tx => addLease(tx, 'poll', subject));
      await scheduleWork(db, 'poll', subject);
    }
    return db;
  };
  const setUpKept = async (...subjects: string[]) => {
    const db = await setUp(...subjects);
    const tickets = await claim(db);
    for (const ticket of tickets) {
      expect(await keepLease(db, ticket, { durationMs, dueInMs: 50_000 })).toBe(
        true,
      );
    }
    return { db, tickets };
  };
  const move = (db: Knex, column: 'lease_until' | 'due_at', ms: number) =>
    db<DbLeaseRow>(tables.leases).update({ [column]: dbNowPlus(db, ms) } as {});
  const subjectsOf = (tickets: readonly LeaseTicket[]) =>
    tickets.map(({ subjectId }) => subjectId).sort();

  it('keeps others out while it lasts, also when the work is due', async () => {
    const { db, tickets } = await setUpKept('one', 'two');
    expect(await countKept(db, 'a')).toBe(2);
    expect([...(await findDueKept(db, 'a'))]).toEqual([]);

    await scheduleWork(db, 'poll', 'two');
    expect([...(await findDueKept(db, 'a'))]).toEqual(['two']);
    expect([...(await findDueKept(db, 'b'))]).toEqual([]);
    expect(await claim(db, 'b')).toEqual([]);

    const two = tickets.filter(({ subjectId }) => subjectId === 'two');
    expect([...(await resumeKept(db, two, durationMs))]).toEqual(['two']);
    expect([...(await findDueKept(db, 'a'))]).toEqual([]);
    await scheduleWork(db, 'poll', 'two');
    await keepLease(db, two[0], { durationMs, dueInMs: 50_000 });
    // Asked for during the visit: once more.
    expect([...(await findDueKept(db, 'a'))]).toEqual(['two']);
  });

  it('is renewed with all others of its replica, and goes to somebody else when it is not', async () => {
    const { db, tickets } = await setUpKept('one', 'two');
    expect(await renewKept(db, 'b', durationMs)).toEqual([]);
    expect(subjectsOf(await renewKept(db, 'a', durationMs))).toEqual([
      'one',
      'two',
    ]);
    await move(db, 'lease_until', -1);
    expect(await renewKept(db, 'a', durationMs)).toEqual([]);
    expect([...(await resumeKept(db, tickets, durationMs))]).toEqual([]);
    expect(
      await keepLease(db, tickets[0], { durationMs, dueInMs: 50_000 }),
    ).toBe(false);

    // Not due yet; the death of its replica makes it due.
    expect(await claim(db, 'b')).toEqual([]);
    await freeAbandoned(db);
    expect(subjectsOf(await claim(db, 'b'))).toEqual(['one', 'two']);
    expect(await countKept(db, 'a')).toBe(0);
  });

  it('is lost when it is revoked, removed, or taken away by a replica that knows nothing of it', async () => {
    const { db, tickets } = await setUpKept('one', 'two', 'three', 'four');
    await inTransaction(db, tx => revokeLease(tx, 'poll', 'one'));
    await inTransaction(db, tx => removeLeases(tx, 'two'));
    await db<DbLeaseRow>(tables.leases)
      .where({ subject_id: 'three' })
      .update({ holder: 'b' });
    expect(await countKept(db, 'a')).toBe(1);
    const left = await renewKept(db, 'a', durationMs);
    expect(subjectsOf(left)).toEqual(['four']);
    const resumed = await resumeKept(
      db,
      tickets.filter(({ subjectId }) => subjectId !== 'three'),
      durationMs,
    );
    expect([...resumed]).toEqual(['four']);
    await expect(
      inTransaction(db, tx =>
        holdLease(tx, tickets.find(({ subjectId }) => subjectId === 'one')!),
      ),
    ).rejects.toThrow('was lost');
  });

  it('is given back with the time of its next visit, alone or with all others', async () => {
    const { db, tickets } = await setUpKept('one', 'two', 'three');
    await letGo(db, tickets.slice(0, 1));
    expect(await countKept(db, 'a')).toBe(2);
    await letAllGo(db, 'b');
    expect(await countKept(db, 'a')).toBe(2);
    await letAllGo(db, 'a');
    expect(await countKept(db, 'a')).toBe(0);
    expect(await claim(db, 'b')).toEqual([]);
    await move(db, 'due_at', -1);
    const taken = await claim(db, 'b');
    expect(taken).toHaveLength(3);
    await releaseLease(db, taken[0], 0);
    expect(await countKept(db, 'b')).toBe(0);
  });

  it('counts the replicas that live, and what they share', async () => {
    const { db } = await setUpKept('one', 'two');
    await inTransaction(db, tx => addLease(tx, 'poll', 'a draft'));
    const [a, b] = ['a', 'b'].map(id => ({ id, holder: id }));
    await announceReplica(db, a, durationMs);
    await announceReplica(db, b, durationMs);
    await announceReplica(db, a, durationMs);
    expect(await countShares(db)).toEqual({ replicas: 2, mailboxes: 2 });
    await withdrawReplica(db, 'b');
    await announceReplica(db, { id: 'c', holder: 'c' }, -1);
    expect(await countShares(db)).toEqual({ replicas: 1, mailboxes: 2 });
    await announceReplica(db, { id: 'd', holder: 'd' }, -700_000);
    expect(await db(tables.leases).where({ kind: 'replica' })).toHaveLength(2);
    // Nobody can claim a replica.
    expect(
      await claimDue(db, {
        kind: 'replica',
        holder: 'x',
        limit: 9,
        durationMs,
      }),
    ).toEqual([]);
  });
});
