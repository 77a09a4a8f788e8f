// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  CreateIntegration,
  FailureCode,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { DbGrantRow, DbMailboxRow, dbNowPlus, tables } from '../../database';
import {
  addMailbox,
  aKeyring,
  anIntegration,
  dumpTables,
} from '../__testUtils__/fixtures';
import {
  ScriptedReply,
  ScriptedTokenServer,
} from '../__testUtils__/ScriptedTokenServer';
import { createOAuth, OAuth } from '../createOAuth';

jest.setTimeout(60_000);

const ADDRESS = 'support@corp.test';
const ADMIN = 'user:default/admin';
const seen = { folder: 'INBOX', uidValidity: 7, uidNext: 42 };

function token(n: number, changes: object = {}): ScriptedReply {
  return {
    body: {
      access_token: `app-token-${n}`,
      token_type: 'Bearer',
      expires_in: 3600,
      ...changes,
    },
  };
}

const refusal = (
  error: string,
  description?: string,
  status = 400,
): ScriptedReply => ({
  status,
  body: { error, error_description: description },
});

describe('ApplicationAccess', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let server: ScriptedTokenServer;
    let oauth: OAuth;
    let integrationId: string;
    let mailboxId: string;

    const hooks = {
      proveMailbox: jest.fn(),
      onGranted: jest.fn(),
      onRefused: jest.fn(),
    };
    const keyring = aKeyring();
    const startAt = (externalBaseUrl: string) =>
      createOAuth({
        db,
        keyring,
        fetch,
        externalBaseUrl,
        returnOrigins: ['https://portal.test'],
        portal: { title: 'Corp portal', url: 'https://portal.test' },
        allowHttpLoopback: true,
        hooks,
      });

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
      oauth = startAt('https://portal.test/api/incoming-mail');
    });

    beforeEach(async () => {
      jest.resetAllMocks();
      hooks.proveMailbox.mockResolvedValue(seen);
      server = await ScriptedTokenServer.start();
      let count = 0;
      server.answer(() => token((count += 1)));
      await useIntegration();
    });

    afterEach(() => server.close());

    const input = (changes: Partial<CreateIntegration> = {}) =>
      anIntegration({
        tokenEndpoint: server.url,
        grantType: 'client_credentials',
        scopes: ['https://mail.test/.default'],
        allowedDomains: ['corp.test'],
        ...changes,
      });

    async function useIntegration(changes: Partial<CreateIntegration> = {}) {
      const created = await oauth.integrations.create(input(changes), ADMIN);
      integrationId = created.id;
      mailboxId = await addMailbox(db, { integrationId, address: ADDRESS });
    }

    const connect = (at: OAuth = oauth, address = ADDRESS) =>
      at.applications.connect({ id: mailboxId, address, integrationId });

    const grantRow = () =>
      db<DbGrantRow>(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .first();

    /** Has the access token run out, and failures cool down. */
    const age = () =>
      db<DbGrantRow>(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .update({
          access_expires_at: dbNowPlus(db, 0),
          next_refresh_at: null,
        } as {});

    async function codeOf(work: Promise<unknown>): Promise<FailureCode> {
      const error = await work.then(
        () => undefined,
        thrown => thrown,
      );
      expect(MailFailure.is(error)).toBe(true);
      return error.code;
    }

    it('stores what the live sign-in proves, and renews it by asking again', async () => {
      expect(await connect()).toEqual({ status: 'succeeded' });
      expect(Object.fromEntries(server.requests[0].parameters)).toEqual({
        grant_type: 'client_credentials',
        scope: 'https://mail.test/.default',
      });
      expect(server.requests[0].authorization).toMatch(/^Basic /);
      const [proof] = hooks.proveMailbox.mock.calls[0];
      expect(proof).toMatchObject({ mailboxId });
      expect(proof.accessToken.reveal()).toBe('app-token-1');
      expect(hooks.onGranted).toHaveBeenCalledTimes(1);
      expect(hooks.onGranted.mock.calls[0][1]).toEqual({ mailboxId, seen });
      expect(hooks.onRefused).not.toHaveBeenCalled();

      const first = await oauth.vault.accessToken(mailboxId);
      expect(first.reveal()).toBe('app-token-1');
      expect(server.requests).toHaveLength(1);
      await age();
      const [second, third] = await Promise.all([
        oauth.vault.accessToken(mailboxId),
        oauth.vault.accessToken(mailboxId),
      ]);
      expect(second.reveal()).toBe('app-token-2');
      expect(third.reveal()).toBe('app-token-2');
      expect(server.requests).toHaveLength(2);
      expect(server.requests[1].parameters.get('grant_type')).toBe(
        'client_credentials',
      );
      expect(await dumpTables(db)).not.toContain('app-token');
    });

    it('keeps no refresh token, its own or a former one', async () => {
      server.answer(() => token(1, { refresh_token: 'unasked' }));
      await connect();
      expect((await grantRow())!.refresh_sealed).toBeNull();
      await db(tables.oauthGrants).update({ refresh_sealed: 'a person’s' });
      await connect();
      expect((await grantRow())!.refresh_sealed).toBeNull();
    });

    it.each<[string, ScriptedReply, FailureCode, boolean]>([
      [
        'invalid_client',
        refusal('invalid_client', undefined, 401),
        'client-refused',
        true,
      ],
      [
        'unauthorized_client',
        refusal('unauthorized_client'),
        'application-refused',
        true,
      ],
      ['invalid_grant', refusal('invalid_grant'), 'application-refused', true],
      ['invalid_scope', refusal('invalid_scope'), 'application-refused', true],
      ['access_denied', refusal('access_denied'), 'application-refused', true],
      [
        'an unknown client at Microsoft',
        refusal('unauthorized_client', 'AADSTS700016: x'),
        'client-refused',
        true,
      ],
      [
        'a wrong secret at Microsoft',
        refusal('invalid_client', 'AADSTS7000215: x', 401),
        'client-refused',
        true,
      ],
      [
        'a secret that ended',
        refusal('invalid_client', 'AADSTS7000222: x', 401),
        'client-refused',
        true,
      ],
      [
        'an unknown certificate',
        refusal('invalid_client', 'AADSTS700027: x', 401),
        'client-refused',
        true,
      ],
      [
        'no consent of the tenant',
        refusal('invalid_grant', 'AADSTS65001: x'),
        'application-refused',
        true,
      ],
      [
        'conditional access',
        refusal('invalid_grant', 'AADSTS53003: x'),
        'application-refused',
        true,
      ],
      [
        'no enterprise application',
        refusal('unauthorized_client', 'AADSTS7000229: x'),
        'application-refused',
        true,
      ],
      [
        'a bad day',
        { status: 503, body: refusal('invalid_grant') },
        'token-endpoint-unreachable',
        false,
      ],
      ['a page', { body: '<html>' }, 'token-reply-unusable', false],
    ])(
      'never needs a person because of %s: neither when it connects nor later',
      async (_title, reply, code, isFault) => {
        const faultOf = async () =>
          (await oauth.integrations.get(integrationId)).fault?.code;
        const answerTokens = () => server.answer(() => token(9));

        server.answer(() => reply);
        expect(await connect()).toMatchObject({
          status: 'failed',
          failure: { code },
        });
        expect(hooks.onRefused).toHaveBeenCalledWith({ mailboxId, code });
        expect(hooks.proveMailbox).not.toHaveBeenCalled();
        expect(await grantRow()).toBeUndefined();
        expect(await faultOf()).toBe(isFault ? code : undefined);

        answerTokens();
        expect(await connect()).toEqual({ status: 'succeeded' });
        expect(await faultOf()).toBeUndefined();

        await age();
        server.answer(() => reply);
        expect(await codeOf(oauth.vault.accessToken(mailboxId))).toBe(code);
        // Once: there is no rotation that a second try could explain.
        expect(server.requests).toHaveLength(1);
        expect((await grantRow())!.state).toBe('active');
        expect(await faultOf()).toBe(isFault ? code : undefined);

        await age();
        answerTokens();
        const renewed = await oauth.vault.accessToken(mailboxId);
        expect(renewed.reveal()).toBe('app-token-9');
        expect(await faultOf()).toBeUndefined();
      },
    );

    it.each<[FailureCode, FailureCode]>([
      // The words for a mailbox's owner would be wrong.
      ['login-refused', 'application-refused'],
      ['folder-not-found', 'folder-not-found'],
      ['connection-timed-out', 'connection-timed-out'],
    ])(
      'stores nothing where the sign-in ends with %s (T8)',
      async (thrown, code) => {
        hooks.proveMailbox.mockRejectedValue(new MailFailure(thrown, 'no'));
        expect(await connect()).toMatchObject({ failure: { code } });
        expect(await grantRow()).toBeUndefined();
        expect(hooks.onGranted).not.toHaveBeenCalled();
        // It is this mailbox's matter, not the client's.
        const { fault } = await oauth.integrations.get(integrationId);
        expect(fault).toBeUndefined();
      },
    );

    it.each([
      [
        'the mailbox',
        () =>
          db<DbMailboxRow>(tables.mailboxes)
            .where({ id: mailboxId })
            .update({ address: 'other@corp.test' }),
      ],
      [
        'the integration',
        () =>
          oauth.integrations.update(integrationId, {
            ...withoutSlug(input()),
            name: 'Renamed',
            version: 1,
          }),
      ],
    ])('stores nothing where %s changed meanwhile', async (_title, change) => {
      hooks.proveMailbox.mockImplementation(async () => {
        await change();
        return seen;
      });
      expect(await connect()).toMatchObject({
        failure: { code: 'integration-changed' },
      });
      expect(await grantRow()).toBeUndefined();
    });

    function withoutSlug({ callbackSlug: _, ...settings }: CreateIntegration) {
      return settings;
    }

    it('refuses a mailbox outside of the allowed domains, and all of them where none is named (S64)', async () => {
      await expect(connect(oauth, 'ceo@other.test')).rejects.toMatchObject({
        name: 'ConflictError',
        failure: { code: 'domain-not-allowed' },
      });
      await expect(
        oauth.integrations.create(input(), ADMIN).then(({ id }) =>
          db(tables.oauthIntegrations)
            .where({ id })
            .update({ allowed_domains: '[]' })
            .then(() =>
              oauth.applications.connect({
                id: mailboxId,
                address: ADDRESS,
                integrationId: id,
              }),
            ),
        ),
      ).rejects.toMatchObject({ failure: { code: 'domain-not-allowed' } });
      expect(server.requests).toHaveLength(0);
      expect(await connect()).toEqual({ status: 'succeeded' });
    });

    it('S5: neither connects nor authorizes where the portal is not served over https', async () => {
      const atHttp = startAt('http://portal.test/api/incoming-mail');
      const refused = {
        name: 'ConflictError',
        failure: { code: 'https-required' },
      };
      const authorize = (at: OAuth) =>
        at.consents.startConsent({
          mailbox: { id: mailboxId, address: ADDRESS, integrationId },
          userRef: ADMIN,
          returnOrigin: 'https://portal.test',
        });
      await expect(connect(atHttp)).rejects.toMatchObject(refused);
      expect(server.requests).toHaveLength(0);
      await useIntegration({ grantType: 'authorization_code' });
      await expect(authorize(atHttp)).rejects.toMatchObject(refused);
      const atLocalhost = startAt('http://localhost:7007/api/incoming-mail');
      for (const good of [oauth, atLocalhost]) {
        await expect(authorize(good)).resolves.toBeDefined();
        await useIntegration();
        expect(await connect(good)).toEqual({ status: 'succeeded' });
        await useIntegration({ grantType: 'authorization_code' });
      }
    });

    it('asks nobody where nobody has to consent, and takes nothing where somebody has', async () => {
      const authorize = () =>
        oauth.consents.startConsent({
          mailbox: { id: mailboxId, address: ADDRESS, integrationId },
          userRef: ADMIN,
          returnOrigin: 'https://portal.test',
        });
      await expect(authorize()).rejects.toThrow(/nobody has to authorize/);
      await useIntegration({ grantType: 'authorization_code' });
      await expect(connect()).rejects.toThrow(/has to authorize it/);
      await useIntegration({ clientId: undefined });
      await expect(connect()).rejects.toMatchObject({
        failure: { code: 'integration-incomplete' },
      });
      expect(server.requests).toHaveLength(0);
    });

    it('is a draft again where a person is to decide from now on', async () => {
      await connect();
      const { version } = await oauth.integrations.get(integrationId);
      const { clientSecret: _, ...settings } = withoutSlug(input());
      await oauth.integrations.update(integrationId, {
        ...settings,
        grantType: 'authorization_code',
        version,
      });
      expect(await codeOf(oauth.vault.accessToken(mailboxId))).toBe(
        'integration-changed',
      );
      // The secret is sent to the same place as before: it stays.
      expect(await oauth.integrations.get(integrationId)).toMatchObject({
        ready: true,
        clientSecret: { set: true },
      });
    });
  });
});
