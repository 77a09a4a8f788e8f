// SPDX-License-Identifier: Apache-2.0
import knexFactory from 'knex';
import { DbLeaseRow, inTransaction, tables } from '../database';

// A process of its own that reads a number in a file of SQLite, looks away, and
// writes the next one, so many times. Ends with how often it was refused.

async function countUp(filename: string, times: number): Promise<number> {
  const db = knexFactory({
    client: 'better-sqlite3',
    connection: { filename },
    useNullAsDefault: true,
  });
  let refused = 0;
  for (let n = 0; n < times; n += 1) {
    try {
      await inTransaction(db, async tx => {
        const row = await tx<DbLeaseRow>(tables.leases).first();
        await new Promise(setImmediate);
        await tx<DbLeaseRow>(tables.leases).update({
          ticket: Number(row?.ticket) + 1,
        });
      });
    } catch {
      refused += 1;
    }
  }
  await db.destroy();
  return refused;
}

const [, , filename, times] = process.argv;
void countUp(filename, Number(times)).then(refused => process.exit(refused));
