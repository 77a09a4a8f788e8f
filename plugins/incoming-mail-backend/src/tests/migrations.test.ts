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

  it('let one mail become something in several projects, and go back while none did', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    const name = '20261123185000_handlers.js';
    for (const former of [
      '20261123120000_init.js',
      '20261123160000_token_lifecycle.js',
    ]) {
      await db.migrate.up({ directory, name: former });
    }
    const aRequest = (id: string, projectRef: string) => ({
      id,
      project_ref: projectRef,
      number: 1,
      thread_id: 'thread',
      message_id: 'message',
      subject: '',
      text: '',
      attachments: '[]',
      sent_at: 0,
      created_at: 0,
      last_activity_at: 0,
    });
    const request = aRequest('r1', 'component:default/shop');
    const other = aRequest('r2', 'component:default/other');
    await db(tables.requests).insert(request);
    await expect(db(tables.requests).insert(other)).rejects.toHaveProperty(
      'code',
    );
    const mailboxId = await addMailbox(db, {
      integrationId: await anIntegration(db),
    });
    await db(tables.handlerBindings).insert({
      id: 'b',
      mailbox_id: mailboxId,
      handler_id: 'x',
      position: 1,
    });

    await db.migrate.up({ directory, name });

    await db(tables.requests).insert(other);
    await expect(
      db(tables.requests).insert({ ...request, id: 'r3', number: 2 }),
    ).rejects.toHaveProperty('code');
    await expect(
      db(tables.handlerBindings).where({ id: 'b', settings: null }),
    ).resolves.toHaveLength(1);
    await expect(db.migrate.down({ directory, name })).rejects.toHaveProperty(
      'code',
    );

    await db(tables.requests).where({ id: 'r2' }).delete();
    await db.migrate.down({ directory, name });
    expect(await db(tables.requests)).toHaveLength(1);
    expect(await db(tables.handlerBindings)).toHaveLength(1);
    expect(await db.schema.hasColumn(tables.requests, 'labels')).toBe(false);
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
