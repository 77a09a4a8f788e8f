// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { dbNowPlus, tables } from '../../database';
import {
  ALICE,
  BASE_URL,
  ConsentWorld,
  cookiesOf,
  ORIGIN,
  startConsentWorld,
  tokens,
} from '../__testUtils__/startConsentWorld';

jest.setTimeout(60_000);

const BOB = 'user:default/bob';
const WRONG = 'ZZZZ9999';

describe('a consent across sites', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let world: ConsentWorld;

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
    });

    beforeEach(async () => {
      world = await startConsentWorld(db, { crossSite: true });
    });

    afterEach(() => world.close());

    /** All that happens in the window, to the code that it shows. */
    async function consent(start: { returnPath?: string } = {}) {
      const { consentId, startUrl } = await world.oauth.consents.startConsent({
        mailbox: world.mailbox,
        userRef: ALICE,
        returnOrigin: ORIGIN,
        ...start,
      });
      const begun = await world.open(startUrl.slice(BASE_URL.length));
      expect(begun.status).toBe(303);
      const location = new URL(begun.headers.location);
      const path = world.callbackPath(location);
      const cookie = cookiesOf(begun.headers);
      return { consentId, path, cookie, page: await world.open(path, cookie) };
    }

    const codeOf = (page: string) =>
      /class="code">([^<]+)</.exec(page)?.[1] ?? '';
    const claim = (id: string, code: string, userRef = ALICE) =>
      world.oauth.consents.claimConsent({ id, userRef, code });
    const statusOf = async (id: string) =>
      (await world.oauth.consents.getConsent(id, ALICE)).status;
    const pending = () => db(tables.oauthPendingGrants);

    it('uses nothing of what was given before it is claimed', async () => {
      const { consentId, page } = await consent();
      expect(page.status).toBe(200);
      const code = codeOf(page.text);
      expect(code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/);
      expect(await statusOf(consentId)).toBe('unclaimed');
      expect(await world.grants()).toHaveLength(0);
      expect(world.hooks.proveMailbox).not.toHaveBeenCalled();
      const rows = JSON.stringify(await pending());
      for (const secret of ['the-access-token', 'the-refresh-token', code]) {
        expect(rows).not.toContain(secret);
      }

      expect(await claim(consentId, code)).toMatchObject({
        status: 'succeeded',
      });
      expect(world.hooks.proveMailbox).toHaveBeenCalledTimes(1);
      expect(world.hooks.onGranted).toHaveBeenCalledTimes(1);
      expect(await pending()).toHaveLength(0);
      const token = await world.oauth.vault.accessToken(world.mailbox.id);
      expect(token.reveal()).toBe('the-access-token');
      // Once claimed, it cannot be claimed again.
      expect(await claim(consentId, code)).toMatchObject({
        status: 'succeeded',
      });
      expect(world.hooks.proveMailbox).toHaveBeenCalledTimes(1);
    });

    it('never becomes a grant of whoever lured somebody into it (T1)', async () => {
      const { consentId, path, cookie } = await consent();
      // The victim gave access; the attacker started it and guesses.
      for (const triesLeft of [4, 3, 2, 1]) {
        expect(await claim(consentId, WRONG)).toMatchObject({
          status: 'unclaimed',
          triesLeft,
        });
      }
      expect(await claim(consentId, WRONG)).toMatchObject({
        status: 'failed',
        failure: { code: 'claim-refused' },
      });
      expect(await pending()).toHaveLength(0);
      expect(await world.grants()).toHaveLength(0);
      expect(world.hooks.proveMailbox).not.toHaveBeenCalled();
      expect(world.server.requests).toHaveLength(1);
      expect((await world.open(path, cookie)).status).toBe(400);
    });

    it('compares no more than five codes, however many come at once', async () => {
      const { consentId, page } = await consent();
      await Promise.all(
        Array.from({ length: 30 }, () => claim(consentId, WRONG)),
      );
      expect(await claim(consentId, codeOf(page.text))).toMatchObject({
        status: 'failed',
      });
      expect(await world.grants()).toHaveLength(0);
    });

    it('is stored once where the right code comes twice', async () => {
      const { consentId, page } = await consent();
      const code = codeOf(page.text);
      await Promise.all([claim(consentId, code), claim(consentId, code)]);
      expect(world.hooks.proveMailbox).toHaveBeenCalledTimes(1);
      expect(await statusOf(consentId)).toBe('succeeded');
    });

    it('is claimed by its starter only, in time, and in the same browser', async () => {
      const { consentId, page } = await consent();
      const code = codeOf(page.text);
      await expect(claim(consentId, code, BOB)).rejects.toThrow(
        'There is no consent',
      );
      await pending().update({ expires_at: dbNowPlus(db, -1) });
      await db(tables.oauthConsents).update({
        consumed_at: dbNowPlus(db, -700_000),
      });
      expect(await claim(consentId, code)).toMatchObject({ status: 'expired' });
      expect(await world.grants()).toHaveLength(0);
      expect(await world.oauth.dropUnclaimed(10)).toBe(1);
      expect(await pending()).toHaveLength(0);

      const other = await world.oauth.consents.startConsent({
        mailbox: world.mailbox,
        userRef: ALICE,
        returnOrigin: ORIGIN,
      });
      const begun = await world.open(other.startUrl.slice(BASE_URL.length));
      const location = new URL(begun.headers.location);
      const path = world.callbackPath(location);
      expect((await world.open(path)).status).toBe(400);
      expect(await statusOf(other.consentId)).toBe('failed');
    });

    it('proves the mailbox at the claim, and forgets what does not open it', async () => {
      const { consentId, page } = await consent();
      world.hooks.proveMailbox.mockRejectedValueOnce(
        new MailFailure('login-refused', 'NO'),
      );
      expect(await claim(consentId, codeOf(page.text))).toMatchObject({
        status: 'failed',
        failure: { code: 'login-refused' },
      });
      expect(await pending()).toHaveLength(0);
      expect(await world.grants()).toHaveLength(0);
    });

    it('is dropped when it is cancelled', async () => {
      const { consentId, page } = await consent();
      await world.oauth.consents.cancelConsent(consentId, ALICE);
      expect(await pending()).toHaveLength(0);
      expect(await claim(consentId, codeOf(page.text))).toMatchObject({
        status: 'cancelled',
      });
    });

    it('shows the code with the way back where there was no popup', async () => {
      const { page, consentId } = await consent({ returnPath: '/catalog' });
      expect(page.text).toContain(
        `href="${ORIGIN}/catalog?incoming-mail-consent=${consentId}"`,
      );
      expect(page.headers.location).toBeUndefined();
    });

    it('gives no code for what is refused', async () => {
      world.server.answer(() => tokens({ refresh_token: undefined }));
      const { page, consentId } = await consent();
      expect(codeOf(page.text)).toBe('');
      expect(await statusOf(consentId)).toBe('failed');
      expect(await pending()).toHaveLength(0);
    });
  });
});

describe('a consent on one site', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

  it('starts for nobody who is not signed in: the other way is off', async () => {
    const db = await openTestDatabase(databases, 'SQLITE_3');
    const world = await startConsentWorld(db);
    const { startUrl } = await world.oauth.consents.startConsent({
      mailbox: world.mailbox,
      userRef: ALICE,
      returnOrigin: ORIGIN,
    });
    const begun = await world.open(startUrl.slice(BASE_URL.length));
    expect(begun.status).toBe(400);
    await world.close();
  });
});
