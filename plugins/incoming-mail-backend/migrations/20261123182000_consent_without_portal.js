// SPDX-License-Identifier: Apache-2.0
// @ts-check

// During a rolling deploy, replicas of the former version go on with these
// tables: every new column may be empty, and a consent without a kind is the
// only one that they know, which ends in a popup.

const NEW_COLUMNS = {
  oauth_integrations: ['allow_shared_mailboxes'],
  oauth_grants: ['consented_as'],
  oauth_consents: ['kind', 'link_id', 'return_path'],
};

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('oauth_integrations', table => {
    table
      .boolean('allow_shared_mailboxes')
      .comment('Whether another account may give access; null: no');
  });

  await knex.schema.alterTable('oauth_grants', table => {
    table
      .string('consented_as', 254)
      .comment('Who gave access, where that is not the mailbox’s own account');
  });

  await knex.schema.createTable('oauth_consent_links', table => {
    table.comment('Links by which the owner of a mailbox authorizes it');
    table.string('id', 36).primary();
    table
      .string('mailbox_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailboxes')
      .onDelete('CASCADE');
    table
      .string('integration_id', 36)
      .notNullable()
      .references('id')
      .inTable('oauth_integrations')
      .onDelete('CASCADE');
    table.integer('integration_version').notNullable();
    table.string('address', 254).notNullable();
    table.string('secret_hash', 43).notNullable().unique();
    table.string('created_by', 255).notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('opened_at').comment('For the first time');
    table.bigInteger('used_at');
    table.bigInteger('revoked_at');
    table.index(['mailbox_id'], 'oauth_consent_links_mailbox_idx');
    table.index(['expires_at'], 'oauth_consent_links_expiry_idx');
  });

  await knex.schema.alterTable('oauth_consents', table => {
    table.string('kind', 16).comment('cross-site or link; null: popup');
    // No foreign key: SQLite would make the table anew for it.
    table.string('link_id', 36);
    table.text('return_path').comment('Where a tab without a popup goes back');
  });

  await knex.schema.createTable('oauth_pending_grants', table => {
    table.comment('Tokens that are not used until the consent is claimed');
    table
      .string('id', 36)
      .primary()
      .references('id')
      .inTable('oauth_consents')
      .onDelete('CASCADE')
      .comment('The consent’s');
    table.text('claim_sealed').notNullable();
    table.integer('tries').notNullable().defaultTo(0);
    table.text('access_sealed').notNullable();
    table.text('refresh_sealed');
    table.text('scopes').notNullable().comment('JSON array');
    table.bigInteger('access_expires_at').notNullable();
    table.string('consented_as', 254);
    table.bigInteger('claimed_at');
    table.bigInteger('expires_at').notNullable();
    table.index(['expires_at'], 'oauth_pending_grants_expiry_idx');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('oauth_pending_grants');
  await knex.schema.dropTable('oauth_consent_links');
  for (const [table, columns] of Object.entries(NEW_COLUMNS)) {
    for (const column of columns) {
      // Not by knex's schema builder: on SQLite it makes the table anew, and
      // other tables refer to these.
      await knex.raw('ALTER TABLE ?? DROP COLUMN ??', [table, column]);
    }
  }
};
