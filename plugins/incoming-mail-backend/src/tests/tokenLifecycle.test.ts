// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { OAuthIntegration } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { expectInvariants } from '../__testUtils__/expectInvariants';
import { ada, olga, PROJECT } from '../__testUtils__/startTestPlugin';
import {
  ScriptedWorld,
  startScriptedWorld,
  until,
} from '../__testUtils__/startScriptedWorld';
import { GOOD_TOKEN } from '../__testUtils__/scriptedImapServer';
import { DbNoticeRow, DbRevocationRow, dbNowPlus, tables } from '../database';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const tokens = {
  body: {
    access_token: GOOD_TOKEN,
    refresh_token: 'refresh',
    token_type: 'Bearer',
    expires_in: 3600,
  },
};

describe.each(databases.eachSupportedId())(
  'the life of a token (%s)',
  databaseId => {
    let db: Knex;
    let world: ScriptedWorld;

    beforeEach(async () => {
      db = await openTestDatabase(databases, databaseId as TestDatabaseId);
      world = await startScriptedWorld(db);
      world.provider.answer(() => tokens);
    });

    afterEach(async () => {
      await world.close();
      await expectInvariants(db);
    });

    async function connect() {
      const integration = await world.addIntegration({
        revocationEndpoint: world.provider.url,
      });
      await world.addChannel(integration.id);
      const { status } = await world.consent(integration.redirectUrl, {
        code: 'code',
      });
      expect(status).toBe('succeeded');
      expect(await world.visit()).toMatchObject({ state: 'active' });
      return integration;
    }

    const update = (
      {
        id,
        redirectUrl,
        clientSecret,
        clientKey,
        fault,
        ready,
        channelCount,
        mailServerCount,
        createdAt,
        updatedAt,
        ...settings
      }: OAuthIntegration,
      change: object,
    ) =>
      world.call(ada, 'put', `/integrations/${id}`, { ...settings, ...change });
    const getIntegration = async (id: string) =>
      (await world.call(ada, 'get', `/integrations/${id}`)).body;
    const queue = () => db<DbRevocationRow>(tables.oauthRevocations);

    it('R30: a channel waits for the administrator, and goes on by itself once there is a new secret', async () => {
      const integration = await connect();
      world.provider.answer(({ authorization }) =>
        authorization === `Basic ${btoa('portal:the-new-secret')}`
          ? tokens
          : {
              status: 401,
              body: {
                error: 'invalid_client',
                error_description: 'AADSTS7000222: The secret is expired.',
              },
            },
      );
      await db(tables.oauthGrants).update({
        access_expires_at: dbNowPlus(db, -1),
        failed_refreshes: 12,
      });
      await db(tables.mailboxes).update({ failed_visits: 12 });
      expect(await world.visit()).toMatchObject({
        state: 'integration-fault',
        failure: { code: 'client-refused' },
      });
      expect((await getIntegration(integration.id)).fault).toMatchObject({
        code: 'client-refused',
        detail: expect.stringContaining('AADSTS7000222'),
      });

      const updated = await update(integration, {
        clientSecret: 'the-new-secret',
        clientSecretExpiresOn: '2028-11-23',
      });
      expect(updated.body).toMatchObject({
        clientSecret: { set: true, expiresOn: '2028-11-23' },
      });
      expect(updated.body.fault).toBeUndefined();
      // Nobody asks for the visit.
      await until(world.getChannel, ({ state }) => state === 'active');
      expect((await getIntegration(integration.id)).fault).toBeUndefined();
    });

    it('R29: the owners are told once that a consent was withdrawn, and once that mail is read again', async () => {
      const integration = await connect();
      world.provider.answer(() => ({
        status: 400,
        body: { error: 'invalid_grant' },
      }));
      await db(tables.oauthGrants).update({
        access_expires_at: dbNowPlus(db, -1),
      });
      for (let n = 0; n < 3; n += 1) {
        expect(await world.visit()).toMatchObject({ state: 'needs-consent' });
      }
      world.provider.answer(() => tokens);
      await world.consent(integration.redirectUrl, { code: 'code' });
      expect(await world.visit()).toMatchObject({ state: 'active' });
      const notices = await db<DbNoticeRow>(tables.notices).orderBy(
        'transition',
      );
      expect(
        notices.map(row => [row.recipient_ref, row.severity, row.title]),
      ).toEqual([
        [
          'component:default/payments',
          'high',
          expect.stringContaining('no longer accepts our access'),
        ],
        ['component:default/payments', 'normal', expect.any(String)],
      ]);
    });

    it('T60: removing a channel leaves its token to be revoked, and authorizing again takes it back', async () => {
      const integration = await connect();
      expect(
        (await world.call(olga, 'delete', `${PROJECT}/channel`)).status,
      ).toBe(204);
      expect(await queue()).toMatchObject([
        { account: 'support@corp.test', client_id: 'portal', attempts: 0 },
      ]);
      await world.addChannel(integration.id);
      await world.consent(integration.redirectUrl, { code: 'code' });
      expect(await queue()).toEqual([]);
    });

    it('T60: so does giving a channel another address, and changing only its folder does not', async () => {
      await connect();
      const { version, address, server, authentication } =
        await world.getChannel();
      const put = (change: object) =>
        world.call(olga, 'put', `${PROJECT}/channel`, {
          version,
          address,
          server,
          authentication,
          ...change,
        });
      expect((await put({ folder: 'Support' })).status).toBe(200);
      expect(await queue()).toHaveLength(0);
      const other = await put({
        version: version + 1,
        address: 'other@corp.test',
      });
      expect(other.body).toMatchObject({ state: 'draft' });
      expect(await queue()).toHaveLength(1);
    });

    it('T18: tells administrators, and nobody else, with which key how much is sealed', async () => {
      await connect();
      const { body } = await world.call(ada, 'get', '/vault');
      expect(body).toEqual({
        primaryKid: 'test',
        keys: [{ kid: 'test', configured: true, sealedRecords: 3 }],
      });
      expect((await world.call(olga, 'get', '/vault')).status).toBe(403);
    });
  },
);
