// SPDX-License-Identifier: Apache-2.0

const BODIES = [
  ['requests', 'text'],
  ['requests', 'html'],
  ['request_comments', 'text'],
  ['request_comments', 'html'],
];

/**
 * PostgreSQL compresses what is over 2 kB, and unless told otherwise by pglz,
 * which takes longer for the HTML of a mail than all else that is done with its
 * row. LZ4 takes a fraction of that, where the server has it; where not, bodies
 * are kept as they are. What is stored already stays as it is.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  if (knex.client.config.client !== 'pg') {
    return;
  }
  const { rows } = await knex.raw(
    `SELECT 1 FROM pg_settings
     WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)`,
  );
  const how = rows.length > 0 ? 'COMPRESSION lz4' : 'STORAGE EXTERNAL';
  for (const [table, column] of BODIES) {
    await knex.raw(`ALTER TABLE ?? ALTER COLUMN ?? SET ${how}`, [
      table,
      column,
    ]);
  }
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  if (knex.client.config.client !== 'pg') {
    return;
  }
  const { rows } = await knex.raw(
    `SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression'`,
  );
  for (const [table, column] of BODIES) {
    await knex.raw('ALTER TABLE ?? ALTER COLUMN ?? SET STORAGE EXTENDED', [
      table,
      column,
    ]);
    if (rows.length > 0) {
      await knex.raw('ALTER TABLE ?? ALTER COLUMN ?? SET COMPRESSION default', [
        table,
        column,
      ]);
    }
  }
};
