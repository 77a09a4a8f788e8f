// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { UpdateIntegration } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import request from 'supertest';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { dbNowPlus, tables } from '../../database';
import { anIntegration } from '../__testUtils__/fixtures';
import {
  ADDRESS,
  ALICE,
  BASE_URL,
  ConsentWorld,
  cookiesOf,
  idToken,
  ISSUER,
  startConsentWorld,
  tokens,
} from '../__testUtils__/startConsentWorld';

jest.setTimeout(60_000);

const PAGE = '/oauth/invite';
const EXPECTED_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
};

describe('a link for the owner of a mailbox', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let world: ConsentWorld;

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
    });

    beforeEach(async () => {
      world = await startConsentWorld(db);
    });

    afterEach(() => world.close());

    async function makeLink(lifetimeHours = 72) {
      const link = await world.oauth.links.create({
        mailbox: world.mailbox,
        userRef: ALICE,
        lifetimeHours,
      });
      return { ...link, secret: link.url.split('#')[1] };
    }

    const post = (
      path: string,
      fields: Record<string, string>,
      headers: Record<string, string> = {},
    ) => request(world.app).post(path).type('form').set(headers).send(fields);

    const fieldOf = (page: string, name: string) =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';

    /** Opens the link's page as its script does; gives the button's form. */
    async function openPage(secret: string) {
      const page = await post(PAGE, { secret });
      const fields = {
        secret: fieldOf(page.text, 'secret'),
        page: fieldOf(page.text, 'page'),
      };
      return { page, fields, cookie: cookiesOf(page.headers) };
    }

    /** From the page to the provider. */
    async function goOn(secret: string) {
      const { fields, cookie } = await openPage(secret);
      const page = await post(`${PAGE}/continue`, fields, { cookie });
      expect(page.status).toBe(200);
      const location = new URL(page.headers.refresh.replace('0; url=', ''));
      return { page, location, cookie: cookiesOf(page.headers) };
    }

    async function consentBy(secret: string) {
      const { location, cookie } = await goOn(secret);
      return world.open(world.callbackPath(location), cookie);
    }

    const events = () =>
      world.auditor.createEvent.mock.calls.map(([{ eventId }]) => eventId);

    it('authorizes the mailbox, once, without a sign-in', async () => {
      const link = await makeLink();
      expect(link.url).toMatch(
        /^https:\/\/portal\.test\/api\/incoming-mail\/oauth\/invite#[\w-]{43}$/,
      );
      expect(await world.oauth.links.list(world.mailbox.id)).toEqual([
        {
          id: link.id,
          address: ADDRESS,
          createdBy: ALICE,
          createdAt: link.createdAt,
          expiresAt: link.expiresAt,
          openedAt: undefined,
        },
      ]);
      expect(
        Date.parse(link.expiresAt) - Date.parse(link.createdAt),
      ).toBeCloseTo(72 * 3_600_000, -3);
      const rows = JSON.stringify(await db(tables.oauthConsentLinks));
      expect(rows).not.toContain(link.secret);

      const shell = await world.open(PAGE);
      expect(shell.status).toBe(200);
      expect(shell.headers).toMatchObject(EXPECTED_HEADERS);
      expect(shell.text).toContain('location.hash');
      expect(shell.headers['content-security-policy']).toMatch(
        /^default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; style-src 'sha256-[^']+'; script-src 'sha256-[^' ]+'$/,
      );

      const { page } = await openPage(link.secret);
      expect(page.headers).toMatchObject(EXPECTED_HEADERS);
      for (const fact of [
        ADDRESS,
        'INBOX',
        world.projectRef,
        ALICE,
        'Corp &lt;portal&gt;',
        'https://portal.test',
        'Continue to provider.test',
        link.expiresAt.slice(0, 10),
        'How to withdraw it',
      ]) {
        expect(page.text).toContain(fact);
      }
      expect(page.text).not.toContain('<script');
      const [opened] = await world.oauth.links.list(world.mailbox.id);
      expect(opened.openedAt).toEqual(expect.any(String));

      const departure = await goOn(link.secret);
      expect(departure.page.headers).toMatchObject(EXPECTED_HEADERS);
      expect(departure.location.searchParams.get('login_hint')).toBe(ADDRESS);
      const end = await world.open(
        world.callbackPath(departure.location),
        departure.cookie,
      );
      expect(end.status).toBe(200);
      expect(end.headers).toMatchObject(EXPECTED_HEADERS);
      expect(end.text).toContain('Done, thank you');
      expect(world.hooks.proveMailbox).toHaveBeenCalledTimes(1);
      expect(await world.grants()).toHaveLength(1);
      expect(await world.oauth.links.list(world.mailbox.id)).toEqual([]);

      const again = await post(PAGE, { secret: link.secret });
      expect(again.status).toBe(400);
      expect(again.text).toContain('This link has done its work already');
      // T66: each of these once, and the owner's journal beside.
      expect(events()).toEqual([
        'consent-link-open',
        'consent-link-open',
        'consent-link-begin',
        'consent-complete',
        'consent-link-open',
      ]);
      expect(world.audited.fail).toHaveBeenCalledTimes(1);
      expect(
        JSON.stringify(world.auditor.createEvent.mock.calls),
      ).not.toContain(link.secret);
      const mailboxId = world.mailbox.id;
      expect(world.hooks.onLink.mock.calls).toEqual([
        [{ mailboxId, event: 'link-opened' }],
        [{ mailboxId, event: 'link-used' }],
        [{ mailboxId, event: 'link-refused', code: 'link-used' }],
      ]);
    });

    it('is begun on its own page only, in one browser (T1, T15)', async () => {
      const { secret } = await makeLink();
      const { fields, cookie } = await openPage(secret);
      const button = `${PAGE}/continue`;
      for (const refused of [
        post(button, fields),
        post(button, { ...fields, page: 'x'.repeat(43) }, { cookie }),
        post(button, { secret }, { cookie }),
        post(button, fields, { cookie, 'sec-fetch-site': 'cross-site' }),
        post(button, fields, { cookie, 'sec-fetch-dest': 'iframe' }),
        request(world.app).get(`${button}?secret=${secret}`),
        post(PAGE, { secret }, { 'sec-fetch-site': 'cross-site' }),
        request(world.app).get(PAGE).set('sec-fetch-dest', 'iframe'),
      ]) {
        const reply = await refused;
        expect(reply.status).toBeGreaterThanOrEqual(400);
        expect(reply.headers['set-cookie']).toBeUndefined();
        expect(reply.headers.refresh).toBeUndefined();
      }
      expect(await db(tables.oauthConsents)).toHaveLength(0);
      const good = await post(button, fields, {
        cookie,
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      });
      expect(good.status).toBe(200);

      const { location } = await goOn(secret);
      const elsewhere = await world.open(world.callbackPath(location));
      expect(elsewhere.status).toBe(400);
      expect(world.server.requests).toHaveLength(0);
      expect(await world.grants()).toHaveLength(0);
    });

    it('works again after a consent that failed', async () => {
      const { secret } = await makeLink();
      world.hooks.proveMailbox.mockRejectedValueOnce(
        new MailFailure('login-refused', 'NO'),
      );
      const failed = await consentBy(secret);
      expect(failed.text).toContain('The mail server refused to sign in');
      expect(failed.text).toContain('Open the link again');
      expect(await world.grants()).toHaveLength(0);
      expect((await consentBy(secret)).text).toContain('Done, thank you');
    });

    it('is used once where two come to the end at once', async () => {
      const { secret } = await makeLink();
      const first = await goOn(secret);
      world.hooks.proveMailbox.mockImplementationOnce(async () => {
        await db(tables.oauthConsentLinks).update({
          used_at: dbNowPlus(db, 0),
        });
        return { folder: 'INBOX', uidValidity: 1, uidNext: 1 };
      });
      const end = await world.open(
        world.callbackPath(first.location),
        first.cookie,
      );
      expect(end.text).toContain('This link has done its work already');
      expect(await world.grants()).toHaveLength(0);
    });

    it.each([
      [
        'has run out',
        'This link has run out',
        (id: string) =>
          db(tables.oauthConsentLinks)
            .where({ id })
            .update({ expires_at: dbNowPlus(db, -1) }),
      ],
      [
        'was withdrawn',
        'This link was withdrawn',
        (id: string) =>
          world.oauth.links.revoke({ id, mailboxId: world.mailbox.id }),
      ],
      [
        'is for another address now',
        'The integration was changed',
        () => db(tables.mailboxes).update({ address: 'other@corp.test' }),
      ],
    ])('leads nowhere when it %s', async (_title, words, change) => {
      const link = await makeLink();
      const { fields, cookie } = await openPage(link.secret);
      await change(link.id);
      for (const reply of [
        await post(PAGE, { secret: link.secret }),
        await post(`${PAGE}/continue`, fields, { cookie }),
      ]) {
        expect(reply.status).toBe(400);
        expect(reply.text).toContain(words);
        expect(reply.text).not.toContain(ADDRESS);
      }
      expect(await db(tables.oauthConsents)).toHaveLength(0);
    });

    it('is withdrawn also while somebody is at the provider', async () => {
      const link = await makeLink();
      const { location, cookie } = await goOn(link.secret);
      const of = { id: link.id, mailboxId: world.mailbox.id };
      await expect(
        world.oauth.links.revoke({ ...of, mailboxId: 'another' }),
      ).rejects.toMatchObject({ name: 'NotFoundError' });
      await world.oauth.links.revoke(of);
      await expect(world.oauth.links.revoke(of)).rejects.toMatchObject({
        name: 'NotFoundError',
      });
      const end = await world.open(world.callbackPath(location), cookie);
      expect(end.text).toContain('This link was withdrawn');
      expect(world.server.requests).toHaveLength(0);
      expect(await world.grants()).toHaveLength(0);
    });

    it('outlives another name of the integration, not another provider', async () => {
      const { secret } = await makeLink();
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        tokenEndpoint: world.server.url,
      });
      const update = (changes: Partial<UpdateIntegration>, version: number) =>
        world.oauth.integrations.update(world.integrationId, {
          ...settings,
          ...changes,
          version,
        });
      await update({ name: 'Another name' }, 1);
      expect((await post(PAGE, { secret })).status).toBe(200);
      await update(
        {
          tokenEndpoint: 'https://evil.test/token',
          clientSecret: 'entered-again',
        },
        2,
      );
      const reply = await post(PAGE, { secret });
      expect(reply.status).toBe(400);
      expect(reply.text).toContain('The integration was changed');
    });

    it('takes the account of the address alone, also where mailboxes are shared (T8)', async () => {
      await world.close();
      world = await startConsentWorld(db, {
        integration: {
          issuer: ISSUER,
          scopes: ['openid', 'email', 'mail', 'offline_access'],
          allowSharedMailboxes: true,
        },
      });
      const { secret } = await makeLink();
      for (const [email, words] of [
        ['mallory@corp.test', 'Another account than the channel’s address'],
        [ADDRESS, 'Done, thank you'],
      ]) {
        const { location, cookie } = await goOn(secret);
        const nonce = location.searchParams.get('nonce');
        world.server.answer(() =>
          tokens({ id_token: idToken({ nonce, email }) }),
        );
        const end = await world.open(world.callbackPath(location), cookie);
        expect(end.text).toContain(words);
      }
      expect(world.hooks.proveMailbox).toHaveBeenCalledTimes(1);
    });

    it('says the same to whoever guesses, and notes nothing (T14)', async () => {
      const attack = '</script><img src=x onerror=alert(1)>';
      for (const secret of ['', 'x'.repeat(43), attack]) {
        const reply = await post(PAGE, { secret });
        expect(reply.status).toBe(400);
        expect(reply.text).toContain('This link is not complete');
        expect(reply.text).not.toContain('onerror');
      }
      expect(world.auditor.createEvent).not.toHaveBeenCalled();
      expect(world.hooks.onLink).not.toHaveBeenCalled();
    });

    it('can be pasted whole', async () => {
      const { url } = await makeLink();
      expect((await openPage(` ${url} `)).page.status).toBe(200);
    });

    it('is one of five that a channel has', async () => {
      const links = [];
      for (let n = 0; n < 5; n += 1) {
        links.push(await makeLink(1));
      }
      await expect(makeLink()).rejects.toMatchObject({ name: 'ConflictError' });
      const mailboxId = world.mailbox.id;
      await world.oauth.links.revoke({ id: links[0].id, mailboxId });
      const another = await makeLink(168);
      const open = await world.oauth.links.list(mailboxId);
      expect(open).toHaveLength(5);
      expect(open.map(({ id }) => id)).toContain(another.id);
      await db(tables.oauthConsentLinks).update({
        expires_at: dbNowPlus(db, -1),
      });
      expect(await world.oauth.links.list(mailboxId)).toEqual([]);
      expect(await world.oauth.removeOldLinks({ ageMs: 0, limit: 4 })).toBe(4);
    });

    it('is opened sixty times a minute from one place (T67)', async () => {
      const statuses = [];
      for (let n = 0; n < 61; n += 1) {
        statuses.push((await world.open(PAGE)).status);
      }
      expect(statuses.filter(status => status === 200)).toHaveLength(60);
      expect(statuses.at(-1)).toBe(429);
    });

    it('notes a dead link that is opened over and over five times an hour', async () => {
      const link = await makeLink();
      const of = { id: link.id, mailboxId: world.mailbox.id };
      await world.oauth.links.revoke(of);
      for (let n = 0; n < 8; n += 1) {
        await post(PAGE, { secret: link.secret });
      }
      expect(world.hooks.onLink).toHaveBeenCalledTimes(5);
    });

    it('is begun no more than twenty times a day (T67)', async () => {
      const { secret } = await makeLink();
      const { fields, cookie } = await openPage(secret);
      for (let n = 0; n < 20; n += 1) {
        await goOn(secret);
      }
      const reply = await post(`${PAGE}/continue`, fields, { cookie });
      expect(reply.status).toBe(429);
    });

    it('does not become the maker’s own consent', async () => {
      const own = await world.oauth.consents.startConsent({
        mailbox: world.mailbox,
        userRef: ALICE,
        returnOrigin: 'https://portal.test',
      });
      const { secret } = await makeLink();
      await goOn(secret);
      const status = await world.oauth.consents.getConsent(
        own.consentId,
        ALICE,
      );
      expect(status.status).toBe('waiting');
      const [{ id }] = await db(tables.oauthConsents).where({ kind: 'link' });
      await expect(
        world.oauth.consents.getConsent(id, ALICE),
      ).rejects.toMatchObject({ name: 'NotFoundError' });
      const start = own.startUrl.slice(BASE_URL.length);
      expect((await world.open(start)).status).toBe(400);
    });
  });
});
