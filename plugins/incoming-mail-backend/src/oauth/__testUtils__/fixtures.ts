// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { DbMailboxRow, dbNow, tables } from '../../database';
import { Keyring, randomToken } from '../../secrets';

/** A vault with one random key. */
export function aKeyring(kid = 'test'): Keyring {
  const secret = randomBytes(32).toString('base64url');
  return new Keyring([{ kid, secret }], 'incomingMail.vault.keys');
}

/** A complete integration; the token endpoint is at loopback unless told. */
export function anIntegration(
  changes: Partial<CreateIntegration> = {},
): CreateIntegration {
  return {
    name: 'Corp mail',
    provider: 'custom',
    grantType: 'authorization_code',
    authorizationEndpoint: 'https://provider.test/authorize',
    tokenEndpoint: 'https://provider.test/token',
    scopes: ['mail', 'offline_access'],
    clientId: 'portal',
    clientSecret: 'the-client-secret',
    clientAuthentication: 'client_secret_basic',
    allowedDomains: [],
    mailHosts: [
      { protocol: 'imap', host: 'imap.test', port: 993, security: 'tls' },
    ],
    callbackSlug: randomToken(16),
    ...changes,
  };
}

/** Adds a mailbox and gives its id. */
export async function addMailbox(
  db: Knex,
  options: { integrationId: string; address?: string; projectRef?: string },
): Promise<string> {
  const id = randomUUID();
  await db<DbMailboxRow>(tables.mailboxes).insert({
    id,
    project_ref: options.projectRef ?? `component:default/${id}`,
    version: 1,
    address: options.address ?? 'support@corp.test',
    protocol: 'imap',
    host: 'imap.test',
    port: 993,
    security: 'tls',
    folder: 'INBOX',
    auth_method: 'oauth',
    integration_id: options.integrationId,
    state: 'draft',
    failed_visits: 0,
    created_by: 'user:default/owner',
    created_at: dbNow(db),
    updated_at: dbNow(db),
  });
  return id;
}

/** Every value of every row of the room's tables, in one text. */
export async function dumpTables(db: Knex): Promise<string> {
  const rows = await Promise.all(
    [tables.oauthIntegrations, tables.oauthGrants, tables.oauthConsents].map(
      table => db(table).select('*'),
    ),
  );
  return JSON.stringify(rows);
}
