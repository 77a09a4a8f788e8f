// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { DbGrantRow, dbNowPlus, tables } from '../../database';
import { Secret } from '../../secrets';
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
import { ConsentStore } from '../consent/ConsentStore';
import { IntegrationService } from '../integrations/IntegrationService';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { TokenEndpoint } from '../tokenEndpoint';
import { GrantStore, StoredTokens } from './GrantStore';
import { TokenVault } from './TokenVault';
import { GrantRecord } from './types';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;

function newTokens(n: number): ScriptedReply {
  return {
    body: {
      access_token: `access-${n}`,
      refresh_token: `refresh-${n}`,
      token_type: 'Bearer',
      expires_in: 3600,
    },
  };
}

function oauthError(
  error: string,
  rest: { status?: number; description?: string } = {},
): ScriptedReply {
  return {
    status: rest.status ?? 400,
    body: { error, error_description: rest.description },
  };
}

describe('TokenVault', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let server: ScriptedTokenServer;
    let grants: GrantStore;
    let integrations: IntegrationStore;
    let service: IntegrationService;
    let integrationId: string;
    let mailboxId: string;
    let slept: number[];

    const keyring = aKeyring();
    const tokenEndpoint = new TokenEndpoint({ fetch, allowHttpLoopback: true });

    function aVault(store: GrantStore = grants): TokenVault {
      return new TokenVault({
        grants: store,
        integrations,
        tokenEndpoint,
        sleep: async ms => {
          slept.push(ms);
          await new Promise(resolve => {
            setTimeout(resolve, Math.min(ms, 20));
          });
        },
      });
    }

    async function giveGrant(
      to: string = mailboxId,
      changes: Partial<StoredTokens> = {},
    ): Promise<void> {
      await integrations.transaction(tx =>
        grants.put(tx, {
          mailboxId: to,
          integrationId,
          integrationVersion: 1,
          account: 'support@corp.test',
          tokens: {
            accessToken: new Secret('access-0'),
            refreshToken: new Secret('refresh-0'),
            expiresInMs: 1,
            refreshAheadMs: 0,
            scopes: ['mail'],
            ...changes,
          },
        }),
      );
    }

    const grantRow = async () =>
      (await db<DbGrantRow>(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .first())!;

    async function failureOf(work: Promise<unknown>): Promise<FailureCode> {
      const error = await work.then(
        () => undefined,
        thrown => thrown,
      );
      expect(MailFailure.is(error)).toBe(true);
      return error.code;
    }

    const sentRefreshTokens = () =>
      server.requests.map(({ parameters }) => parameters.get('refresh_token'));

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
      grants = new GrantStore({ db, keyring });
      integrations = new IntegrationStore({ db, keyring });
      service = new IntegrationService({
        integrations,
        grants,
        consents: new ConsentStore({ db, keyring }),
        externalBaseUrl: 'https://portal.test/api/incoming-mail',
        allowHttpLoopback: true,
      });
    });

    beforeEach(async () => {
      slept = [];
      server = await ScriptedTokenServer.start();
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        tokenEndpoint: server.url,
      });
      integrationId = await integrations.insert({
        callbackSlug,
        settings,
        clientSecret: new Secret(clientSecret!),
        createdBy: 'user:default/admin',
      });
      mailboxId = await addMailbox(db, { integrationId });
    });

    afterEach(() => server.close());

    it('gives a token that is good without asking anybody', async () => {
      await giveGrant(mailboxId, {
        expiresInMs: HOUR_MS,
        refreshAheadMs: HOUR_MS,
      });
      const token = await aVault().accessToken(mailboxId);
      expect(token.reveal()).toBe('access-0');
      expect(server.requests).toHaveLength(0);
    });

    it('asks once for fifty callers in two replicas, and stores before it answers (R24)', async () => {
      await giveGrant();
      server.answer(() => newTokens(1));
      const vaults = [aVault(), aVault()];

      const tokens = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          vaults[n % 2].accessToken(mailboxId),
        ),
      );

      expect(new Set(tokens.map(token => token.reveal()))).toEqual(
        new Set(['access-1']),
      );
      expect(sentRefreshTokens()).toEqual(['refresh-0']);
      expect(server.requests[0].authorization).toBe(
        `Basic ${btoa('portal:the-client-secret')}`,
      );
      const row = await grantRow();
      expect(row).toMatchObject({
        generation: 2,
        refreshing_by: null,
        failed_refreshes: 0,
      });
    });

    it('seals the tokens and sends the rotated one next (T16)', async () => {
      await giveGrant();
      server.answer(() => newTokens(1));
      await aVault().accessToken(mailboxId);
      const dump = await dumpTables(db);
      for (const secret of [
        'access-1',
        'refresh-1',
        'refresh-0',
        'the-client-secret',
      ]) {
        expect(dump).not.toContain(secret);
        expect(dump).not.toContain(btoa(secret).replace(/=+$/, ''));
      }

      server.answer(() => ({
        body: { access_token: 'access-2', token_type: 'bearer' },
      }));
      const forced = await aVault().accessToken(mailboxId, {
        forceRefreshOf: new Secret('access-1'),
      });
      expect(forced.reveal()).toBe('access-2');
      expect(sentRefreshTokens()).toEqual(['refresh-1']);

      // A reply without a refresh token keeps the former one, and one without
      // a life is taken for a bit less than an hour.
      server.answer(() => newTokens(3));
      await aVault().accessToken(mailboxId, {
        forceRefreshOf: new Secret('access-2'),
      });
      expect(sentRefreshTokens()).toEqual(['refresh-1']);

      // Somebody who still holds the refused token gets the newer one.
      const later = await aVault().accessToken(mailboxId, {
        forceRefreshOf: new Secret('access-2'),
      });
      expect(later.reveal()).toBe('access-3');
      expect(server.requests).toHaveLength(1);
    });

    it('takes over from a replica that died (R27)', async () => {
      await giveGrant();
      const dead = (await grants.find(mailboxId))!;
      await grants.claimRefresh(dead, { by: 'dead', leaseMs: 30_000 });
      server.answer(() => newTokens(1));
      const waiting = aVault().accessToken(mailboxId);
      await db(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .update({ refreshing_until: dbNowPlus(db, -1) });
      expect((await waiting).reveal()).toBe('access-1');
    });

    it.each([
      ['a refusal', () => oauthError('invalid_grant')],
      ['an answer', () => newTokens(9)],
    ])(
      'uses what another replica stored when %s comes late',
      async (_title, late) => {
        await giveGrant();
        const seen = (await grants.find(mailboxId))!;
        server.answer(async () => {
          await grants.storeRefreshed(seen, {
            accessToken: new Secret('access-of-the-other'),
            refreshToken: new Secret('refresh-of-the-other'),
            expiresInMs: HOUR_MS,
            refreshAheadMs: HOUR_MS,
            scopes: ['mail'],
          });
          return late();
        });
        const token = await aVault().accessToken(mailboxId);
        expect(token.reveal()).toBe('access-of-the-other');
        expect(server.requests).toHaveLength(1);
        expect(await grantRow()).toMatchObject({
          state: 'active',
          generation: 2,
        });
      },
    );

    it('ends a grant after a second refusal, once, and asks no more', async () => {
      await giveGrant();
      server.answer(() =>
        oauthError('invalid_grant', { description: 'Token has been revoked.' }),
      );
      const vaults = [aVault(), aVault()];
      const codes = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          failureOf(vaults[n % 2].accessToken(mailboxId)),
        ),
      );
      expect(new Set(codes)).toEqual(new Set(['consent-revoked']));
      expect(server.requests).toHaveLength(2);
      expect(slept).toContain(5_000);
      expect(await grantRow()).toMatchObject({
        state: 'needs-consent',
        failure_code: 'consent-revoked',
        generation: 2,
        refresh_sealed: null,
        access_sealed: null,
      });
      expect(await failureOf(vaults[0].accessToken(mailboxId))).toBe(
        'consent-revoked',
      );
      expect(server.requests).toHaveLength(2);

      // The control: a new consent makes it good again.
      await giveGrant(mailboxId, {
        expiresInMs: HOUR_MS,
        refreshAheadMs: HOUR_MS,
      });
      expect((await aVault().accessToken(mailboxId)).reveal()).toBe('access-0');
    });

    /** Rotates once, so that there is a token before the present one. */
    async function giveRotatedGrant(): Promise<void> {
      await giveGrant();
      server.answer(() => newTokens(1));
      await aVault().accessToken(mailboxId);
    }

    /** Has the access token renewed with whatever the server says to which token. */
    const renewWith = (answers: Record<string, () => ScriptedReply>) => {
      server.answer(({ parameters }) =>
        answers[parameters.get('refresh_token')!](),
      );
      return aVault().accessToken(mailboxId, {
        forceRefreshOf: new Secret('access-1'),
      });
    };

    const refused = () => oauthError('invalid_grant');

    it('goes back to the token before where the fresh one is not known everywhere yet (protocols 5.3)', async () => {
      await giveRotatedGrant();
      const token = await renewWith({
        'refresh-1': refused,
        'refresh-0': () => newTokens(2),
      });
      expect(token.reveal()).toBe('access-2');
      expect(sentRefreshTokens()).toEqual([
        'refresh-1',
        'refresh-1',
        'refresh-0',
      ]);
      const grant = (await grants.find(mailboxId))!;
      expect((await grant.openRefreshToken())?.reveal()).toBe('refresh-2');
      expect((await grant.openPreviousRefreshToken())?.reveal()).toBe(
        'refresh-0',
      );
    });

    it('keeps both where the token before brought none of its own', async () => {
      await giveRotatedGrant();
      await renewWith({
        'refresh-1': refused,
        'refresh-0': () => ({
          body: { access_token: 'access-2', token_type: 'Bearer' },
        }),
      });
      const grant = (await grants.find(mailboxId))!;
      expect((await grant.openRefreshToken())?.reveal()).toBe('refresh-1');
      expect((await grant.openPreviousRefreshToken())?.reveal()).toBe(
        'refresh-0',
      );
    });

    it('R25: shows a strict provider no used token before it has refused the present one twice, and stops after three', async () => {
      await giveRotatedGrant();
      const replies = [refused(), newTokens(2)];
      const strict = { 'refresh-0': () => oauthError('invalid_grant') };
      await renewWith({ ...strict, 'refresh-1': () => replies.shift()! });
      expect(sentRefreshTokens()).toEqual(['refresh-1', 'refresh-1']);

      server.answer(refused);
      expect(
        await failureOf(
          aVault().accessToken(mailboxId, {
            forceRefreshOf: new Secret('access-2'),
          }),
        ),
      ).toBe('consent-revoked');
      expect(sentRefreshTokens()).toEqual([
        'refresh-2',
        'refresh-2',
        'refresh-1',
      ]);
      expect(await grantRow()).toMatchObject({
        state: 'needs-consent',
        refresh_sealed: null,
        previous_refresh_sealed: null,
      });
    });

    it('tries the token before once only, and not after its day', async () => {
      await giveRotatedGrant();
      let present = refused;
      const answers = {
        'refresh-0': refused,
        'refresh-1': () => present(),
      };
      // The grant cannot be ended, as when the database goes away just then.
      const spy = jest
        .spyOn(grants, 'end')
        .mockRejectedValueOnce(new Error('Connection terminated'));
      await expect(renewWith(answers)).rejects.toThrow('Connection terminated');
      spy.mockRestore();
      expect((await grantRow()).previous_refresh_sealed).toBeNull();
      expect(server.requests).toHaveLength(3);

      present = () => newTokens(3);
      await db(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .update({ refreshing_until: null, next_refresh_at: null });
      await renewWith(answers);
      await db(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .update({ previous_refresh_until: dbNowPlus(db, -1) });
      const grant = (await grants.find(mailboxId))!;
      expect(await grant.openPreviousRefreshToken()).toBeUndefined();
      expect((await grantRow()).previous_refresh_sealed).not.toBeNull();
      expect(await grants.removeOldPrevious(10)).toBe(1);
      expect((await grantRow()).previous_refresh_sealed).toBeNull();
    });

    it('drops the token before with a renewal that did not rotate, and with a new consent', async () => {
      await giveRotatedGrant();
      await renewWith({
        'refresh-1': () => ({
          body: { access_token: 'access-2', token_type: 'Bearer' },
        }),
      });
      expect((await grantRow()).previous_refresh_sealed).toBeNull();
      await giveRotatedGrant();
      expect((await grantRow()).previous_refresh_sealed).not.toBeNull();
      await giveGrant();
      expect((await grantRow()).previous_refresh_sealed).toBeNull();
    });

    it.each<[string, string, number, FailureCode]>([
      [
        'after seven days at Google',
        'google',
        7 * 24,
        'consent-ended-in-testing',
      ],
      ['an hour early', 'google', 7 * 24 - 1, 'consent-ended-in-testing'],
      ['after six days', 'google', 6 * 24, 'consent-revoked'],
      ['after seven days elsewhere', 'custom', 7 * 24, 'consent-revoked'],
    ])(
      'P11: says of an end %s what it is',
      async (_, provider, hours, code) => {
        await db(tables.oauthIntegrations)
          .where({ id: integrationId })
          .update({ provider });
        await giveGrant();
        await db(tables.oauthGrants)
          .where({ mailbox_id: mailboxId })
          .update({ state_since: dbNowPlus(db, -hours * HOUR_MS) });
        server.answer(refused);
        expect(await failureOf(aVault().accessToken(mailboxId))).toBe(code);
        expect(await grantRow()).toMatchObject({
          state: 'needs-consent',
          failure_code: code,
        });
        // It stays so for whoever asks later.
        expect(await failureOf(aVault().accessToken(mailboxId))).toBe(code);
      },
    );

    it('T59: ends the oldest consent, and nothing else, where a provider keeps so many', async () => {
      const LIMIT = 5;
      const mailboxIds = [];
      for (let n = 0; n <= LIMIT; n += 1) {
        const id = await addMailbox(db, { integrationId });
        await giveGrant(id, { refreshToken: new Secret(`refresh-of-${n}`) });
        mailboxIds.push(id);
      }
      server.answer(({ parameters }) =>
        parameters.get('refresh_token') === 'refresh-of-0'
          ? refused()
          : newTokens(1),
      );
      const vault = aVault();
      expect(await failureOf(vault.accessToken(mailboxIds[0]))).toBe(
        'consent-revoked',
      );
      for (const id of mailboxIds.slice(1)) {
        expect((await vault.accessToken(id)).reveal()).toBe('access-1');
      }
    });

    describe('with two client secrets', () => {
      const secretOf = (n: number) =>
        atob(server.requests[n].authorization!.split(' ')[1]).split(':')[1];
      const sentSecrets = () => server.requests.map((_, n) => secretOf(n));
      const nextState = async () =>
        (await service.get(integrationId)).nextClientSecret?.state;

      /** Accepts these secrets only. */
      const accept =
        (...secrets: string[]) =>
        ({ authorization }: { authorization?: string }) =>
          secrets.includes(atob(authorization!.split(' ')[1]).split(':')[1])
            ? newTokens(1)
            : oauthError('invalid_client', { status: 401 });

      async function update(changes: object): Promise<void> {
        const { version } = await service.get(integrationId);
        const { callbackSlug, clientSecret, ...settings } = anIntegration({
          tokenEndpoint: server.url,
        });
        await service.update(integrationId, {
          ...settings,
          version,
          ...changes,
        });
      }

      async function renew(): Promise<void> {
        await db(tables.oauthGrants)
          .where({ mailbox_id: mailboxId })
          .update({ access_expires_at: 0, next_refresh_at: null });
        await aVault().accessToken(mailboxId);
      }

      const retire = async (secret: 'present' | 'next') => {
        const { version } = await service.get(integrationId);
        return service.retireSecret(integrationId, { secret, version });
      };

      beforeEach(async () => {
        await giveGrant();
        await update({
          nextClientSecret: 'the-next-secret',
          nextClientSecretExpiresOn: '2030-01-31',
        });
      });

      it('P18: tries the new one first, and lets the old one go once it is proven', async () => {
        expect(await nextState()).toBe('untried');
        await expect(retire('present')).rejects.toThrow(
          'has not accepted the new client secret yet',
        );
        server.answer(accept('the-client-secret', 'the-next-secret'));
        await renew();
        expect(sentSecrets()).toEqual(['the-next-secret']);
        expect(await nextState()).toBe('in-use');
        const after = await retire('present');
        expect(after.nextClientSecret).toBeUndefined();
        expect(after.clientSecret).toMatchObject({
          set: true,
          expiresOn: '2030-01-31',
        });
        await renew();
        expect(sentSecrets()).toEqual(['the-next-secret', 'the-next-secret']);
        expect(await grantRow()).toMatchObject({ state: 'active' });
        await expect(retire('present')).rejects.toThrow('one client secret');
        expect(await dumpTables(db)).not.toContain('the-next-secret');
      });

      it('P18: falls back to the old one within the same renewal, then rests the new one for an hour', async () => {
        server.answer(accept('the-client-secret'));
        await renew();
        expect(sentSecrets()).toEqual(['the-next-secret', 'the-client-secret']);
        expect(await nextState()).toBe('refused');
        expect((await service.get(integrationId)).fault).toBeUndefined();
        await renew();
        expect(sentSecrets().slice(2)).toEqual(['the-client-secret']);
        await expect(retire('present')).rejects.toMatchObject({
          name: 'ConflictError',
        });

        // The old one runs out before the hour is over.
        server.answer(accept('the-next-secret'));
        await renew();
        expect(sentSecrets()).toEqual(['the-client-secret', 'the-next-secret']);
        expect(await nextState()).toBe('in-use');

        // And one that was refused is tried again after the hour.
        await db(tables.oauthIntegrations)
          .where({ id: integrationId })
          .update({ next_secret_refused_at: dbNowPlus(db, -HOUR_MS) });
        await renew();
        expect(sentSecrets().slice(2)).toEqual(['the-next-secret']);
        expect(await nextState()).toBe('in-use');
      });

      it('blames the client where both are refused, with two requests', async () => {
        server.answer(accept());
        expect(await failureOf(renew())).toBe('client-refused');
        expect(server.requests).toHaveLength(2);
        expect((await service.get(integrationId)).fault?.code).toBe(
          'client-refused',
        );
        expect(await nextState()).toBe('untried');
      });

      it.each([
        ['500', { status: 500, body: '' }],
        ['a refused client of another kind', oauthError('unauthorized_client')],
        [
          'a tenant that is none',
          oauthError('invalid_request', { description: 'AADSTS90002: None.' }),
        ],
        ['temporarily_unavailable', oauthError('temporarily_unavailable')],
      ])('sends no second request for %s', async (_title, reply) => {
        server.answer(() => reply);
        await failureOf(renew());
        expect(server.requests).toHaveLength(1);
        expect(await nextState()).toBe('untried');
      });

      it('T21: drops both when the token endpoint changes', async () => {
        await expect(
          update({ tokenEndpoint: `${server.url}/elsewhere` }),
        ).rejects.toMatchObject({ name: 'InputError' });
        await update({
          tokenEndpoint: `${server.url}/elsewhere`,
          clientSecret: 'entered-again',
        });
        const row = await db(tables.oauthIntegrations)
          .where({ id: integrationId })
          .first();
        expect(row).toMatchObject({
          next_secret_sealed: null,
          next_secret_expires_on: null,
        });
        expect(await nextState()).toBeUndefined();
      });

      it('opens neither in the other’s place', async () => {
        const row = await db(tables.oauthIntegrations)
          .where({ id: integrationId })
          .first();
        await db(tables.oauthIntegrations)
          .where({ id: integrationId })
          .update({ client_secret_sealed: row.next_secret_sealed });
        const swapped = (await integrations.find(integrationId))!;
        await expect(swapped.openClientSecret()).rejects.toMatchObject({
          code: 'vault-record-unreadable',
        });
        expect((await swapped.nextClientSecret?.open())?.reveal()).toBe(
          'the-next-secret',
        );
      });

      it('gives the new one up on request', async () => {
        const after = await retire('next');
        expect(after.nextClientSecret).toBeUndefined();
        server.answer(accept('the-client-secret'));
        await renew();
        expect(sentSecrets()).toEqual(['the-client-secret']);
      });

      it('needs one that it comes after', async () => {
        const { callbackSlug, clientSecret, ...settings } = anIntegration();
        const id = await integrations.insert({
          callbackSlug,
          settings,
          createdBy: 'user:default/admin',
        });
        await expect(
          service.update(id, {
            ...settings,
            version: 1,
            nextClientSecret: 'the-next-secret',
          }),
        ).rejects.toMatchObject({
          fields: [expect.objectContaining({ path: 'body.nextClientSecret' })],
        });
      });
    });

    it('believes a provider that has thought better of its refusal (R27)', async () => {
      await giveGrant();
      const replies = [oauthError('invalid_grant'), newTokens(1)];
      server.answer(() => replies.shift()!);
      expect((await aVault().accessToken(mailboxId)).reveal()).toBe('access-1');
    });

    const unreachable = 'token-endpoint-unreachable';
    const unusable = 'token-reply-unusable';
    it.each<[string, ScriptedReply, FailureCode]>([
      ['429', { status: 429, body: '' }, unreachable],
      ['500', { status: 500, body: 'oops' }, unreachable],
      [
        '503 with a word',
        oauthError('invalid_grant', { status: 503 }),
        unreachable,
      ],
      [
        '429 with a word',
        oauthError('invalid_grant', { status: 429 }),
        unreachable,
      ],
      ['a cut line', 'cut', unreachable],
      [
        'temporarily_unavailable',
        oauthError('temporarily_unavailable'),
        unreachable,
      ],
      [
        'HTML',
        { headers: { 'content-type': 'text/html' }, body: '<p>Hi' },
        unusable,
      ],
      ['400 with HTML', { status: 400, body: '<p>invalid_grant' }, unusable],
      ['torn JSON', { body: '{"access_token":"a' }, unusable],
      ['nothing', { body: '' }, unusable],
      ['an array', { body: [] }, unusable],
      ['200 with an error', { body: { error: 'invalid_grant' } }, unusable],
      ['no token type', { body: { access_token: 'x' } }, unusable],
      [
        'another token type',
        { body: { access_token: 'x', token_type: 'mac' } },
        unusable,
      ],
      [
        'a redirect',
        { status: 307, headers: { location: '/other' }, body: '' },
        unusable,
      ],
      ['an unknown error', oauthError('out_of_cheese'), unusable],
    ])('waits and stays active after %s', async (_title, reply, code) => {
      await giveGrant();
      server.answer(() => reply);
      const vault = aVault();
      expect(await failureOf(vault.accessToken(mailboxId))).toBe(code);
      expect(await grantRow()).toMatchObject({
        state: 'active',
        failure_code: code,
        failed_refreshes: 1,
        refreshing_by: null,
      });
      // While it cools down nobody asks, and everybody hears the same.
      expect(await failureOf(aVault().accessToken(mailboxId))).toBe(code);
      expect(server.requests).toHaveLength(1);

      await db(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .update({ next_refresh_at: dbNowPlus(db, -1) });
      server.answer(() => newTokens(1));
      expect((await vault.accessToken(mailboxId)).reveal()).toBe('access-1');
      expect(await grantRow()).toMatchObject({
        failed_refreshes: 0,
        failure_code: null,
      });
    });

    it('leaves the provider alone for as long as it asks', async () => {
      await giveGrant();
      server.answer(() => ({
        status: 503,
        headers: { 'retry-after': '600' },
        body: '',
      }));
      await failureOf(aVault().accessToken(mailboxId));
      const { coolingMs } = (await grants.find(mailboxId))!;
      expect(coolingMs).toBeGreaterThan(500_000);
      expect(coolingMs).toBeLessThanOrEqual(600_000);
    });

    it.each([
      ['invalid_client', oauthError('invalid_client', { status: 401 })],
      ['unauthorized_client', oauthError('unauthorized_client')],
      [
        'an expired secret at Microsoft',
        oauthError('invalid_request', {
          description:
            'AADSTS7000222: The provided client secret keys are expired.',
        }),
      ],
    ])(
      'blames the client for %s and goes on with a new secret',
      async (_, reply) => {
        await giveGrant();
        server.answer(() => ({
          ...(reply as {}),
          headers: { 'www-authenticate': 'Basic realm="x"' },
        }));
        expect(await failureOf(aVault().accessToken(mailboxId))).toBe(
          'client-refused',
        );
        expect(await grantRow()).toMatchObject({ state: 'active' });

        const { id, version, fault, ...rest } = await service.get(
          integrationId,
        );
        expect(fault).toEqual({
          code: 'client-refused',
          detail: expect.stringMatching(/_client|AADSTS7000222/),
          since: expect.any(String),
        });
        const { callbackSlug, clientSecret, ...settings } = anIntegration({
          tokenEndpoint: rest.tokenEndpoint,
        });
        await service.update(id, {
          ...settings,
          version,
          clientSecret: 'the-new-secret',
        });
        server.answer(() => newTokens(1));
        expect((await aVault().accessToken(mailboxId)).reveal()).toBe(
          'access-1',
        );
        expect(server.requests[0].authorization).toBe(
          `Basic ${btoa('portal:the-new-secret')}`,
        );
      },
    );

    it('R30: counts a refused client on the integration once, until it works again', async () => {
      await giveGrant();
      const other = await addMailbox(db, { integrationId });
      await giveGrant(other);
      server.answer(() => oauthError('invalid_client', { status: 401 }));
      await failureOf(aVault().accessToken(mailboxId));
      const first = (await service.get(integrationId)).fault!;
      await db(tables.oauthIntegrations)
        .where({ id: integrationId })
        .update({ fault_since: dbNowPlus(db, -HOUR_MS) });
      await failureOf(aVault().accessToken(other));
      const { fault } = await service.get(integrationId);
      expect(Date.parse(fault!.since!)).toBeLessThan(Date.parse(first.since!));

      // It passes without anybody's doing, as at a provider that was wrong.
      await db(tables.oauthGrants).update({ next_refresh_at: null });
      server.answer(() => newTokens(1));
      await aVault().accessToken(other);
      expect((await service.get(integrationId)).fault).toBeUndefined();
      expect(await grantRow()).toMatchObject({ state: 'active' });
    });

    it('R30: lets a refusal of the former secret delay nothing after a new one was entered', async () => {
      await giveGrant();
      await db(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .update({ failed_refreshes: 9 });
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        tokenEndpoint: server.url,
      });
      server.answer(async () => {
        await service.update(integrationId, {
          ...settings,
          version: 1,
          clientSecret: 'the-new-secret',
        });
        return oauthError('invalid_client', { status: 401 });
      });
      await failureOf(aVault().accessToken(mailboxId));
      expect((await service.get(integrationId)).fault).toBeUndefined();
      expect(await grantRow()).toMatchObject({
        refreshing_by: null,
        failed_refreshes: 0,
        next_refresh_at: null,
      });
      server.answer(() => newTokens(1));
      expect((await aVault().accessToken(mailboxId)).reveal()).toBe('access-1');
    });

    it('goes by Microsoft’s number for a changed password', async () => {
      await giveGrant();
      server.answer(() =>
        oauthError('interaction_required', {
          description: 'AADSTS50173: The provided grant has expired.',
        }),
      );
      expect(await failureOf(aVault().accessToken(mailboxId))).toBe(
        'consent-revoked',
      );
    });

    it('makes do with the present token when renewing ahead fails', async () => {
      await giveGrant(mailboxId, { expiresInMs: 600_000 });
      server.answer(() => ({ status: 500, body: '' }));
      expect((await aVault().accessToken(mailboxId)).reveal()).toBe('access-0');
      expect(server.requests).toHaveLength(1);
      // The control: not when that one was refused.
      expect(
        await failureOf(
          aVault().accessToken(mailboxId, {
            forceRefreshOf: new Secret('access-0'),
          }),
        ),
      ).toBe('token-endpoint-unreachable');
    });

    it('keeps trying to store a token while the database is away (R26)', async () => {
      class AbsentGrantStore extends GrantStore {
        absences = 3;

        async storeRefreshed(grant: GrantRecord, tokens: StoredTokens) {
          this.absences -= 1;
          if (this.absences >= 0) {
            throw new Error('Connection terminated unexpectedly');
          }
          return super.storeRefreshed(grant, tokens);
        }
      }
      await giveGrant();
      server.answer(() => newTokens(1));
      const vault = aVault(new AbsentGrantStore({ db, keyring }));
      expect((await vault.accessToken(mailboxId)).reveal()).toBe('access-1');
      expect(server.requests).toHaveLength(1);
      const stored = await (await grants.find(mailboxId))!.openRefreshToken();
      expect(stored?.reveal()).toBe('refresh-1');
    });

    it('goes on for the others when one caller leaves', async () => {
      await giveGrant();
      const leaving = new AbortController();
      server.answer(() => {
        leaving.abort(new Error('left'));
        return newTokens(1);
      });
      const vault = aVault();
      const staying = vault.accessToken(mailboxId);
      await expect(
        vault.accessToken(mailboxId, { signal: leaving.signal }),
      ).rejects.toThrow('left');
      expect((await staying).reveal()).toBe('access-1');
      await vault.settle();
    });

    it('sends nothing to an endpoint that was changed after the consent (T21)', async () => {
      await giveGrant();
      server.answer(() => newTokens(1));
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        tokenEndpoint: `${server.url}/elsewhere`,
      });
      await service.update(integrationId, {
        ...settings,
        version: 1,
        clientSecret: 'entered again',
      });
      expect(await failureOf(aVault().accessToken(mailboxId))).toBe(
        'integration-changed',
      );
      expect(server.requests).toHaveLength(0);
    });

    it('is not disturbed by another name of the integration meanwhile', async () => {
      await giveGrant();
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        name: 'Another name',
        tokenEndpoint: server.url,
      });
      const seen = (await grants.find(mailboxId))!;
      await service.update(integrationId, { ...settings, version: 1 });
      expect(seen.integrationVersion).toBe(1);
      server.answer(() => newTokens(1));
      expect((await aVault().accessToken(mailboxId)).reveal()).toBe('access-1');
    });

    it('opens no token that was copied from another grant (T17)', async () => {
      const other = await addMailbox(db, { integrationId });
      await giveGrant();
      await giveGrant(other);
      const { refresh_sealed } = await grantRow();
      await db(tables.oauthGrants)
        .where({ mailbox_id: other })
        .update({ refresh_sealed });
      expect(await failureOf(aVault().accessToken(other))).toBe(
        'vault-record-unreadable',
      );
      expect(server.requests).toHaveLength(0);
    });

    it('has nothing for a mailbox without a grant for its address', async () => {
      expect(await failureOf(aVault().accessToken(mailboxId))).toBe(
        'not-authorized-yet',
      );
      await giveGrant();
      await db(tables.mailboxes)
        .where({ id: mailboxId })
        .update({ address: 'other@corp.test' });
      expect(await failureOf(aVault().accessToken(mailboxId))).toBe(
        'not-authorized-yet',
      );
    });
  });
});
