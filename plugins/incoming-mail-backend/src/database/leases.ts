// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { forShare, forUpdateSkipLocked } from './dialect';
import { DbLeaseRow, tables } from './tables';
import { dbNow, dbNowOnce, dbNowPlus } from './time';
import { Tx } from './transaction';

// The life of a lease
//
// A row (kind, subject) says when a piece of work is due. A replica claims it:
// the ticket grows by one, `lease_until` and `due_at` move into the future. It
// renews the lease while it works and releases it with the next due time. If
// it dies, the lease runs out and the row, due at that very time, is claimed by
// another: no janitor is needed. If it only stalled and comes back, its ticket is no longer the
// row's: every transaction of a holder begins with `holdLease`, which then
// throws, so a late writer writes nothing.
//
// Changing the settings of a subject also takes its ticket away (`revokeLease`):
// a visit with former settings can then store nothing either.

/**
 * What is scheduled: visits of a mailbox, and handling of its mail. A replica
 * has a lease on itself, which is never due.
 */
export type LeaseKind = 'poll' | 'process' | 'replica';

/** The proof of holding a lease. */
export interface LeaseTicket {
  readonly kind: LeaseKind;
  readonly subjectId: string;
  readonly ticket: number;
}

/** Thrown inside a holder's transaction when the lease went to someone else. */
export class LeaseLostError extends Error {
  name = 'LeaseLostError' as const;

  constructor(ticket: LeaseTicket) {
    super(`The ${ticket.kind} lease of ${ticket.subjectId} was lost`);
  }
}

/** Makes a subject known; it is never due until scheduled. Does nothing when it is. */
export async function addLease(
  tx: Tx,
  kind: LeaseKind,
  subjectId: string,
): Promise<void> {
  await tx<DbLeaseRow>(tables.leases)
    .insert({ kind, subject_id: subjectId, ticket: 0 })
    .onConflict(['kind', 'subject_id'])
    .ignore();
}

/** Forgets a subject; whoever holds its lease can write nothing more. */
export async function removeLeases(tx: Tx, subjectId: string): Promise<void> {
  await tx<DbLeaseRow>(tables.leases).where({ subject_id: subjectId }).delete();
}

/**
 * Makes work due in `inMs` milliseconds (0: now), if it is not due sooner
 * already. A holder is not disturbed: the row is due again when it releases.
 */
export async function scheduleWork(
  db: Knex,
  kind: LeaseKind,
  subjectId: string,
  inMs: number = 0,
): Promise<void> {
  const due = dbNowPlus(db, inMs);
  await db<DbLeaseRow>(tables.leases)
    .where({ kind, subject_id: subjectId })
    .andWhere(sooner => sooner.whereNull('due_at').orWhere('due_at', '>', due))
    .update({ due_at: due });
}

/**
 * Claims up to `limit` subjects whose work is due, longest due first. Several
 * replicas may call this at once: no subject goes to two of them.
 */
export async function claimDue(
  knex: Knex,
  options: {
    kind: LeaseKind;
    holder: string;
    limit: number;
    durationMs: number;
  },
): Promise<LeaseTicket[]> {
  const { kind, holder, limit, durationMs } = options;
  if (limit <= 0) {
    return [];
  }
  // Selecting and marking are one statement: the locks of the select keep other
  // replicas off the rows until the update stands. WITH has it select once.
  const claimed = await knex<DbLeaseRow>(tables.leases)
    .with('due', forUpdateSkipLocked(knex, selectDue(knex, kind, limit)))
    .where({ kind })
    .whereIn('subject_id', knex('due').select('subject_id'))
    .update({
      holder,
      kept_by: null,
      ticket: knex.raw('?? + 1', ['ticket']),
      lease_until: dbNowPlus(knex, durationMs),
      due_at: dbNowPlus(knex, durationMs),
    } as {})
    .returning(['subject_id', 'ticket']);
  return claimed.map(row => ({
    kind,
    subjectId: row.subject_id,
    ticket: row.ticket,
  }));
}

/** The rows that a claim would take; exported for the test of its query plan. */
export function selectDue(db: Knex, kind: LeaseKind, limit: number) {
  return db<DbLeaseRow>(tables.leases)
    .where({ kind })
    .andWhere('due_at', '<=', dbNowOnce(db))
    .andWhere(free =>
      free.whereNull('lease_until').orWhere('lease_until', '<', dbNow(db)),
    )
    .orderBy('due_at')
    .limit(limit)
    .select('subject_id');
}

/** Prolongs a lease; false when it was lost, and the holder has to stop. */
export async function renewLease(
  knex: Knex,
  ticket: LeaseTicket,
  durationMs: number,
): Promise<boolean> {
  const renewed = await whereTicket(knex, ticket)
    .andWhere('lease_until', '>', dbNow(knex))
    .update({
      lease_until: dbNowPlus(knex, durationMs),
      due_at: unlessScheduled(knex, dbNowPlus(knex, durationMs)),
    } as {});
  return renewed === 1;
}

/**
 * The first statement of every transaction of a holder. Throws
 * {@link LeaseLostError} when the ticket is no longer the row's; otherwise
 * nobody can claim the lease before the transaction ends.
 */
export async function holdLease(tx: Tx, ticket: LeaseTicket): Promise<void> {
  const [row] = await selectHeld(tx, ticket);
  if (!row) {
    throw new LeaseLostError(ticket);
  }
}

/**
 * The same for an update that is a transaction of its own: it changes nothing
 * where the lease was lost.
 */
export function whileHeld<T extends Knex.QueryBuilder>(
  db: Knex,
  update: T,
  ticket: LeaseTicket,
): T {
  return update
    .with('held', selectHeld(db, ticket))
    .whereExists(db('held')) as T;
}

function selectHeld(db: Knex, ticket: LeaseTicket) {
  return forShare(db, whereTicket(db, ticket).select('ticket'));
}

/**
 * Gives a lease back with the time when its work is due again; absent: not
 * before it is scheduled. Work that was scheduled while the lease was held is
 * due at once. Does nothing when the lease was lost.
 */
export async function releaseLease(
  db: Knex,
  ticket: LeaseTicket,
  dueInMs?: number,
): Promise<void> {
  const next = dueInMs === undefined ? db.raw('NULL') : dbNowPlus(db, dueInMs);
  await whereTicket(db, ticket).update({
    holder: null,
    kept_by: null,
    lease_until: null,
    due_at: unlessScheduled(db, next),
  } as {});
}

/**
 * Takes a lease from whoever holds it, because the subject's settings changed.
 * The work is not due before it is scheduled again.
 */
export async function revokeLease(
  tx: Tx,
  kind: LeaseKind,
  subjectId: string,
): Promise<void> {
  await tx<DbLeaseRow>(tables.leases)
    .where({ kind, subject_id: subjectId })
    .update({
      due_at: null,
      holder: null,
      kept_by: null,
      lease_until: null,
      ticket: tx.raw('?? + 1', ['ticket']),
    } as {});
}

/**
 * During a visit `due_at` is the end of the lease. An earlier one that has
 * passed was put there by `scheduleWork` meanwhile and must not be overwritten.
 */
export function unlessScheduled(db: Knex, next: Knex.Raw): Knex.Raw {
  return db.raw('CASE WHEN ?? <= ? THEN ?? ELSE ? END', [
    'due_at',
    dbNow(db),
    'due_at',
    next,
  ]);
}

/** The row, as long as the ticket is its own. */
export function whereTicket(db: Knex, ticket: LeaseTicket) {
  return db<DbLeaseRow>(tables.leases).where({
    kind: ticket.kind,
    subject_id: ticket.subjectId,
    ticket: ticket.ticket,
  });
}
