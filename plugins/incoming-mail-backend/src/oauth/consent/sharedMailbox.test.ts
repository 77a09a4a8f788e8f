// SPDX-License-Identifier: Apache-2.0
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { inTransaction, tables } from '../../database';
import { addMailbox } from '../__testUtils__/fixtures';
import {
  ADDRESS,
  ALICE,
  BASE_URL,
  ConsentWorld,
  cookiesOf,
  idToken,
  ISSUER,
  ORIGIN,
  startConsentWorld,
  tokens,
} from '../__testUtils__/startConsentWorld';

jest.setTimeout(60_000);

const JO = 'jo@corp.test';

describe('a shared mailbox', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let world: ConsentWorld;

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
    });

    afterEach(() => world.close());

    async function useWorld(allowSharedMailboxes: boolean | undefined) {
      world = await startConsentWorld(db, {
        integration: {
          issuer: ISSUER,
          scopes: ['openid', 'email', 'mail', 'offline_access'],
          allowedDomains: ['corp.test'],
          allowSharedMailboxes,
          revocationEndpoint: 'https://provider.test/revoke',
        },
      });
    }

    /** Consents with an account; gives how the consent then stands. */
    async function consentAs(email: string, claims: object = {}) {
      const { consentId, startUrl } = await world.oauth.consents.startConsent({
        mailbox: world.mailbox,
        userRef: ALICE,
        returnOrigin: ORIGIN,
      });
      const signedIn = mockCredentials.limitedUser.cookie(ALICE);
      const begun = await world.open(startUrl.slice(BASE_URL.length), signedIn);
      const location = new URL(begun.headers.location);
      const nonce = location.searchParams.get('nonce');
      world.server.answer(() =>
        tokens({ id_token: idToken({ nonce, email, ...claims }) }),
      );
      await world.open(
        world.callbackPath(location),
        `${signedIn}; ${cookiesOf(begun.headers)}`,
      );
      return world.oauth.consents.getConsent(consentId, ALICE);
    }

    it('is read by another account where an administrator allows it (T8)', async () => {
      await useWorld(true);
      expect(await consentAs(JO)).toMatchObject({ status: 'succeeded' });
      // As the mailbox, which is what the sign-in to it proves.
      expect(world.hooks.proveMailbox).toHaveBeenCalledTimes(1);
      expect(await world.oauth.findGrant(world.mailbox.id)).toMatchObject({
        state: 'active',
        consentedAs: JO,
      });
      expect(await consentAs(ADDRESS)).toMatchObject({ status: 'succeeded' });
      const own = await world.oauth.findGrant(world.mailbox.id);
      expect(own?.consentedAs).toBeUndefined();
    });

    it.each([
      ['it is not allowed', undefined, JO, {}],
      ['the domain is not', true, 'jo@evil.test', {}],
      ['the address is not verified', true, JO, { email_verified: false }],
      ['there is no address', true, JO, { email: undefined }],
      ['the address is none', true, 'not an address@corp.test', {}],
    ])('stores nothing where %s (T8)', async (_title, allowed, as, claims) => {
      await useWorld(allowed);
      expect(await consentAs(as, claims)).toMatchObject({
        status: 'failed',
        failure: { code: 'wrong-account' },
      });
      expect(world.hooks.proveMailbox).not.toHaveBeenCalled();
      expect(await world.grants()).toHaveLength(0);
    });

    it('stores nothing where the mail server does not let the account in (T8)', async () => {
      await useWorld(true);
      world.hooks.proveMailbox.mockRejectedValueOnce(
        new MailFailure('login-refused', 'NO'),
      );
      expect(await consentAs(JO)).toMatchObject({
        status: 'failed',
        failure: { code: 'wrong-account' },
      });
      expect(await world.grants()).toHaveLength(0);

      // A mail server that is down says nothing about whose account it is.
      world.hooks.proveMailbox.mockRejectedValueOnce(
        new MailFailure('connection-refused', 'down'),
      );
      expect(await consentAs(JO)).toMatchObject({
        failure: { code: 'connection-refused' },
      });
    });

    it('has access revoked with the last mailbox that the account opened (T60)', async () => {
      await useWorld(true);
      await consentAs(JO);
      const own = world.mailbox;
      const { id } = own;
      const projectRef = 'component:default/second';
      world.mailbox = {
        ...own,
        id: await addMailbox(db, {
          integrationId: own.integrationId,
          projectRef,
        }),
      };
      await consentAs(JO);
      const forget = (mailboxId: string) =>
        inTransaction(db, tx => world.oauth.forgetGrant(tx, mailboxId));
      await forget(id);
      expect(await db(tables.oauthRevocations)).toHaveLength(0);
      await forget(world.mailbox.id);
      expect(await db(tables.oauthRevocations)).toMatchObject([
        { account: JO },
      ]);
      await db(tables.oauthRevocations).delete();
    });

    it('is read no more when the permission is taken back', async () => {
      await useWorld(true);
      await consentAs(JO);
      const { version } = await world.oauth.integrations.get(
        world.integrationId,
      );
      const stored = await world.oauth.integrations.get(world.integrationId);
      expect(stored.allowSharedMailboxes).toBe(true);
      await world.oauth.integrations.update(world.integrationId, {
        name: stored.name,
        provider: stored.provider,
        grantType: stored.grantType,
        issuer: stored.issuer,
        authorizationEndpoint: stored.authorizationEndpoint,
        tokenEndpoint: stored.tokenEndpoint,
        revocationEndpoint: stored.revocationEndpoint,
        scopes: stored.scopes,
        clientId: stored.clientId,
        clientAuthentication: stored.clientAuthentication,
        allowedDomains: stored.allowedDomains,
        mailHosts: stored.mailHosts,
        version,
      });
      await expect(
        world.oauth.vault.accessToken(world.mailbox.id),
      ).rejects.toMatchObject({ code: 'integration-changed' });
    });
  });
});
