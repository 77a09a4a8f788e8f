// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version mark a notice as sent
// before they send it, and pay no heed to who has taken it: one that is sent by
// both at the same moment is told twice.

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('notices', table => {
    table
      .bigInteger('taken_until')
      .comment('Until when whoever is sending it has it; null: nobody is');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  // Not by knex's schema builder: on SQLite it makes the table anew.
  await knex.raw('ALTER TABLE ?? DROP COLUMN ??', ['notices', 'taken_until']);
};
