// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version fetch whatever waits
// for handling already, and leave the column as it is: the next visit of a
// replica that knows it puts it right.

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('mailboxes', table => {
    table
      .bigInteger('held_back_at')
      .comment(
        'Since when too much mail waits to fetch more; null: it does not',
      );
    // Every replica looks for them each tick, and as a rule there are none.
    table.index(['held_back_at'], 'mailboxes_held_back_idx');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  // Not by knex's schema builder: on SQLite it makes the table anew, and other
  // tables refer to this one.
  await knex.raw('DROP INDEX mailboxes_held_back_idx');
  await knex.raw('ALTER TABLE mailboxes DROP COLUMN held_back_at');
};
