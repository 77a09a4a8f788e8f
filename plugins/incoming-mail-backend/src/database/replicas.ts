// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { DbLeaseRow, tables } from './tables';
import { dbNow, dbNowPlus } from './time';

// A replica that shares mailboxes out has a lease on itself, so that the
// others can count it. A dead one is forgotten some time after its lease.
const FORGOTTEN_AFTER_MS = 600_000;

/** Says that a replica is there, for `durationMs` from now. */
export async function announceReplica(
  db: Knex,
  replica: { id: string; holder: string },
  durationMs: number,
): Promise<void> {
  const until = dbNowPlus(db, durationMs);
  await db<DbLeaseRow>(tables.leases)
    .insert({
      kind: 'replica',
      subject_id: replica.id,
      holder: replica.holder,
      ticket: 0,
      lease_until: until,
    } as {})
    .onConflict(['kind', 'subject_id'])
    .merge(['lease_until']);
  await db<DbLeaseRow>(tables.leases)
    .where({ kind: 'replica' })
    .andWhere('lease_until', '<', dbNowPlus(db, -FORGOTTEN_AFTER_MS))
    .delete();
}

/** Says that a replica goes. */
export async function withdrawReplica(db: Knex, id: string): Promise<void> {
  await db<DbLeaseRow>(tables.leases)
    .where({ kind: 'replica', subject_id: id })
    .delete();
}

/** Between how many replicas how many mailboxes are to be shared out. */
export async function countShares(
  db: Knex,
): Promise<{ replicas: number; mailboxes: number }> {
  const replicas = await db<DbLeaseRow>(tables.leases)
    .where({ kind: 'replica' })
    .andWhere('lease_until', '>', dbNow(db))
    .count({ n: '*' })
    .first();
  const mailboxes = await db<DbLeaseRow>(tables.leases)
    .where({ kind: 'poll' })
    .whereNotNull('due_at')
    .count({ n: '*' })
    .first();
  return {
    replicas: Number(replicas?.n ?? 0),
    mailboxes: Number(mailboxes?.n ?? 0),
  };
}
