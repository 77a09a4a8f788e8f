// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables: every new column may be empty. They use the present client secret
// alone, and what they renew keeps no former refresh token.

/** @type {Record<string, string[]>} */
const NEW_COLUMNS = {
  oauth_integrations: [
    'iss_declared',
    'allowed_tenants',
    'authorization_parameters',
    'in_testing',
    'next_secret_sealed',
    'next_secret_updated_at',
    'next_secret_expires_on',
    'next_secret_accepted_at',
    'next_secret_refused_at',
  ],
  oauth_grants: [
    'previous_refresh_sealed',
    'previous_refresh_until',
    'refreshed_at',
    'refresh_ends_at',
    'refresh_end_slides',
  ],
};

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('oauth_integrations', table => {
    table.boolean('iss_declared').comment('RFC 9207; null: no');
    table.text('allowed_tenants').comment('JSON array; null: any');
    table
      .text('authorization_parameters')
      .comment('JSON array of name and value; null: none');
    table.boolean('in_testing').comment('The publishing status at Google');
    table
      .text('next_secret_sealed')
      .comment('To take the place of client_secret_sealed');
    table.bigInteger('next_secret_updated_at');
    table.string('next_secret_expires_on', 10).comment('ISO day');
    table.bigInteger('next_secret_accepted_at');
    table
      .bigInteger('next_secret_refused_at')
      .comment('While the present one was accepted; null since it was not');
  });
  await knex.schema.alterTable('oauth_grants', table => {
    table
      .text('previous_refresh_sealed')
      .comment('The refresh token before the one in refresh_sealed');
    table.bigInteger('previous_refresh_until').comment('When it is dropped');
    table.bigInteger('refreshed_at').comment('When the provider last took it');
    table.bigInteger('refresh_ends_at').comment('As the provider told it');
    table
      .boolean('refresh_end_slides')
      .comment('Whether that end moves with each renewal; null: not known yet');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  for (const [table, columns] of Object.entries(NEW_COLUMNS)) {
    for (const column of columns) {
      // Not by knex's schema builder: on SQLite it makes the table anew, and
      // other tables refer to these.
      await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
    }
  }
};
