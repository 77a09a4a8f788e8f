// SPDX-License-Identifier: Apache-2.0
// @ts-check

// Conventions of this schema:
// - every instant is a whole number of milliseconds since 1970 in UTC, written
//   by the database's own clock: one arithmetic for both engines;
// - what ends in `_sealed` is a compact JWE and useless without the vault's key;
// - what ends in `_hash` is SHA-256 of something that is not stored;
// - lists and objects are JSON in text columns, read through a schema.

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('leases', table => {
    table.comment('Scheduled work and the time-limited right to do it');
    table.string('kind', 16).notNullable().comment('poll or process');
    table.string('subject_id', 36).notNullable().comment('The mailbox');
    table.bigInteger('due_at').comment('When the work is due; null: never');
    table.string('holder', 64).comment('The replica that works on it');
    table
      .integer('ticket')
      .notNullable()
      .defaultTo(0)
      .comment('Grows with each claim; what a holder proves itself with');
    table.bigInteger('lease_until').comment('When others may take it over');
    table.primary(['kind', 'subject_id']);
    table.index(['kind', 'due_at'], 'leases_due_idx');
  });

  await knex.schema.createTable('oauth_integrations', table => {
    table.comment('Client registrations at OAuth 2.0 providers');
    table.string('id', 36).primary();
    table.string('callback_slug', 22).notNullable().unique();
    table.integer('version').notNullable();
    table.string('name', 100).notNullable();
    table.string('provider', 32).notNullable();
    table.text('issuer');
    table.text('authorization_endpoint').notNullable();
    table.text('token_endpoint').notNullable();
    table.text('revocation_endpoint');
    table.text('scopes').notNullable().comment('JSON array');
    table.text('client_id');
    table.text('client_secret_sealed');
    table.bigInteger('client_secret_updated_at');
    table.string('client_authentication', 32).notNullable();
    table.text('allowed_domains').notNullable().comment('JSON array');
    table.text('mail_hosts').notNullable().comment('JSON array');
    table.string('created_by', 255).notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.index(['name', 'id'], 'oauth_integrations_name_idx');
  });

  await knex.schema.createTable('mailboxes', table => {
    table.comment('Accounts on mail servers that are read');
    table.string('id', 36).primary();
    table
      .string('project_ref', 255)
      .unique()
      .comment('The project whose channel it is; null for a mail server');
    table.integer('version').notNullable();
    table.string('address', 254).notNullable();
    table.string('protocol', 8).notNullable();
    table.string('host', 253).notNullable();
    table.integer('port').notNullable();
    table.string('security', 16).notNullable();
    table.string('folder', 255).notNullable();
    table.string('auth_method', 16).notNullable();
    table
      .string('integration_id', 36)
      .references('id')
      .inTable('oauth_integrations')
      .onDelete('RESTRICT');
    table.string('state', 32).notNullable();
    table.string('failure_code', 64);
    table.text('failure_detail');
    table.bigInteger('failure_since');
    table
      .integer('failed_visits')
      .notNullable()
      .defaultTo(0)
      .comment('In a row; a completed visit sets it to 0');
    table.bigInteger('reading_since').comment('When the baseline was set');
    table.bigInteger('last_visit_at');
    table.bigInteger('last_success_at');
    table.string('created_by', 255).notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.index(['integration_id'], 'mailboxes_integration_idx');
  });

  await knex.schema.createTable('oauth_grants', table => {
    table.comment('What consents gave: the right to read one mailbox');
    table.string('id', 36).primary();
    table
      .string('mailbox_id', 36)
      .notNullable()
      .unique()
      .references('id')
      .inTable('mailboxes')
      .onDelete('CASCADE');
    table
      .string('integration_id', 36)
      .notNullable()
      .references('id')
      .inTable('oauth_integrations')
      .onDelete('RESTRICT');
    table.integer('integration_version').notNullable();
    table.string('account', 254).notNullable();
    table.text('scopes').notNullable().comment('JSON array, as granted');
    table.string('state', 32).notNullable();
    table.string('failure_code', 64);
    table.bigInteger('state_since').notNullable();
    table
      .integer('generation')
      .notNullable()
      .comment('Grows with each token stored; refresh compares and swaps it');
    table.text('refresh_sealed');
    table.text('access_sealed');
    table.bigInteger('access_expires_at');
    table.bigInteger('access_refresh_at').comment('When to renew ahead');
    table.string('refreshing_by', 64);
    table.bigInteger('refreshing_until');
    table.integer('failed_refreshes').notNullable().defaultTo(0);
    table.bigInteger('next_refresh_at').comment('Back-off after a failure');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
  });

  await knex.schema.createTable('oauth_consents', table => {
    table.comment('Consents under way; each is used once');
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
    table.string('user_ref', 255).notNullable();
    table.string('ticket_hash', 43).notNullable().unique();
    table.bigInteger('ticket_expires_at').notNullable();
    table.string('state_hash', 43).unique();
    table.string('browser_hash', 43);
    table.text('verifier_sealed').comment('PKCE verifier, RFC 7636');
    table.string('nonce_hash', 43);
    table.string('return_origin', 255).notNullable();
    table.string('expected_account', 254).notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('started_at');
    table.bigInteger('consumed_at');
    table.bigInteger('finished_at');
    table.string('outcome', 16).comment('succeeded, failed or cancelled');
    table.string('failure_code', 64);
    table.text('failure_detail');
    table.index(['user_ref', 'expires_at'], 'oauth_consents_user_idx');
    table.index(['expires_at'], 'oauth_consents_expiry_idx');
  });

  await knex.schema.createTable('mailbox_cursors', table => {
    table.comment('How far a folder was read, per UIDVALIDITY');
    table.string('id', 36).primary();
    table
      .string('mailbox_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailboxes')
      .onDelete('CASCADE');
    table.string('folder', 255).notNullable();
    table.bigInteger('uid_validity').notNullable();
    table.bigInteger('base_uid').notNullable().comment('Read from after this');
    table.bigInteger('last_uid').notNullable().comment('Never falls');
    table.bigInteger('created_at').notNullable();
    table.unique(['mailbox_id', 'folder', 'uid_validity'], {
      indexName: 'mailbox_cursors_epoch_idx',
    });
  });

  await knex.schema.createTable('inbox_messages', table => {
    table.comment('Mails that are ours: what fetching and handling share');
    table.bigIncrements('seq').comment('The order of acceptance');
    table.string('id', 36).notNullable().unique();
    table
      .string('mailbox_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailboxes')
      .onDelete('CASCADE');
    table
      .string('dedupe_key', 128)
      .notNullable()
      .comment('The same for a second arrival of the same mail');
    table.bigInteger('size_bytes').notNullable().comment('On the server');
    table.boolean('truncated').notNullable();
    table.string('sha256', 64).notNullable().comment('Of the stored bytes');
    table.bigInteger('received_at').comment('When the server got it');
    table.bigInteger('accepted_at').notNullable();
    table.string('state', 16).notNullable();
    table.integer('attempts').notNullable().defaultTo(0);
    table.bigInteger('next_attempt_at').comment('Only while stored');
    table.string('failure_code', 64);
    table.text('subject').comment('Known once parsed');
    table.text('sender').comment('Known once parsed');
    table.string('target', 200).comment('What it became');
    table.text('trace').notNullable().comment('JSON array of steps');
    table.bigInteger('finished_at');
    table.unique(['mailbox_id', 'dedupe_key'], {
      indexName: 'inbox_messages_dedupe_idx',
    });
    table.index(
      ['mailbox_id', 'state', 'next_attempt_at'],
      'inbox_messages_waiting_idx',
    );
    table.index(['mailbox_id', 'seq'], 'inbox_messages_list_idx');
    table.index(['mailbox_id', 'sha256'], 'inbox_messages_content_idx');
  });

  await knex.schema.createTable('inbox_chunks', table => {
    table.comment('The bytes of mails, in pieces of at most 1 MiB');
    table
      .string('message_id', 36)
      .notNullable()
      .references('id')
      .inTable('inbox_messages')
      .onDelete('CASCADE');
    table.integer('n').notNullable();
    table.binary('bytes').notNullable();
    table.primary(['message_id', 'n']);
  });
  if (knex.client.config.client === 'pg') {
    // Mail is mostly base64 or already compressed: trying costs PostgreSQL
    // three times the processor time and saves little.
    await knex.raw(
      'ALTER TABLE inbox_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL',
    );
  }

  await knex.schema.createTable('acknowledgements', table => {
    table.comment('Mails that are stored but not yet marked on the server');
    table
      .string('message_id', 36)
      .primary()
      .references('id')
      .inTable('inbox_messages')
      .onDelete('CASCADE');
    table
      .string('cursor_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailbox_cursors')
      .onDelete('CASCADE');
    table.bigInteger('uid').notNullable();
    table.index(['cursor_id', 'uid'], 'acknowledgements_cursor_idx');
  });

  await knex.schema.createTable('handler_bindings', table => {
    table.comment('Which handler gets the mail of a mailbox');
    table.string('id', 36).primary();
    table
      .string('mailbox_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailboxes')
      .onDelete('CASCADE');
    table.string('handler_id', 100).notNullable();
    table.integer('position').notNullable();
    table.unique(['mailbox_id', 'position'], {
      indexName: 'handler_bindings_position_idx',
    });
  });

  await knex.schema.createTable('deliveries', table => {
    table.comment('Mails that a bound handler has finished');
    table
      .string('message_id', 36)
      .notNullable()
      .references('id')
      .inTable('inbox_messages')
      .onDelete('CASCADE');
    table
      .string('binding_id', 36)
      .notNullable()
      .references('id')
      .inTable('handler_bindings')
      .onDelete('CASCADE');
    table.string('outcome', 16).notNullable();
    table.string('target', 200);
    table.text('reason');
    table.bigInteger('finished_at').notNullable();
    table.primary(['message_id', 'binding_id']);
  });

  await knex.schema.createTable('thread_keys', table => {
    table.comment('Message-IDs seen in a mailbox, by conversation');
    table
      .string('mailbox_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailboxes')
      .onDelete('CASCADE');
    table.string('key_hash', 43).notNullable();
    table.string('kind', 16).notNullable().comment('own or reference');
    table.string('thread_id', 36).notNullable();
    table.primary(['mailbox_id', 'key_hash', 'kind']);
  });

  await knex.schema.createTable('journal_entries', table => {
    table.comment('What happened to a mailbox, for people');
    table.bigIncrements('seq');
    table.string('id', 36).notNullable().unique();
    table
      .string('mailbox_id', 36)
      .notNullable()
      .references('id')
      .inTable('mailboxes')
      .onDelete('CASCADE');
    table.bigInteger('at').notNullable();
    table.string('event', 32).notNullable();
    table.string('failure_code', 64);
    table.integer('count');
    table.text('detail');
    table.index(['mailbox_id', 'seq'], 'journal_entries_list_idx');
  });

  // Requests outlive the channel and the mail they came from: no foreign keys
  // to either.
  await knex.schema.createTable('request_counters', table => {
    table.comment('The last number given to a request, per project');
    table.string('project_ref', 255).primary();
    table.integer('last_number').notNullable();
  });

  await knex.schema.createTable('requests', table => {
    table.comment('What the built-in handler makes of new mail');
    table.string('id', 36).primary();
    table.string('project_ref', 255).notNullable();
    table.integer('number').notNullable();
    table.string('thread_id', 36).notNullable().unique();
    table.string('message_id', 36).notNullable().unique();
    table.text('subject').notNullable();
    table.text('sender_name');
    table.text('sender_address');
    table.text('text').notNullable();
    table.text('html').comment('As it came: sanitised when read');
    table.text('attachments').notNullable().comment('JSON array');
    table.bigInteger('sent_at').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('last_activity_at').notNullable();
    table.integer('comment_count').notNullable().defaultTo(0);
    table.unique(['project_ref', 'number'], {
      indexName: 'requests_number_idx',
    });
    table.index(
      ['project_ref', 'last_activity_at', 'id'],
      'requests_activity_idx',
    );
  });

  await knex.schema.createTable('request_comments', table => {
    table.comment('What the built-in handler makes of replies');
    table.bigIncrements('seq');
    table.string('id', 36).notNullable().unique();
    table
      .string('request_id', 36)
      .notNullable()
      .references('id')
      .inTable('requests')
      .onDelete('CASCADE');
    table.string('message_id', 36).notNullable().unique();
    table.text('sender_name');
    table.text('sender_address');
    table.text('text').notNullable();
    table.text('html').comment('As it came: sanitised when read');
    table.text('attachments').notNullable().comment('JSON array');
    table.bigInteger('sent_at').notNullable();
    table.bigInteger('created_at').notNullable();
    table.index(['request_id', 'seq'], 'request_comments_list_idx');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  for (const table of [
    'request_comments',
    'requests',
    'request_counters',
    'journal_entries',
    'thread_keys',
    'deliveries',
    'handler_bindings',
    'acknowledgements',
    'inbox_chunks',
    'inbox_messages',
    'mailbox_cursors',
    'oauth_consents',
    'oauth_grants',
    'mailboxes',
    'oauth_integrations',
    'leases',
  ]) {
    await knex.schema.dropTable(table);
  }
};
