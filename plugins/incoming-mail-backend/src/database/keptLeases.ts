// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { LeaseTicket, unlessScheduled, whereTicket } from './leases';
import { DbLeaseRow, tables } from './tables';
import { dbNow, dbNowPlus } from './time';
import { inTransaction } from './transaction';

// A lease that is kept
//
// Between two visits a replica may hold on to the lease of a mailbox, and to
// the mailbox's connection with it. Such a lease says when the next visit is
// due, as a free one does, and nobody else can claim it while it lasts. Whoever
// schedules, revokes or removes the work writes the same row as ever; the
// holder finds out by looking: for what is due every second or so, and for what
// it has lost by counting. All kept leases of a replica are renewed by one
// statement.
//
// What writes many rows runs in a transaction that is tried again: two such
// statements may lock the same rows in different orders.

const MAX_AT_A_TIME = 1_000;
const FREE = { holder: null, lease_until: null, kept_by: null };

/**
 * Ends a visit without giving its lease back. Work that was scheduled
 * meanwhile is due at once.
 *
 * @returns false when the lease was lost
 */
export async function keepLease(
  db: Knex,
  ticket: LeaseTicket,
  options: { durationMs: number; dueInMs: number },
): Promise<boolean> {
  const { durationMs, dueInMs } = options;
  const kept = await whereTicket(db, ticket)
    .andWhere('lease_until', '>', dbNow(db))
    .update({
      kept_by: db.ref('holder'),
      lease_until: dbNowPlus(db, durationMs),
      due_at: unlessScheduled(db, dbNowPlus(db, dueInMs)),
    } as {});
  return kept === 1;
}

/** Which kept work is due, longest due first, at most 1,000. */
export async function findDueKept(
  db: Knex,
  holder: string,
): Promise<ReadonlySet<string>> {
  const rows: Array<Pick<DbLeaseRow, 'subject_id'>> = await whereKept(
    db,
    holder,
  )
    .andWhere('due_at', '<=', dbNow(db))
    .orderBy('due_at')
    .limit(MAX_AT_A_TIME)
    .select('subject_id');
  return new Set(rows.map(row => row.subject_id));
}

/**
 * Begins visits under kept leases, due or not.
 *
 * @param tickets - at most 1,000
 * @returns the subjects whose lease was not lost
 */
export async function resumeKept(
  db: Knex,
  tickets: readonly LeaseTicket[],
  durationMs: number,
): Promise<ReadonlySet<string>> {
  if (tickets.length === 0) {
    return new Set();
  }
  return inTransaction(db, async tx => {
    const rows: Array<Pick<DbLeaseRow, 'subject_id'>> = await whereTickets(
      tx,
      tickets,
    )
      .andWhere('lease_until', '>', dbNow(tx))
      .update({
        lease_until: dbNowPlus(tx, durationMs),
        due_at: dbNowPlus(tx, durationMs),
      } as {})
      .returning('subject_id');
    return new Set(rows.map(row => row.subject_id));
  });
}

/** How many leases a replica keeps; each that it loses makes it one less. */
export async function countKept(db: Knex, holder: string): Promise<number> {
  const row = await whereKept(db, holder).count({ n: '*' }).first();
  return Number(row?.n ?? 0);
}

/** Prolongs all kept leases of a replica that have not run out, and tells them. */
export async function renewKept(
  db: Knex,
  holder: string,
  durationMs: number,
): Promise<LeaseTicket[]> {
  return inTransaction(db, async tx => {
    const rows = await whereKept(tx, holder)
      .andWhere('lease_until', '>', dbNow(tx))
      .update({ lease_until: dbNowPlus(tx, durationMs) } as {})
      .returning(['subject_id', 'ticket']);
    return rows.map(toTicket);
  });
}

/** Gives kept leases back; their work is due when it was. */
export async function letGo(
  db: Knex,
  tickets: readonly LeaseTicket[],
): Promise<void> {
  for (let at = 0; at < tickets.length; at += MAX_AT_A_TIME) {
    const some = tickets.slice(at, at + MAX_AT_A_TIME);
    await inTransaction(db, tx => whereTickets(tx, some).update(FREE));
  }
}

/** Gives all kept leases of a replica back. */
export async function letAllGo(db: Knex, holder: string): Promise<void> {
  await inTransaction(db, tx => whereKept(tx, holder).update(FREE));
}

/**
 * Makes due what replicas kept that have died, so that nobody waits for the
 * next visit that they had in mind.
 */
export async function freeAbandoned(db: Knex): Promise<void> {
  await inTransaction(db, tx =>
    tx<DbLeaseRow>(tables.leases)
      .whereNotNull('kept_by')
      .andWhere('lease_until', '<', dbNow(tx))
      .update({ kept_by: null, due_at: dbNow(tx) } as {}),
  );
}

function whereKept(db: Knex, holder: string) {
  return db<DbLeaseRow>(tables.leases).where({
    kind: 'poll',
    kept_by: holder,
    holder,
  });
}

function whereTickets(db: Knex, tickets: readonly LeaseTicket[]) {
  return db<DbLeaseRow>(tables.leases)
    .where({ kind: 'poll' })
    .whereIn(
      ['subject_id', 'ticket'],
      tickets.map(({ subjectId, ticket }) => [subjectId, ticket]),
    );
}

function toTicket(row: Pick<DbLeaseRow, 'subject_id' | 'ticket'>): LeaseTicket {
  return { kind: 'poll', subjectId: row.subject_id, ticket: row.ticket };
}
