// SPDX-License-Identifier: Apache-2.0
exports.up = async function up(knex) {
  await knex.schema.alterTable('mailboxes', table => {
    table.string('after_storing', 16).notNullable().defaultTo('mark-read');
    table.string('after_storing_folder', 255);
  });
};
exports.down = async function down(knex) {
  await knex.raw('ALTER TABLE mailboxes DROP COLUMN after_storing');
  await knex.raw('ALTER TABLE mailboxes DROP COLUMN after_storing_folder');
};
