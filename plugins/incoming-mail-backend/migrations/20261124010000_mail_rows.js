// SPDX-License-Identifier: Apache-2.0
// @ts-check

// Nothing here changes what a statement means, so replicas of the former
// version go on with it during a rolling deploy.

/** @param {import("knex").Knex} knex */
function isPostgres(knex) {
  return knex.client.config.client === 'pg';
}

/**
 * Has rows of mails written with fewer entries in indexes.
 *
 * - Room is left on each page, so that counting the attempt at a mail changes
 *   its row in place (PostgreSQL's HOT) instead of entering it into all nine
 *   indexes again.
 * - Bytes are compared only where a folder was renumbered. There the digest of
 *   the header finds the mail, for rows that have one.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  if (isPostgres(knex)) {
    await knex.raw('ALTER TABLE inbox_messages SET (fillfactor = 50)');
  }
  await knex.raw('DROP INDEX inbox_messages_content_idx');
  await knex.raw(
    'CREATE INDEX inbox_messages_content_idx ON inbox_messages (mailbox_id, sha256) WHERE head_digest IS NULL',
  );
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('DROP INDEX inbox_messages_content_idx');
  await knex.raw(
    'CREATE INDEX inbox_messages_content_idx ON inbox_messages (mailbox_id, sha256)',
  );
  if (isPostgres(knex)) {
    await knex.raw('ALTER TABLE inbox_messages RESET (fillfactor)');
  }
};
