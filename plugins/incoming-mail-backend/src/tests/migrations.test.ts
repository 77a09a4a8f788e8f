// SPDX-License-Identifier: Apache-2.0
import {
  createMockDirectory,
  mockServices,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { anIntegration } from '../__testUtils__/aChannel';
import { migrationsDirectory, openDatabase, tables } from '../database';
import { addMailbox } from '../oauth/__testUtils__/fixtures';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const nextVersion = createMockDirectory();

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

  it('let a replica of this version start after the next one has migrated, and migrate what it lacks (R41)', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    const open = () =>
      openDatabase(mockServices.database.mock({ getClient: async () => db }));
    nextVersion.setContent({
      '29991231000000_next.js': `
        exports.up = knex => knex.schema.alterTable('mailboxes', table => {
          table.text('next_note');
        });
        exports.down = async () => {};
      `,
    });
    await open();
    expect(await existing(db)).toEqual(Object.values(tables));
    await db.migrate.latest({ directory: [directory, nextVersion.path] });
    // What knex says by default.
    await expect(db.migrate.latest({ directory })).rejects.toThrow(
      'The migration directory is corrupt',
    );

    await db.migrate.down({
      directory: [directory, nextVersion.path],
      name: '20261123223000_retention.js',
    });
    await open();

    expect(await db.schema.hasColumn(tables.mailboxes, 'next_note')).toBe(true);
    expect(
      await db.schema.hasColumn(tables.inboxMessages, 'raw_removed_at'),
    ).toBe(true);
    await addMailbox(db, { integrationId: await anIntegration(db) });
    expect(await db(tables.mailboxes)).toEqual([
      expect.objectContaining({ next_note: null }),
    ]);
  });

  it('are tried again where replicas at work are in their way, and not where they are wrong (R41)', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    const open = () =>
      openDatabase(
        mockServices.database.mock({ getClient: async () => db }),
        nextVersion.path,
      );
    const failing = (code: string) => `
      let tries = 0;
      exports.up = async knex => {
        await knex.schema.createTable('things', table => table.string('id'));
        tries += 1;
        if (tries < 3) {
          throw Object.assign(new Error('Failed'), { code: '${code}' });
        }
      };
      exports.down = async () => {};
    `;
    nextVersion.setContent({ [`1_wrong_${databaseId}.js`]: failing('42P01') });
    await expect(open()).rejects.toThrow('Failed');
    nextVersion.setContent({ [`1_late_${databaseId}.js`]: failing('40P01') });
    await open();
    expect(await db.schema.hasTable('things')).toBe(true);
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

  it('keep grants and integrations over the step of the grant protocol, up and down', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    const name = '20261123181000_grant_protocol.js';
    for (const before of [
      '20261123120000_init.js',
      '20261123160000_token_lifecycle.js',
    ]) {
      await db.migrate.up({ directory, name: before });
    }
    const integrationId = await anIntegration(db);
    const mailboxId = await addMailbox(db, { integrationId });
    await db(tables.oauthGrants).insert({
      id: mailboxId,
      mailbox_id: mailboxId,
      integration_id: integrationId,
      integration_version: 1,
      account: 'support@corp.test',
      scopes: '[]',
      state: 'active',
      state_since: 0,
      generation: 1,
      refresh_sealed: 'sealed',
      created_at: 0,
      updated_at: 0,
    });
    await db.migrate.up({ directory, name });
    expect(await db(tables.oauthGrants).first()).toMatchObject({
      refresh_sealed: 'sealed',
      previous_refresh_sealed: null,
      refreshed_at: null,
    });
    // What a replica of the new version wrote is lost, and nothing else.
    await db(tables.oauthGrants).update({ previous_refresh_sealed: 'x' });
    await db(tables.oauthIntegrations).update({ next_secret_sealed: 'x' });
    await db.migrate.down({ directory, name });
    const grant = await db(tables.oauthGrants).first();
    expect(grant).toMatchObject({ refresh_sealed: 'sealed' });
    expect(Object.keys(grant)).not.toContain('previous_refresh_sealed');
    expect(
      Object.keys(await db(tables.oauthIntegrations).first()),
    ).not.toContain('next_secret_sealed');
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

  it('go on with IMAP where they were, and forget what they know of POP3', async () => {
    const db = await databases.init(databaseId as TestDatabaseId);
    await db.migrate.latest({ directory });
    const mailboxId = await addMailbox(db, {
      integrationId: await anIntegration(db),
    });
    const aCursor = (id: string, uidValidity: number) => ({
      id,
      mailbox_id: mailboxId,
      folder: 'INBOX',
      uid_validity: uidValidity,
      base_uid: 0,
      last_uid: 0,
      created_at: 0,
    });
    // As the former version writes it while both are running.
    await db(tables.mailboxCursors).insert(aCursor('imap', 7));
    await db(tables.mailboxCursors).insert({
      ...aCursor('pop3', 0),
      keyed_by: 'uidl',
    });
    await db(tables.knownSources).insert({
      cursor_id: 'pop3',
      source_key: 'uidl:a#1',
      size_bytes: 1,
      listed_at: 0,
    });
    const [{ after_storing: afterStoring }] = await db(tables.mailboxes);
    expect(afterStoring).toBe('mark-read');

    const name = '20261123183000_two_protocols.js';
    await db.migrate.down({ directory, name });
    expect(await db(tables.mailboxCursors)).toEqual([
      expect.objectContaining({ id: 'imap' }),
    ]);
    expect(await db(tables.mailboxes)).toHaveLength(1);
    await db.migrate.up({ directory, name });
    expect(await db(tables.knownSources)).toEqual([]);
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
