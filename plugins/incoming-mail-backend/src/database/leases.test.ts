// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { isPostgres } from './dialect';
import {
  addLease,
  claimDue,
  holdLease,
  LeaseKind,
  LeaseLostError,
  releaseLease,
  removeLeases,
  renewLease,
  revokeLease,
  scheduleWork,
  selectDue,
} from './leases';
import { DbLeaseRow, tables } from './tables';
import { dbNowPlus } from './time';
import { inTransaction } from './transaction';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('leases (%s)', databaseId => {
  const setUp = async (...subjects: string[]) => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    for (const subject of subjects) {
      await inTransaction(db, tx => addLease(tx, 'poll', subject));
      await scheduleWork(db, 'poll', subject);
    }
    return db;
  };
  const claim = (db: Knex, holder = 'a', limit = 10) =>
    claimDue(db, { kind: 'poll', holder, limit, durationMs: 60_000 });
  // Moves the row instead of waiting.
  const expire = (db: Knex) =>
    db<DbLeaseRow>(tables.leases).update({
      lease_until: dbNowPlus(db, -1),
      due_at: dbNowPlus(db, -1),
    } as {});
  const hold = (db: Knex, ticket: { ticket: number }) =>
    inTransaction(db, tx =>
      holdLease(tx, { kind: 'poll', subjectId: 'one', ...ticket }),
    );

  it('gives due work to one holder, longest due first, at most what is asked for', async () => {
    const db = await setUp('one', 'two');
    await inTransaction(db, tx => addLease(tx, 'poll', 'never scheduled'));
    await inTransaction(db, tx => addLease(tx, 'process', 'another kind'));
    await scheduleWork(db, 'poll', 'three', 60_000);
    await db(tables.leases)
      .where({ subject_id: 'two' })
      .update({ due_at: dbNowPlus(db, -5_000) });

    const first = await claim(db, 'a', 1);
    expect(first).toEqual([{ kind: 'poll', subjectId: 'two', ticket: 1 }]);
    expect(await claim(db, 'b')).toEqual([
      { kind: 'poll', subjectId: 'one', ticket: 1 },
    ]);
    expect(await claim(db, 'b')).toEqual([]);
    expect(await claim(db, 'b', 0)).toEqual([]);
  });

  it('shares work out between claimers that ask at the same moment', async () => {
    const subjects = Array.from({ length: 40 }, (_, n) => `mailbox-${n}`);
    const db = await setUp(...subjects);

    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, n) => claim(db, `replica-${n}`, 10)),
    );
    // Rows locked by another claimer are passed over, so a second round may
    // be needed, but nothing is ever given out twice.
    const rest = await claim(db, 'last', 40);
    const given = [...claims, rest].flat().map(ticket => ticket.subjectId);
    expect(given.sort()).toEqual(subjects.sort());
  });

  it('lets another holder in when a lease has run out, and the former one write nothing', async () => {
    const db = await setUp('one');
    const [former] = await claim(db, 'a');
    await hold(db, former);
    await expire(db);
    const [current] = await claim(db, 'b');

    expect(current.ticket).toBe(former.ticket + 1);
    await expect(hold(db, former)).rejects.toThrow(LeaseLostError);
    expect(await renewLease(db, former, 60_000)).toBe(false);
    await releaseLease(db, former, 0);
    await hold(db, current);
    expect(await renewLease(db, current, 60_000)).toBe(true);
  });

  it('does not renew a lease that has run out, even when nobody took it', async () => {
    const db = await setUp('one');
    const [ticket] = await claim(db);
    expect(await renewLease(db, ticket, 60_000)).toBe(true);
    await expire(db);
    expect(await renewLease(db, ticket, 60_000)).toBe(false);
  });

  it('makes released work due when asked, never, or at once when it was scheduled meanwhile', async () => {
    const db = await setUp('one');
    let [ticket] = await claim(db);
    await releaseLease(db, ticket, 60_000);
    expect(await claim(db)).toEqual([]);

    await scheduleWork(db, 'poll', 'one');
    [ticket] = await claim(db);
    await releaseLease(db, ticket);
    expect(await claim(db)).toEqual([]);
    const [row] = await db(tables.leases).where({ subject_id: 'one' });
    expect(row.due_at).toBeNull();

    await scheduleWork(db, 'poll', 'one');
    [ticket] = await claim(db);
    await scheduleWork(db, 'poll', 'one');
    await renewLease(db, ticket, 60_000);
    expect(await claim(db)).toEqual([]);
    await releaseLease(db, ticket, 60_000);
    expect(await claim(db)).toHaveLength(1);
  });

  it('leaves work alone that is due sooner than it is scheduled', async () => {
    const db = await setUp('one');
    await scheduleWork(db, 'poll', 'one', 60_000);
    expect(await claim(db)).toHaveLength(1);
  });

  it('takes a lease away when the settings change or the subject goes', async () => {
    const db = await setUp('one');
    const [ticket] = await claim(db);
    await inTransaction(db, tx => revokeLease(tx, 'poll', 'one'));
    await expect(hold(db, ticket)).rejects.toThrow(LeaseLostError);

    await scheduleWork(db, 'poll', 'one');
    const [next] = await claim(db);
    await inTransaction(db, tx => removeLeases(tx, 'one'));
    await expect(hold(db, next)).rejects.toThrow(LeaseLostError);
  });

  it('finds due work by an index, whatever else there is', async () => {
    const db = await setUp();
    await db.batchInsert(
      tables.leases,
      Array.from({ length: 20_000 }, (_, n) => ({
        kind: n % 2 ? 'poll' : ('process' satisfies LeaseKind),
        subject_id: `mailbox-${n}`,
        ticket: 0,
        due_at: n < 20 ? 1 : 8_000_000_000_000,
      })),
      500,
    );
    await db.raw('ANALYZE');
    const explain = isPostgres(db) ? 'EXPLAIN' : 'EXPLAIN QUERY PLAN';
    const plan = JSON.stringify(
      await db.raw(`${explain} ${selectDue(db, 'poll', 8).toQuery()}`),
    );
    expect(plan).toContain('leases_due_idx');
  });
});
