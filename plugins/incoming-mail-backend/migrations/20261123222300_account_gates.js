// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version connect without
// asking here: until the last of them has gone, an account may be connected to
// twice, as before.

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('account_gates', table => {
    table.comment('One connection at a time to an account of a mail server');
    table
      .string('account', 540)
      .primary()
      .comment('Host, port and user name, in lower case');
    table.string('holder', 64).comment('The replica; null: nobody is in');
    table.integer('ticket').notNullable().comment('Grows with each entry');
    table.bigInteger('lease_until').comment('When the holder counts as dead');
    table.bigInteger('wanted_at').comment('When somebody found it taken');
    table
      .bigInteger('retry_at')
      .comment('Not before, as the server asked for patience');
    table
      .integer('refusals')
      .notNullable()
      .defaultTo(0)
      .comment('How often in a row it did');
    table.bigInteger('entered_at').notNullable();
    table.index(['entered_at'], 'account_gates_entered_idx');
    table.index(['wanted_at'], 'account_gates_wanted_idx');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('account_gates');
};
