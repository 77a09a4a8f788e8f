// SPDX-License-Identifier: Apache-2.0
// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('example_alerts', table => {
    table.string('mailbox_id', 36).notNullable();
    table.string('name', 150).notNullable();
    table.string('state', 16).notNullable().comment('firing or resolved');
    table.bigInteger('changed_at').notNullable();
    table.primary(['mailbox_id', 'name']);
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('example_alerts');
};
