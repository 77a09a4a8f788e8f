// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables: every new column may be empty, and they write neither of the new
// tables. What they leave out (a revocation, a notice) is then left out.

const NEW_COLUMNS = [
  'client_secret_expires_on',
  'fault_code',
  'fault_detail',
  'fault_since',
];

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('oauth_integrations', table => {
    table
      .string('client_secret_expires_on', 10)
      .comment('ISO day, as the administrator copied it from the provider');
    table.string('fault_code', 64).comment('Of the client itself');
    table.text('fault_detail');
    table.bigInteger('fault_since');
  });

  // No foreign keys: a revocation is sent after grant, mailbox and integration
  // may be gone.
  await knex.schema.createTable('oauth_revocations', table => {
    table.comment('Tokens that the provider is still to be told to revoke');
    table.string('id', 36).primary();
    table.string('account', 254).notNullable();
    table.text('token_sealed').notNullable();
    table.text('revocation_endpoint').notNullable();
    table.text('client_id').notNullable();
    table.text('client_secret_sealed');
    table.string('client_authentication', 32).notNullable();
    table.integer('attempts').notNullable().defaultTo(0);
    table.bigInteger('due_at').notNullable();
    table.bigInteger('created_at').notNullable();
    table.index(['due_at'], 'oauth_revocations_due_idx');
    table.index(['account'], 'oauth_revocations_account_idx');
  });

  await knex.schema.createTable('notices', table => {
    table.comment('What people were told, or are to be told, once');
    table.string('id', 36).primary();
    table.string('subject', 64).notNullable().comment('Whom or what it is of');
    table
      .string('transition', 128)
      .notNullable()
      .comment('What became of it; the same only once');
    table.string('recipient_ref', 255).notNullable();
    table.text('title').notNullable();
    table.text('description').notNullable();
    table.text('link').comment('A path in the portal');
    table.string('severity', 16).notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('sent_at').comment('Null: waits to be sent');
    table.unique(['subject', 'transition'], {
      indexName: 'notices_transition_idx',
    });
    table.index(['sent_at', 'created_at'], 'notices_waiting_idx');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('notices');
  await knex.schema.dropTable('oauth_revocations');
  for (const column of NEW_COLUMNS) {
    // Not by knex's schema builder: on SQLite it makes the table anew, and
    // other tables refer to this one.
    await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [
      'oauth_integrations',
      column,
    ]);
  }
};
