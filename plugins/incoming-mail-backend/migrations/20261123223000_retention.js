// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables: every new column may be empty. They offer to download a mail whose
// bytes were removed, and to have it handled again: the download is then empty,
// and handling quarantines it as unreadable.

const NEW_COLUMNS = [
  ['inbox_messages', 'raw_removed_at'],
  ['handler_bindings', 'created_at'],
];

// Both engines know indexes of a part of the rows. These hold what is still to
// be done, and stay small however much mail is kept.
const INDEXES = {
  inbox_messages_oldest_idx:
    "inbox_messages (accepted_at) WHERE state = 'stored'",
  inbox_messages_raw_idx:
    'inbox_messages (finished_at) WHERE raw_removed_at IS NULL AND finished_at IS NOT NULL',
  journal_entries_age_idx: 'journal_entries (at)',
};

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('inbox_messages', table => {
    table
      .bigInteger('raw_removed_at')
      .comment('When its bytes were removed; null: they are here');
  });
  await knex.schema.alterTable('handler_bindings', table => {
    table.bigInteger('created_at').comment('Null: before this was noted');
  });
  for (const [name, rows] of Object.entries(INDEXES)) {
    await knex.raw(`CREATE INDEX ${name} ON ${rows}`);
  }
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  for (const name of Object.keys(INDEXES)) {
    await knex.raw(`DROP INDEX ${name}`);
  }
  for (const [table, column] of NEW_COLUMNS) {
    // Not by knex's schema builder: on SQLite it makes the table anew, and
    // other tables refer to this one.
    await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
  }
};
