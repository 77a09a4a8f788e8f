// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables: every new column may be empty. Mail that they store has no digests,
// so it is recognised by its bytes alone.

const NEW_COLUMNS = [
  ['inbox_messages', 'stable_id'],
  ['inbox_messages', 'head_digest'],
  ['inbox_messages', 'content_hash'],
  ['inbox_messages', 'duplicate_of'],
  ['mailbox_cursors', 'renumbered_up_to'],
  ['mailbox_cursors', 'review_before'],
];

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('inbox_messages', table => {
    table
      .string('stable_id', 255)
      .comment(
        'What the server calls it in every folder (X-GM-MSGID, EMAILID)',
      );
    table.string('head_digest', 43).comment('SHA-256 of the header');
    table
      .string('content_hash', 43)
      .comment('Equal for copies that came by different ways');
    // No foreign key: with one, SQLite would have to make the table anew.
    table.string('duplicate_of', 36).comment('The mail that it is a copy of');
  });
  await knex.schema.alterTable('mailbox_cursors', table => {
    table
      .bigInteger('renumbered_up_to')
      .comment('Mails up to here had another number before; null: none');
    table
      .bigInteger('review_before')
      .comment('Renumbered: what arrived before and is not known is held');
  });
  // Most servers have no such id, so most rows are in none of these.
  for (const column of ['stable_id', 'head_digest', 'content_hash']) {
    await knex.raw(
      `CREATE INDEX inbox_messages_${column}_idx ON inbox_messages (mailbox_id, ${column}) WHERE ${column} IS NOT NULL`,
    );
  }
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  for (const column of ['stable_id', 'head_digest', 'content_hash']) {
    await knex.raw(`DROP INDEX inbox_messages_${column}_idx`);
  }
  for (const [table, column] of NEW_COLUMNS) {
    // Not by knex's schema builder: on SQLite it makes the table anew, and
    // other tables refer to this one.
    await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
  }
};
