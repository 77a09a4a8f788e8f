// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Knex } from 'knex';
import { dbNow, inTransaction, tables } from '../database';
import { Mailbox, MailboxStore } from '../mailboxes';

/** Puts an integration into the database, as far as channels need one. */
export async function anIntegration(db: Knex): Promise<string> {
  const id = randomUUID();
  await db(tables.oauthIntegrations).insert({
    id,
    callback_slug: id.slice(0, 22),
    version: 1,
    name: 'Corp mail',
    provider: 'custom',
    authorization_endpoint: 'https://id.corp.test/auth',
    token_endpoint: 'https://id.corp.test/token',
    scopes: '["mail"]',
    client_authentication: 'none',
    allowed_domains: '[]',
    mail_hosts: '[]',
    created_by: 'user:default/ada',
    created_at: dbNow(db),
    updated_at: dbNow(db),
  });
  return id;
}

/** A project's channel, authorized and due. */
export async function aChannel(
  db: Knex,
  projectRef: string = 'component:default/payments',
): Promise<Mailbox> {
  const mailboxes = new MailboxStore(db);
  const integrationId = await anIntegration(db);
  const { id } = await mailboxes.createChannel({
    projectRef,
    settings: {
      address: 'support@corp.test',
      server: {
        protocol: 'imap',
        host: 'imap.corp.test',
        port: 993,
        security: 'tls',
      },
      folder: 'INBOX',
      authentication: { method: 'oauth', integrationId },
    },
    handlerId: 'request-tracker',
    userRef: 'user:default/olga',
  });
  await inTransaction(db, tx => mailboxes.activate(tx, id));
  return mailboxes.getById(id);
}
