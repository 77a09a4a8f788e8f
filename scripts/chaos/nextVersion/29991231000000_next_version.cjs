// SPDX-License-Identifier: Apache-2.0
// @ts-check

// What the expand step of a version yet to come may look like: it adds, and
// takes nothing away. Only the chaos suite applies it.

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('next_things', table => {
    table.string('id', 36).primary();
  });
  for (const name of ['mailboxes', 'inbox_messages', 'leases']) {
    await knex.schema.alterTable(name, table => {
      table.text('next_note').comment('Null: of a version that knows it not');
    });
  }
  await knex.schema.alterTable('inbox_messages', table => {
    table.index(['next_note'], 'inbox_messages_next_idx');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('inbox_messages', table => {
    table.dropIndex(['next_note'], 'inbox_messages_next_idx');
  });
  for (const name of ['leases', 'inbox_messages', 'mailboxes']) {
    await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [name, 'next_note']);
  }
  await knex.schema.dropTable('next_things');
};
