// SPDX-License-Identifier: Apache-2.0

/**
 * Leases that a replica holds on to between visits, because it keeps the
 * mailbox's connection open. Replicas of the former version take such a lease
 * when it runs out, like any other, and leave the mark: it counts only where
 * it names the holder.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('leases', table => {
    table
      .string('kept_by', 64)
      .comment('The replica that keeps the connection open between visits');
    table.index(['kept_by'], 'leases_kept_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex('leases').where({ kind: 'replica' }).delete();
  await knex.schema.alterTable('leases', table => {
    table.dropIndex(['kept_by'], 'leases_kept_idx');
    table.dropColumn('kept_by');
  });
};
