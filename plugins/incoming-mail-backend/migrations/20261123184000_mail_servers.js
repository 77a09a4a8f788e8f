// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables: every new column may be empty. They do not know passwords or pauses:
// a mailbox with a password has no integration, which they report as a fault
// of theirs and back off; a paused one has no lease due, so they do not visit
// it. Drafts have no lease at all.

const NEW_COLUMNS = [
  ['mailboxes', 'name'],
  ['mailboxes', 'description'],
  ['mailboxes', 'user_name'],
  ['mailboxes', 'password_sealed'],
  ['mailboxes', 'password_id'],
  ['mailboxes', 'password_updated_at'],
  ['mailboxes', 'refused_sign_ins'],
  ['mailboxes', 'timeout_seconds'],
  ['mailboxes', 'aliases'],
  ['mailboxes', 'paused_at'],
  ['mailboxes', 'left_on_server'],
  ['mailboxes', 'draft_owner'],
  ['mailboxes', 'draft_of'],
  ['mailboxes', 'draft_version'],
  ['mailboxes', 'tested_at'],
  ['mailboxes', 'tested_as'],
  ['inbox_messages', 'imported'],
];

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('mailboxes', table => {
    table.string('name', 100).comment('Of a mail server; null for a channel');
    table.text('description');
    table.string('user_name', 254).comment('Null: the address');
    table.text('password_sealed');
    table
      .string('password_id', 36)
      .comment('Another one for each password that was entered');
    table.bigInteger('password_updated_at');
    table
      .integer('refused_sign_ins')
      .comment('In a row, of this password; null: none');
    table.integer('timeout_seconds').comment('Null: as usual');
    table.text('aliases').comment('JSON array; null: none');
    table.bigInteger('paused_at').comment('Null: not paused');
    table
      .integer('left_on_server')
      .comment('What the last visit left for the next one, at most');
    table
      .string('draft_owner', 255)
      .comment('Whose draft of a mail server it is; null: none');
    // No foreign key: with one, SQLite would have to make the table anew.
    table
      .string('draft_of', 36)
      .comment('The mail server that a draft changes; null for a new one');
    table.integer('draft_version').comment('The version of it that was read');
    table.bigInteger('tested_at').comment('When a test of a draft passed');
    table
      .string('tested_as', 43)
      .comment('What passed: SHA-256 of settings and credentials');
    table.index(['name', 'id'], 'mailboxes_name_idx');
    table.index(['draft_owner', 'created_at'], 'mailboxes_draft_idx');
  });
  await knex.schema.alterTable('inbox_messages', table => {
    table.boolean('imported').comment('Older mail that a person asked for');
  });

  await knex.schema.createTable('mailbox_imports', table => {
    table.comment(
      'Older mail that is read once, because a person asked for it',
    );
    table.string('id', 36).primary();
    table
      .string('mailbox_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailboxes')
      .onDelete('CASCADE');
    table.string('state', 16).notNullable();
    table.string('since', 10).comment('ISO day; null: the newest so many');
    table.integer('last_count').comment('How many; null: since a day');
    table
      .string('cursor_id', 36)
      .comment('The numbering that the next columns are of; null: not planned');
    table.bigInteger('after_uid').comment('Read up to here; never falls');
    table.bigInteger('up_to_uid').comment('What comes after is not old');
    table.integer('found');
    table.integer('imported').notNullable().defaultTo(0);
    table.string('failure_code', 64);
    table.text('failure_detail');
    table.string('created_by', 255).notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('finished_at');
    table.index(['mailbox_id', 'created_at'], 'mailbox_imports_latest_idx');
  });
  // Both engines know indexes of a part of the rows: of two people who ask at
  // the same moment one gets an import.
  await knex.raw(
    'CREATE UNIQUE INDEX mailbox_imports_open_idx ON mailbox_imports (mailbox_id) WHERE finished_at IS NULL',
  );
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('mailbox_imports');
  // What the former version cannot sign in to, or would take for a channel
  // without a project.
  await knex('mailboxes')
    .whereNotNull('draft_owner')
    .orWhere({ auth_method: 'password' })
    .delete();
  await knex.raw('DROP INDEX mailboxes_name_idx');
  await knex.raw('DROP INDEX mailboxes_draft_idx');
  for (const [table, column] of NEW_COLUMNS) {
    // Not by knex's schema builder: on SQLite it makes the table anew, and
    // other tables refer to this one.
    await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
  }
};
