// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { InvariantStore } from '../health';

/**
 * Proves that the database is as it should be, whatever a test has done to the
 * plugin: see `health/invariants.ts`. For the end of whatever did real work.
 */
export async function expectInvariants(db: Knex): Promise<void> {
  const { invariants } = await new InvariantStore(db).check();
  expect(invariants.filter(({ violations }) => violations > 0)).toEqual([]);
  // A look at nothing is no proof.
  expect(invariants.length).toBeGreaterThan(20);
}
