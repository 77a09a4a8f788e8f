// SPDX-License-Identifier: Apache-2.0
import { createMockDirectory } from '@backstage/backend-test-utils';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import knexFactory, { Knex } from 'knex';
import { addLease } from './leases';
import { migrationsDirectory } from './migrations';
import { DbLeaseRow, tables } from './tables';
import { inTransaction } from './transaction';

jest.setTimeout(60_000);

const PROCESSES = 2;
const TIMES = 150;

describe('inTransaction', () => {
  const folder = createMockDirectory();
  let db: Knex;

  beforeEach(async () => {
    db = knexFactory({
      client: 'better-sqlite3',
      connection: { filename: folder.resolve('plugin.sqlite') },
      useNullAsDefault: true,
    });
    await db.migrate.latest({ directory: migrationsDirectory() });
    await inTransaction(db, tx => addLease(tx, 'poll', 'counted'));
  });

  afterEach(() => db.destroy());

  it('waits for its turn where another process has the same file open (R50)', async () => {
    const ends = await Promise.all(
      Array.from({ length: PROCESSES }, async () => {
        const child = fork(
          resolve(__dirname, '../__testUtils__/countingProcess.ts'),
          [folder.resolve('plugin.sqlite'), `${TIMES}`],
          {
            execArgv: [
              '--require',
              require.resolve('@backstage/cli/config/nodeTransform.cjs'),
            ],
          },
        );
        const [code] = await once(child, 'exit');
        return code;
      }),
    );
    // How many transactions were refused in each.
    expect(ends).toEqual([0, 0]);
    const row = await db<DbLeaseRow>(tables.leases).first();
    expect(row?.ticket).toBe(PROCESSES * TIMES);
  });
});
