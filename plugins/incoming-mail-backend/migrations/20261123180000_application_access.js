// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables: what they insert leaves the new columns out, and is then an
// integration of the former kind. They refuse to read an integration that
// signs (`private_key_jwt`), and would take an application's grant, which has
// no refresh token, for one that was revoked: both kinds are to be made once
// every replica is new.

const INTEGRATION_COLUMNS = [
  'grant_type',
  'client_key_sealed',
  'client_key_updated_at',
  'client_key_id',
  'client_certificate',
];

const REVOCATION_COLUMNS = ['client_key_sealed', 'client_assertion'];

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('oauth_integrations', table => {
    table
      .string('grant_type', 32)
      .notNullable()
      .defaultTo('authorization_code')
      .comment('RFC 6749 section 1.3');
    table.text('client_key_sealed').comment('PKCS #8 in PEM');
    table.bigInteger('client_key_updated_at');
    table.string('client_key_id', 200).comment('The kid of the key');
    table.text('client_certificate').comment('PEM; public');
  });
  await knex.schema.alterTable('oauth_revocations', table => {
    table.text('client_key_sealed').comment('PKCS #8 in PEM');
    table.text('client_assertion').comment('JSON: how to sign with the key');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  // What needs the columns has no meaning without them.
  await knex('oauth_revocations')
    .where({ client_authentication: 'private_key_jwt' })
    .delete();
  await knex('oauth_integrations')
    .where({ client_authentication: 'private_key_jwt' })
    .update({ client_authentication: 'client_secret_basic' });
  // Not by knex's schema builder: on SQLite it makes the table anew, and other
  // tables refer to this one.
  for (const [table, columns] of [
    ['oauth_revocations', REVOCATION_COLUMNS],
    ['oauth_integrations', INTEGRATION_COLUMNS],
  ]) {
    for (const column of columns) {
      await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
    }
  }
};
