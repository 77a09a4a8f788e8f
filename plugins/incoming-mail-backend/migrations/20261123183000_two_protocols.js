// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables. They visit no POP3 mailbox, so they meet neither its cursors nor its
// acknowledgements; what they write names a mail by `uid` alone, which is read
// as its source key. They mark mail as read whatever `after_storing` says.

const NEW_COLUMNS = [
  ['mailboxes', 'after_storing'],
  ['mailboxes', 'after_storing_folder'],
  ['mailboxes', 'after_storing_refusal'],
  ['mailbox_cursors', 'keyed_by'],
  ['acknowledgements', 'source_key'],
];

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('mailboxes', table => {
    table
      .string('after_storing', 16)
      .notNullable()
      .defaultTo('mark-read')
      .comment('What is done with stored mail on the server');
    table.string('after_storing_folder', 255).comment('Where move puts it');
    table
      .string('after_storing_refusal', 32)
      .comment('Why the server did not do it last; null: it did');
  });
  await knex.schema.alterTable('mailbox_cursors', table => {
    table
      .string('keyed_by', 8)
      .comment('POP3: uidl or digest, uid_validity is then 0; null: UIDs');
  });
  await knex.schema.alterTable('acknowledgements', table => {
    table
      .string('source_key', 90)
      .comment('Names the mail under its cursor; null: by its UID');
  });

  await knex.schema.createTable('known_sources', table => {
    table.comment('POP3: mails that were there before, or have been read');
    table
      .string('cursor_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailbox_cursors')
      .onDelete('CASCADE');
    table.string('source_key', 90).notNullable();
    table.bigInteger('size_bytes').notNullable().comment('As LIST told it');
    table.string('head_digest', 43).comment('SHA-256 of the header');
    table
      .bigInteger('listed_at')
      .notNullable()
      .comment('When the server last had it, to the day');
    table.primary(['cursor_id', 'source_key']);
  });

  await knex.schema.createTable('fetch_gaps', table => {
    table.comment('Mails that the server lists and did not deliver');
    table
      .string('cursor_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailbox_cursors')
      .onDelete('CASCADE');
    table.string('source_key', 90).notNullable();
    table.bigInteger('size_bytes').notNullable();
    table.bigInteger('received_at');
    table.integer('attempts').notNullable();
    table.bigInteger('due_at').notNullable().comment('When to ask again');
    table.primary(['cursor_id', 'source_key']);
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('fetch_gaps');
  await knex.schema.dropTable('known_sources');
  // Of a protocol that the former version does not know.
  await knex('mailbox_cursors').whereNotNull('keyed_by').delete();
  for (const [table, column] of NEW_COLUMNS) {
    // Not by knex's schema builder: on SQLite it makes the table anew, and
    // other tables refer to this one.
    await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
  }
};
