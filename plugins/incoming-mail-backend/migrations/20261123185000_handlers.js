// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables: every new column may be empty, and the wider indexes refuse nothing
// that the former ones let pass. They call handlers without settings, and all
// bindings of a mailbox in one transaction; deliveries are the same.

const NEW_COLUMNS = [
  ['handler_bindings', 'settings'],
  ['inbox_messages', 'thread_id'],
  ['requests', 'request_type'],
  ['requests', 'priority'],
  ['requests', 'labels'],
  ['oauth_integrations', 'preset'],
];

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('handler_bindings', table => {
    table.text('settings').comment('JSON object; null: none');
  });
  await knex.schema.alterTable('inbox_messages', table => {
    table
      .string('thread_id', 36)
      .comment('Its conversation, once a handler is done with it');
  });
  await knex.schema.alterTable('oauth_integrations', table => {
    table
      .string('preset', 100)
      .comment('The provider of a module that it was made from');
  });

  // One mail may become something in several projects, by several bindings of
  // one mail server.
  await knex.schema.alterTable('requests', table => {
    table.string('request_type', 100);
    table.string('priority', 16);
    table.text('labels').comment('JSON array; null: none');
    table.dropUnique(['thread_id']);
    table.dropUnique(['message_id']);
    table.unique(['thread_id', 'project_ref'], {
      indexName: 'requests_thread_idx',
    });
    table.unique(['message_id', 'project_ref'], {
      indexName: 'requests_message_idx',
    });
  });
  await knex.schema.alterTable('request_comments', table => {
    table.dropUnique(['message_id']);
    table.unique(['message_id', 'request_id'], {
      indexName: 'request_comments_message_idx',
    });
  });
};

/**
 * Fails where one mail became something in several projects: the former
 * version has no place for it.
 *
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('request_comments', table => {
    table.dropUnique(
      ['message_id', 'request_id'],
      'request_comments_message_idx',
    );
    table.unique(['message_id']);
  });
  await knex.schema.alterTable('requests', table => {
    table.dropUnique(['thread_id', 'project_ref'], 'requests_thread_idx');
    table.dropUnique(['message_id', 'project_ref'], 'requests_message_idx');
    table.unique(['thread_id']);
    table.unique(['message_id']);
  });
  for (const [table, column] of NEW_COLUMNS) {
    // Not by knex's schema builder: on SQLite it makes the table anew, and
    // other tables refer to this one.
    await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
  }
};
