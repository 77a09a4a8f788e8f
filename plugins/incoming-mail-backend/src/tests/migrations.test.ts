// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { anIntegration } from '../__testUtils__/aChannel';
import { migrationsDirectory, tables } from '../database';
import { addMailbox } from '../oauth/__testUtils__/fixtures';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('migrations (%s)', databaseId => {
  const directory = migrationsDirectory();
  const existing = async (db: Knex) => {
    const found = [];
    for (const table of Object.values(tables)) {
      if (await db.schema.hasTable(table)) {
        found.push(table);
      }
    }
    return found;
  };

  it('go up, down and up again, and make every table that the code names', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    await db.migrate.latest({ directory });
    expect(await existing(db)).toEqual(Object.values(tables));
    await db.migrate.rollback({ directory }, true);
    expect(await existing(db)).toEqual([]);
    await db.migrate.latest({ directory });
    expect(await existing(db)).toEqual(Object.values(tables));
  });

  it('keep what is there, one step up and one step down', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    const name = '20261123160000_token_lifecycle.js';
    await db.migrate.up({ directory, name: '20261123120000_init.js' });
    const integrationId = await anIntegration(db);
    await addMailbox(db, { integrationId });
    await db.migrate.up({ directory, name });
    const [integration] = await db(tables.oauthIntegrations);
    expect(integration).toMatchObject({
      id: integrationId,
      client_secret_expires_on: null,
      fault_code: null,
    });
    const servers = '20261123184000_mail_servers.js';
    await db.migrate.up({ directory, name: servers });
    const [mailbox] = await db(tables.mailboxes);
    expect(mailbox).toMatchObject({
      integration_id: integrationId,
      draft_owner: null,
      paused_at: null,
      password_sealed: null,
    });
    // What the former version cannot know goes; what it knows stays.
    await addMailbox(db, { integrationId, projectRef: 'component:default/x' });
    await db(tables.mailboxes)
      .where({ project_ref: 'component:default/x' })
      .update({ auth_method: 'password', integration_id: null });
    await db.migrate.down({ directory, name: servers });
    const remaining = await db(tables.mailboxes);
    expect(remaining.map(({ id }) => id)).toEqual([mailbox.id]);
    expect(Object.keys(remaining[0])).not.toContain('draft_owner');
    await db.migrate.down({ directory, name });
    const [former] = await db(tables.oauthIntegrations);
    expect(former).toMatchObject({ id: integrationId });
    expect(Object.keys(former)).not.toContain('fault_code');
    expect(await db(tables.mailboxes)).toHaveLength(1);
  });

  it('take away with their columns what has no meaning without them', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    await db.migrate.latest({ directory });
    const id = await anIntegration(db);
    const [created] = await db(tables.oauthIntegrations);
    expect(created.grant_type).toBe('authorization_code');
    await db(tables.oauthIntegrations).update({
      client_authentication: 'private_key_jwt',
      client_key_sealed: 'sealed',
    });
    await db.migrate.down({
      directory,
      name: '20261123180000_application_access.js',
    });
    const [former] = await db(tables.oauthIntegrations);
    expect(former).toMatchObject({
      id,
      client_authentication: 'client_secret_basic',
    });
    expect(Object.keys(former)).not.toContain('client_key_sealed');
  });
});
