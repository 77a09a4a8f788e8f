// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import express from 'express';
import { Knex } from 'knex';
import request from 'supertest';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { dbNowPlus, tables } from '../../database';
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
  TokenRequest,
} from '../__testUtils__/ScriptedTokenServer';
import { createOAuth, OAuth, OAuthOptions } from '../createOAuth';

jest.setTimeout(60_000);

const ORIGIN = 'https://portal.test';
const BASE_URL = 'https://portal.test/api/incoming-mail';
const ALICE = 'user:default/alice';
const BOB = 'user:default/bob';
const ADDRESS = 'support@corp.test';
const ISSUER = 'https://provider.test';

/** What a provider's page would hand back, of what it was given. */
interface Popup {
  readonly consentId: string;
  readonly location: URL;
  /** The flow cookie as a `Cookie` header has it. */
  readonly cookie: string;
}

function tokens(changes: object = {}): ScriptedReply {
  return {
    body: {
      access_token: 'the-access-token',
      refresh_token: 'the-refresh-token',
      token_type: 'Bearer',
      expires_in: 3600,
      ...changes,
    },
  };
}

/** Checks the verifier as RFC 7636 section 4.6 has it. */
function verifies({ parameters }: TokenRequest, popup: Popup): boolean {
  const challenge = createHash('sha256')
    .update(parameters.get('code_verifier') ?? '')
    .digest('base64url');
  return challenge === popup.location.searchParams.get('code_challenge');
}

const signed = { alg: 'RS256' };

function idToken(claims: object, header: object): string {
  const part = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.c2lnbmF0dXJl`;
}

describe('consent', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let server: ScriptedTokenServer;
    let options: OAuthOptions;
    let oauth: OAuth;
    let app: express.Express;
    let integrationId: string;
    let slug: string;
    let mailboxId: string;

    const hooks = {
      proveMailbox: jest.fn(),
      onGranted: jest.fn(),
      onRefused: jest.fn(),
    };
    const auditor = mockServices.auditor.mock();
    const keyring = aKeyring();
    const services = {
      httpAuth: mockServices.httpAuth({
        defaultCredentials: mockCredentials.none(),
      }),
      auditor,
      logger: mockServices.logger.mock(),
    };

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
      options = {
        db,
        keyring,
        // Microsoft's token endpoint is the scripted one here.
        fetch: (url, init) =>
          fetch(
            String(url).startsWith('https://login.microsoftonline.com/')
              ? server.url
              : url,
            init,
          ),
        externalBaseUrl: BASE_URL,
        returnOrigins: [ORIGIN],
        portal: { title: 'Corp portal', url: ORIGIN },
        allowHttpLoopback: true,
        hooks,
      };
      oauth = createOAuth(options);
      app = express().use(oauth.createBrowserRouter(services));
    });

    beforeEach(async () => {
      jest.clearAllMocks();
      auditor.createEvent.mockResolvedValue({
        success: async () => {},
        fail: async () => {},
      });
      for (const hook of Object.values(hooks)) {
        hook.mockResolvedValue(undefined);
      }
      server = await ScriptedTokenServer.start();
      server.answer(() => tokens());
      await useIntegration();
    });

    afterEach(async () => {
      await server.close();
      await db(tables.oauthConsents).delete();
    });

    async function useIntegration(changes: Partial<CreateIntegration> = {}) {
      const input = anIntegration({ tokenEndpoint: server.url, ...changes });
      slug = input.callbackSlug;
      ({ id: integrationId } = await oauth.integrations.create(
        input,
        'user:default/admin',
      ));
      mailboxId = await addMailbox(db, { integrationId });
    }

    function startConsent(changes: object = {}) {
      return oauth.consents.startConsent({
        mailbox: { id: mailboxId, address: ADDRESS, integrationId },
        userRef: ALICE,
        returnOrigin: ORIGIN,
        ...changes,
      });
    }

    /** Opens a URL in a window in which somebody is signed in to Backstage. */
    function open(url: string, userRef?: string, cookie?: string) {
      const cookies = [
        userRef && mockCredentials.limitedUser.cookie(userRef),
        cookie,
      ].filter(Boolean);
      const call = request(app).get(url);
      return cookies.length > 0 ? call.set('Cookie', cookies.join('; ')) : call;
    }

    function pathOf(startUrl: string): string {
      return startUrl.slice(BASE_URL.length);
    }

    async function openPopup(): Promise<Popup> {
      const { consentId, startUrl } = await startConsent();
      const response = await open(pathOf(startUrl), ALICE);
      expect(response.status).toBe(303);
      const [setCookie] = response.headers['set-cookie'];
      return {
        consentId,
        location: new URL(response.headers.location),
        cookie: setCookie.split(';')[0],
      };
    }

    function callbackUrl(popup: Popup, parameters: object = {}): string {
      const query = new URLSearchParams({
        state: popup.location.searchParams.get('state')!,
        code: 'the-code',
        ...parameters,
      });
      return `/oauth/callback/${slug}?${query}`;
    }

    const comeBack = (popup: Popup, parameters?: object) =>
      open(callbackUrl(popup, parameters), ALICE, popup.cookie);

    const statusOf = (consentId: string) =>
      oauth.consents.getConsent(consentId, ALICE);

    async function expectNothingGiven() {
      expect(
        await db(tables.oauthGrants).where({ mailbox_id: mailboxId }),
      ).toHaveLength(0);
      expect(hooks.onGranted).not.toHaveBeenCalled();
    }

    async function expectFailure(popup: Popup, code: string) {
      expect(await statusOf(popup.consentId)).toMatchObject({
        status: 'failed',
        failure: { code },
      });
      await expectNothingGiven();
    }

    it('gives a mailbox its grant (S1, S11)', async () => {
      const started = await startConsent();
      expect(started.startUrl).toMatch(
        /^https:\/\/portal\.test\/api\/incoming-mail\/oauth\/start\/[\w-]{43}$/,
      );
      expect((await statusOf(started.consentId)).status).toBe('waiting');

      const begun = await open(pathOf(started.startUrl), ALICE);
      expect(begun.headers['set-cookie'][0]).toMatch(
        /^__Host-incoming-mail-\w{8}=[\w-]{43}; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
      );
      expect(begun.headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      });
      const popup: Popup = {
        consentId: started.consentId,
        location: new URL(begun.headers.location),
        cookie: begun.headers['set-cookie'][0].split(';')[0],
      };
      expect(popup.location.origin + popup.location.pathname).toBe(
        'https://provider.test/authorize',
      );
      expect(Object.fromEntries(popup.location.searchParams)).toEqual({
        prompt: 'consent',
        response_type: 'code',
        client_id: 'portal',
        redirect_uri: `${BASE_URL}/oauth/callback/${slug}`,
        scope: 'mail offline_access',
        state: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge_method: 'S256',
        login_hint: ADDRESS,
      });

      server.answer(sent =>
        verifies(sent, popup)
          ? tokens()
          : { status: 400, body: { error: 'invalid_grant' } },
      );
      const page = await comeBack(popup, { scope: 'mail', authuser: '0' });
      expect(page.status).toBe(200);
      expect(server.requests).toHaveLength(1);
      expect(Object.fromEntries(server.requests[0].parameters)).toMatchObject({
        grant_type: 'authorization_code',
        code: 'the-code',
        redirect_uri: `${BASE_URL}/oauth/callback/${slug}`,
      });
      expect(hooks.proveMailbox.mock.calls[0][0]).toMatchObject({ mailboxId });
      expect(hooks.onGranted).toHaveBeenCalledTimes(1);
      expect(hooks.onRefused).not.toHaveBeenCalled();
      expect((await statusOf(popup.consentId)).status).toBe('succeeded');
      const token = await oauth.vault.accessToken(mailboxId);
      expect(token.reveal()).toBe('the-access-token');

      // The page holds the consent's id and status, for exactly one origin.
      const script = decodeURIComponent(page.text);
      expect(script).toContain(`"consentId":"${popup.consentId}"`);
      expect(script).toContain(`decodeURIComponent('${ORIGIN}')`);
      expect(page.headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      });
      const hashOf = (text: string) =>
        `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
      const scripts = [...page.text.matchAll(/<script>([^]*?)<\/script>/g)];
      const [, style] = /<style>([^]*)<\/style>/.exec(page.text)!;
      // T13: the address with the code does not stay in the history.
      expect(scripts[0][1]).toBe(
        `history.replaceState(null, '', location.pathname);`,
      );
      expect(page.headers['content-security-policy']).toBe(
        `default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src ${hashOf(
          style,
        )}; script-src ${scripts.map(([, text]) => hashOf(text)).join(' ')}`,
      );

      // Nothing that was sent about stands readable in a page or a row.
      const state = popup.location.searchParams.get('state')!;
      const verifier = server.requests[0].parameters.get('code_verifier')!;
      const dump = await dumpTables(db);
      for (const secret of [
        'the-access-token',
        'the-refresh-token',
        'the-code',
        'the-client-secret',
        state,
        verifier,
        popup.cookie.split('=')[1],
      ]) {
        expect(page.text).not.toContain(secret);
        expect(dump).not.toContain(secret);
      }
      expect(JSON.stringify(auditor.createEvent.mock.calls)).not.toContain(
        'the-code',
      );
    });

    it('replaces a grant in its place (S71)', async () => {
      await comeBack(await openPopup());
      const [first] = await db(tables.oauthGrants).where({
        mailbox_id: mailboxId,
      });
      server.answer(() => tokens({ access_token: 'another' }));
      await comeBack(await openPopup());
      const [second] = await db(tables.oauthGrants).where({
        mailbox_id: mailboxId,
      });
      expect(second).toMatchObject({ id: first.id, generation: 2 });
      expect((await oauth.vault.accessToken(mailboxId)).reveal()).toBe(
        'another',
      );
    });

    it('asks for tokens once for fifty identical callbacks (T3)', async () => {
      const popup = await openPopup();
      const pages = await Promise.all(
        Array.from({ length: 50 }, () => comeBack(popup)),
      );
      expect(server.requests).toHaveLength(1);
      expect(pages.filter(page => page.status === 200)).toHaveLength(1);
      expect((await statusOf(popup.consentId)).status).toBe('succeeded');
      expect(hooks.onGranted).toHaveBeenCalledTimes(1);
    });

    it('starts only once, for the one who asked, in a window (T1, T15)', async () => {
      const { startUrl } = await startConsent();
      const path = pathOf(startUrl);
      for (const refused of [
        open(path),
        open(path, BOB),
        open(path, ALICE).set('Sec-Fetch-Dest', 'iframe'),
        open(path, ALICE).set('Sec-Fetch-Mode', 'cors'),
        open(path, ALICE).set('Sec-Purpose', 'prefetch'),
        request(app)
          .head(path)
          .set('Cookie', mockCredentials.limitedUser.cookie(ALICE)),
        open('/oauth/start/unknown', ALICE),
      ]) {
        const response = await refused;
        expect(response.status).toBe(400);
        expect(response.headers['set-cookie']).toBeUndefined();
      }
      expect(
        (
          await open(path, ALICE)
            .set('Sec-Fetch-Dest', 'document')
            .set('Sec-Fetch-Mode', 'navigate')
        ).status,
      ).toBe(303);
      expect((await open(path, ALICE)).status).toBe(400);
    });

    it('starts no more when the ticket has run out (T6, T68)', async () => {
      const { consentId, startUrl } = await startConsent();
      await db(tables.oauthConsents)
        .where({ id: consentId })
        .update({ ticket_expires_at: dbNowPlus(db, -1) });
      expect((await open(pathOf(startUrl), ALICE)).status).toBe(400);
    });

    it.each([
      ['another browser', ALICE, '__Host-incoming-mail-12345678=x'],
      ['no flow cookie', ALICE, undefined],
      ['another person', BOB, 'own'],
      ['nobody signed in', undefined, 'own'],
    ])('refuses a callback with %s (T1)', async (_title, userRef, cookie) => {
      const popup = await openPopup();
      const page = await open(
        callbackUrl(popup),
        userRef,
        cookie === 'own' ? popup.cookie : cookie,
      );
      expect(page.status).toBe(400);
      expect(page.text).not.toContain(popup.consentId);
      expect(server.requests).toHaveLength(0);
      await expectFailure(popup, 'consent-invalid');
      // It does not come back to life for the right one.
      expect((await comeBack(popup)).status).toBe(400);
    });

    it('refuses a forged flow cookie of the right name (T1)', async () => {
      const popup = await openPopup();
      const [name] = popup.cookie.split('=');
      const forged = `${name}=${'A'.repeat(43)}`;
      expect((await open(callbackUrl(popup), ALICE, forged)).status).toBe(400);
      await expectFailure(popup, 'consent-invalid');
    });

    it('T4: refuses the state of one integration at the URL of another, and asks nobody', async () => {
      const popup = await openPopup();
      const own = { mailboxId };
      await useIntegration();
      const page = await comeBack(popup);
      mailboxId = own.mailboxId;
      expect(page.status).toBe(400);
      expect(server.requests).toHaveLength(0);
      await expectFailure(popup, 'consent-invalid');
    });

    it.each([
      ['no state', { state: '' }],
      ['an unknown state', { state: 'A'.repeat(43) }],
      ['a long state', { state: 'A'.repeat(513) }],
      ['a code and an error', { error: 'access_denied' }],
      ['no code', { code: '' }],
    ])('shows the same page for %s (T6)', async (_title, parameters) => {
      const popup = await openPopup();
      const page = await comeBack(popup, parameters);
      expect(page.status).toBe(400);
      const unknown = await open('/oauth/callback/x?state=x&code=x');
      expect(page.text).toBe(unknown.text);
      expect(page.text).toContain('does not belong to this browser');
      expect(page.headers['content-security-policy']).toContain(
        "default-src 'none'; frame-ancestors 'none'",
      );
      expect(server.requests).toHaveLength(0);
      await expectNothingGiven();
    });

    it('refuses a parameter that is there twice', async () => {
      const popup = await openPopup();
      for (const extra of ['&state=x', '&code=x']) {
        const url = `${callbackUrl(popup)}${extra}`;
        expect((await open(url, ALICE, popup.cookie)).status).toBe(400);
      }
      expect(server.requests).toHaveLength(0);
      expect((await comeBack(popup)).status).toBe(200);
    });

    const OTHER = 'https://evil.test';
    it.each<[string, string[], boolean | undefined, boolean]>([
      ['right', [ISSUER], true, true],
      ['wrong', [OTHER], true, false],
      ['longer', [`${ISSUER}/`], true, false],
      ['absent', [], true, false],
      ['twice', [ISSUER, ISSUER], true, false],
      ['twice, once wrong', [ISSUER, OTHER], true, false],
      ['right', [ISSUER], undefined, true],
      ['wrong', [OTHER], undefined, false],
      ['longer', [`${ISSUER}/`], false, false],
      ['absent', [], undefined, true],
      ['twice', [ISSUER, ISSUER], undefined, false],
      ['twice, once wrong', [OTHER, ISSUER], false, false],
    ])(
      'T4: judges an issuer that is %s (%j; declared: %s) as %s',
      async (_title, named, issDeclared, good) => {
        await useIntegration({ issuer: ISSUER, issDeclared });
        await expectJudged(named, good);
      },
    );

    it('T4: discards no issuer where none is known to compare it with', async () => {
      await useIntegration({ issuer: undefined });
      await expectJudged(['https://x.test'], true);
    });

    async function expectJudged(named: string[], good: boolean) {
      const popup = await openPopup();
      const url = named.reduce(
        (sum, iss) => `${sum}&iss=${encodeURIComponent(iss)}`,
        callbackUrl(popup),
      );
      const page = await open(url, ALICE, popup.cookie);
      expect(page.status).toBe(good ? 200 : 400);
      expect(server.requests).toHaveLength(good ? 1 : 0);
      expect((await statusOf(popup.consentId)).status).toBe(
        good ? 'succeeded' : 'failed',
      );
    }

    it('adds the parameters of the administrator, and none in the place of ours (T5)', async () => {
      await useIntegration({
        provider: 'google',
        authorizationEndpoint: 'https://provider.test/authorize?tenant=a',
        authorizationParameters: [
          { name: 'prompt', value: 'consent select_account' },
          { name: 'hd', value: 'corp.test' },
        ],
      });
      // As if somebody had written into the row.
      await db(tables.oauthIntegrations)
        .where({ id: integrationId })
        .update({
          authorization_parameters: JSON.stringify([
            { name: 'prompt', value: 'consent select_account' },
            { name: 'hd', value: 'corp.test' },
            { name: 'access_type', value: 'online' },
          ]),
        });
      const { location } = await openPopup();
      expect(Object.fromEntries(location.searchParams)).toMatchObject({
        tenant: 'a',
        prompt: 'consent select_account',
        hd: 'corp.test',
        access_type: 'offline',
        redirect_uri: `${BASE_URL}/oauth/callback/${slug}`,
      });
      expect(location.searchParams.getAll('prompt')).toHaveLength(1);

      await expect(
        useIntegration({
          authorizationEndpoint:
            'https://provider.test/authorize?request_uri=urn:x',
        }),
      ).rejects.toMatchObject({
        fields: [
          {
            path: 'body.authorizationEndpoint',
            message: expect.stringContaining('request_uri'),
          },
        ],
      });
    });

    it('falls back to the other client secret within the consent, and notes which one works (P18)', async () => {
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        tokenEndpoint: server.url,
      });
      await oauth.integrations.update(integrationId, {
        ...settings,
        version: 1,
        nextClientSecret: 'mistyped',
      });
      const tried: string[] = [];
      server.answer(({ authorization }) => {
        const secret = atob(authorization!.split(' ')[1]).split(':')[1];
        tried.push(secret);
        return secret === 'the-client-secret'
          ? tokens()
          : { status: 401, body: { error: 'invalid_client' } };
      });
      const popup = await openPopup();
      await comeBack(popup);
      expect((await statusOf(popup.consentId)).status).toBe('succeeded');
      expect(tried).toEqual(['mistyped', 'the-client-secret']);
      const { nextClientSecret, fault } = await oauth.integrations.get(
        integrationId,
      );
      expect(nextClientSecret?.state).toBe('refused');
      expect(fault).toBeUndefined();
    });

    describe('where many mailboxes use one account', () => {
      async function giveGrants(count: number): Promise<void> {
        for (let n = 0; n < count; n += 1) {
          const id = await addMailbox(db, { integrationId });
          await db(tables.oauthGrants).insert({
            id,
            mailbox_id: id,
            integration_id: integrationId,
            integration_version: 1,
            account: ADDRESS,
            scopes: '[]',
            state: 'active',
            state_since: 0,
            generation: 1,
            created_at: 0,
            updated_at: 0,
          });
        }
      }

      it('T59: warns from 20 on, and refuses the 51st with its words', async () => {
        await giveGrants(19);
        const crowd = async () =>
          (await oauth.integrations.get(integrationId)).crowdedAccount;
        expect(await crowd()).toBeUndefined();
        await giveGrants(1);
        expect(await crowd()).toEqual({ account: ADDRESS, grants: 20 });
        await giveGrants(29);
        const popup = await openPopup();
        // Another one is faster.
        await giveGrants(1);
        await comeBack(popup);
        await expectFailure(popup, 'too-many-grants');
        await expect(startConsent()).rejects.toMatchObject({
          name: 'ConflictError',
          message: expect.stringContaining(
            'Too many mailboxes use this account',
          ),
        });
        // One that is among them may be authorized again.
        const [{ mailbox_id: id }] = await db(tables.oauthGrants).where({
          integration_id: integrationId,
        });
        await expect(
          startConsent({ mailbox: { id, address: ADDRESS, integrationId } }),
        ).resolves.toBeDefined();
      });
    });

    it('gives nothing for a code of another flow (T2)', async () => {
      const popup = await openPopup();
      const other = { ...popup, location: new URL(popup.location) };
      other.location.searchParams.set('code_challenge', 'of-another-flow');
      server.answer(sent =>
        verifies(sent, other)
          ? tokens()
          : { status: 400, body: { error: 'invalid_grant' } },
      );
      expect((await comeBack(popup)).status).toBe(200);
      await expectFailure(popup, 'consent-invalid');
      expect(hooks.onRefused).toHaveBeenCalledWith({
        mailboxId,
        code: 'consent-invalid',
      });
    });

    it('shows nothing that a provider says (T14)', async () => {
      const popup = await openPopup();
      const attack = '</script><img src=x onerror=alert(1)>';
      const url = callbackUrl(popup)
        .replace('code=the-code', 'error=access_denied')
        .concat(`&error_description=${encodeURIComponent(attack)}`);
      const page = await open(url, ALICE, popup.cookie);
      expect(decodeURIComponent(page.text)).not.toContain('onerror');
      expect(decodeURIComponent(page.text)).toContain(
        'Access to the mailbox was denied',
      );
      await expectFailure(popup, 'consent-denied');

      const next = await openPopup();
      const bad = `${callbackUrl(next).replace(
        'code=the-code',
        'error=',
      )}${encodeURIComponent(attack)}`;
      const shown = await open(bad, ALICE, next.cookie);
      expect(decodeURIComponent(shown.text)).not.toContain('onerror=');
      await expectFailure(next, 'consent-refused-by-provider');
      const { failure } = await statusOf(next.consentId);
      expect(failure?.detail).not.toMatch(/[<>/]/);
    });

    it.each([
      [
        'no refresh token',
        { refresh_token: undefined },
        'refresh-token-missing',
      ],
      [
        'an empty refresh token',
        { refresh_token: null },
        'refresh-token-missing',
      ],
      ['fewer scopes', { scope: 'offline_access' }, 'scopes-missing'],
      ['another type', { token_type: 'mac' }, 'token-reply-unusable'],
    ])('gives nothing for %s (T9)', async (_title, changes, code) => {
      server.answer(() => tokens(changes));
      const popup = await openPopup();
      await comeBack(popup);
      await expectFailure(popup, code);
      expect(hooks.proveMailbox).not.toHaveBeenCalled();
    });

    it('names the scopes that are missing, and keeps what the client sent to itself (T9)', async () => {
      server.answer(() => tokens({ scope: 'other' }));
      const popup = await openPopup();
      await comeBack(popup);
      expect((await statusOf(popup.consentId)).failure?.detail).toBe(
        'Missing: mail',
      );

      server.answer(({ parameters }) => ({
        status: 400,
        body: {
          error: 'invalid_request',
          error_description: `You sent ${parameters.get(
            'code',
          )} and ${parameters.get('client_secret')}`,
        },
      }));
      await useIntegration({ clientAuthentication: 'client_secret_post' });
      const next = await openPopup();
      await comeBack(next);
      const { failure } = await statusOf(next.consentId);
      expect(failure).toMatchObject({
        code: 'consent-refused-by-provider',
        detail: 'invalid_request: You sent [secret] and [secret]',
      });
    });

    it('stores nothing when the mailbox does not open (T8)', async () => {
      hooks.proveMailbox.mockRejectedValue(
        new MailFailure('login-refused', 'NO', {
          detail: 'AUTHENTICATE failed',
        }),
      );
      const popup = await openPopup();
      await comeBack(popup);
      await expectFailure(popup, 'login-refused');
    });

    it('stores nothing when what depends on it fails', async () => {
      hooks.onGranted.mockRejectedValue(new Error('the-access-token'));
      const popup = await openPopup();
      const page = await comeBack(popup);
      expect(page.text).not.toContain('the-access-token');
      expect(await statusOf(popup.consentId)).toMatchObject({
        failure: { code: 'internal-error' },
      });
      expect(
        await db(tables.oauthGrants).where({ mailbox_id: mailboxId }),
      ).toHaveLength(0);
    });

    describe('with an ID token', () => {
      let nonce: string;
      let claims: () => Record<string, unknown>;

      beforeEach(() =>
        useIntegration({
          issuer: ISSUER,
          scopes: ['openid', 'email', 'mail', 'offline_access'],
        }),
      );

      async function consentWith(
        changes: Record<string, unknown>,
        header: object = signed,
      ) {
        const popup = await openPopup();
        nonce = popup.location.searchParams.get('nonce')!;
        expect(nonce).toMatch(/^[\w-]{43}$/);
        const now = Math.floor(Date.now() / 1000);
        claims = () => ({
          iss: ISSUER,
          sub: '1',
          aud: 'portal',
          iat: now,
          exp: now + 300,
          nonce,
          email: ADDRESS,
          ...changes,
        });
        server.answer(() => tokens({ id_token: idToken(claims(), header) }));
        await comeBack(popup);
        return popup;
      }

      it('takes the mailbox’s account (T8)', async () => {
        const popup = await consentWith({ email: 'Support@Corp.test' });
        expect((await statusOf(popup.consentId)).status).toBe('succeeded');
      });

      it.each<[string, Record<string, unknown>, object]>([
        ['another account', { email: 'mallory@corp.test' }, signed],
        ['a longer address', { email: `${ADDRESS}.evil` }, signed],
        ['a plus-tag', { email: 'support+x@corp.test' }, signed],
        ['no address', { email: undefined }, signed],
        ['an unverified address', { email_verified: false }, signed],
        ['another issuer', { iss: 'https://evil.test' }, signed],
        ['another client', { aud: 'other' }, signed],
        ['another nonce', { nonce: 'x' }, signed],
        ['no nonce', { nonce: undefined }, signed],
        ['a past', { exp: 1_000_000_000 }, signed],
        ['no signature', {}, { alg: 'none' }],
      ])('T69: refuses %s', async (_title, changes, header) => {
        const popup = await consentWith(changes, header);
        await expectFailure(popup, 'wrong-account');
        expect(hooks.proveMailbox).not.toHaveBeenCalled();
      });

      it('refuses a reply without one', async () => {
        const popup = await openPopup();
        await comeBack(popup);
        await expectFailure(popup, 'wrong-account');
      });
    });

    describe('with an ID token of Microsoft', () => {
      const TENANT = '11111111-2222-4333-8444-555555555555';
      const OTHER_TENANT = '66666666-7777-4888-8999-aaaaaaaaaaaa';
      const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad';
      const issuerOf = (tenantId: string) =>
        `https://login.microsoftonline.com/${tenantId}/v2.0`;

      const useMicrosoft = (
        tenant: string,
        changes: Partial<CreateIntegration> = {},
      ) =>
        useIntegration({
          provider: 'microsoft',
          authorizationEndpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/authorize`,
          tokenEndpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
          scopes: ['openid', 'email', 'mail', 'offline_access'],
          ...changes,
        });

      async function consentWith(claims: Record<string, unknown>) {
        const popup = await openPopup();
        const now = Math.floor(Date.now() / 1000);
        const payload = {
          iss: issuerOf(TENANT),
          tid: TENANT,
          sub: '1',
          aud: 'portal',
          iat: now,
          exp: now + 300,
          nonce: popup.location.searchParams.get('nonce'),
          email: ADDRESS,
          ...claims,
        };
        server.answer(() => tokens({ id_token: idToken(payload, signed) }));
        await comeBack(popup);
        return popup;
      }

      async function expectOutcome(
        popup: Popup,
        outcome: 'succeeded' | 'wrong-account' | 'wrong-tenant',
      ) {
        if (outcome === 'succeeded') {
          expect((await statusOf(popup.consentId)).status).toBe('succeeded');
        } else {
          await expectFailure(popup, outcome);
          expect(hooks.proveMailbox).not.toHaveBeenCalled();
        }
      }

      const personal = { tid: PERSONAL, iss: issuerOf(PERSONAL) };
      it.each<
        [string, string, Record<string, unknown>, 'succeeded' | 'wrong-account']
      >([
        ['any account', 'common', {}, 'succeeded'],
        ['a work account', 'organizations', {}, 'succeeded'],
        ['a tenant by its domain', 'corp.test', {}, 'succeeded'],
        ['a personal account', 'consumers', personal, 'succeeded'],
        ['a personal account', 'common', personal, 'succeeded'],
        ['a personal account', 'organizations', personal, 'wrong-account'],
        ['a work account', 'consumers', {}, 'wrong-account'],
        [
          'the name that is signed in with',
          'common',
          { email: undefined, preferred_username: ADDRESS },
          'succeeded',
        ],
        [
          'another name',
          'common',
          { email: undefined, preferred_username: 'eve@corp.test' },
          'wrong-account',
        ],
        [
          'the issuer of another tenant',
          'common',
          { iss: issuerOf(OTHER_TENANT) },
          'wrong-account',
        ],
        [
          'another host',
          'common',
          { iss: `https://evil.test/${TENANT}/v2.0` },
          'wrong-account',
        ],
        ['no tenant', 'common', { tid: undefined }, 'wrong-account'],
        [
          'a tenant that is none',
          'common',
          { tid: '../x', iss: issuerOf('../x') },
          'wrong-account',
        ],
        [
          'the template itself',
          'common',
          { iss: issuerOf('{tenantid}') },
          'wrong-account',
        ],
      ])(
        'T69: judges %s at the endpoint of %s',
        async (_title, tenant, claims, outcome) => {
          await useMicrosoft(tenant);
          await expectOutcome(await consentWith(claims), outcome);
        },
      );

      it.each<[string, object, 'succeeded' | 'wrong-tenant']>([
        ['lets a pinned tenant through', {}, 'succeeded'],
        [
          'refuses every other one',
          { tid: OTHER_TENANT, iss: issuerOf(OTHER_TENANT) },
          'wrong-tenant',
        ],
        ['refuses a personal account', personal, 'wrong-tenant'],
      ])('T70 P31: %s', async (_title, claims, outcome) => {
        await useMicrosoft('common', {
          allowedTenants: [TENANT],
        });
        await expectOutcome(await consentWith({ ...claims }), outcome);
      });

      it('T4: takes an answer that names the issuer of a tenant, and of nothing else', async () => {
        await useMicrosoft('organizations');
        for (const [iss, status] of [
          ['https://evil.test', 400],
          [issuerOf(PERSONAL), 400],
        ] as const) {
          const popup = await openPopup();
          expect((await comeBack(popup, { iss })).status).toBe(status);
          expect(server.requests).toHaveLength(0);
        }
        const popup = await openPopup();
        await comeBack(popup, { iss: issuerOf(TENANT) });
        expect(server.requests).toHaveLength(1);
      });
    });

    it('ends by itself after ten minutes (T6)', async () => {
      const popup = await openPopup();
      await db(tables.oauthConsents)
        .where({ id: popup.consentId })
        .update({ expires_at: dbNowPlus(db, -1) });
      expect((await statusOf(popup.consentId)).status).toBe('expired');
      expect((await comeBack(popup)).status).toBe(400);
      expect(server.requests).toHaveLength(0);
      await expectFailure(popup, 'consent-expired');
      expect(await oauth.removeOldConsents({ ageMs: 0, limit: 10 })).toBe(1);
    });

    it('is cancelled for good, even while it is being completed', async () => {
      const early = await openPopup();
      await oauth.consents.cancelConsent(early.consentId, ALICE);
      expect((await statusOf(early.consentId)).status).toBe('cancelled');
      expect((await comeBack(early)).status).toBe(400);

      const late = await openPopup();
      hooks.proveMailbox.mockImplementation(async () => {
        await oauth.consents.cancelConsent(late.consentId, ALICE);
      });
      await comeBack(late);
      expect((await statusOf(late.consentId)).status).toBe('cancelled');
      expect(
        await db(tables.oauthGrants).where({ mailbox_id: mailboxId }),
      ).toHaveLength(0);
    });

    it('is voided by another token endpoint, but not by another name (T21)', async () => {
      const { version } = await oauth.integrations.get(integrationId);
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        tokenEndpoint: server.url,
      });
      const popup = await openPopup();
      await oauth.integrations.update(integrationId, {
        ...settings,
        name: 'Another name',
        version,
      });
      expect((await comeBack(popup)).status).toBe(200);
      expect((await statusOf(popup.consentId)).status).toBe('succeeded');

      const next = await openPopup();
      hooks.proveMailbox.mockImplementation(async () => {
        await oauth.integrations.update(integrationId, {
          ...settings,
          tokenEndpoint: `${server.url}/elsewhere`,
          clientSecret: 'entered-again',
          version: version + 1,
        });
      });
      await comeBack(next);
      expect(await statusOf(next.consentId)).toMatchObject({
        failure: { code: 'integration-changed' },
      });
      await expect(oauth.vault.accessToken(mailboxId)).rejects.toMatchObject({
        code: 'integration-changed',
      });
    });

    it('is voided when the mailbox gets another address meanwhile', async () => {
      const popup = await openPopup();
      await db(tables.mailboxes)
        .where({ id: mailboxId })
        .update({ address: 'other@corp.test' });
      await comeBack(popup);
      await expectFailure(popup, 'integration-changed');
    });

    it('is told about and cancelled by its starter only', async () => {
      const { consentId } = await startConsent();
      for (const call of [
        oauth.consents.getConsent(consentId, BOB),
        oauth.consents.cancelConsent(consentId, BOB),
      ]) {
        await expect(call).rejects.toThrow('There is no consent');
      }
      expect((await statusOf(consentId)).status).toBe('waiting');
    });

    it('does not start from an origin that is not listed (T7)', async () => {
      for (const returnOrigin of [
        'https://portal.test@evil.test',
        'https://portal.test.evil.test',
        'https://portal.test/',
        'https://portal.test:8443',
        'https://PORTAL.test',
        'http://portal.test',
        'https://portal.test.',
        '//portal.test',
        'javascript:alert(1)',
        'null',
        '*',
      ]) {
        await expect(startConsent({ returnOrigin })).rejects.toThrow(
          'body.returnOrigin',
        );
      }
    });

    it('does not start for an integration that does not allow it', async () => {
      await useIntegration({ clientSecret: undefined });
      await expect(startConsent()).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining('no client ID or client secret'),
      });
      await useIntegration({ allowedDomains: ['elsewhere.test'] });
      await expect(startConsent()).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining('domain is not allowed'),
      });
      await useIntegration({ allowedDomains: ['corp.test'] });
      await expect(startConsent()).resolves.toBeDefined();
    });

    it('lets a person have five under way, one per mailbox', async () => {
      const again = await startConsent();
      await startConsent();
      expect((await statusOf(again.consentId)).status).toBe('cancelled');
      const start = async () => {
        const id = await addMailbox(db, { integrationId });
        return startConsent({
          mailbox: { id, address: ADDRESS, integrationId },
        });
      };
      for (let n = 2; n <= 5; n += 1) {
        await start();
      }
      // T67
      await expect(start()).rejects.toMatchObject({ statusCode: 429 });
      await expect(startConsent()).resolves.toBeDefined();
      await expect(startConsent({ userRef: BOB })).resolves.toBeDefined();
    });

    it('lets a mailbox be authorized twenty times a day (T67)', async () => {
      for (let n = 0; n < 20; n += 1) {
        await startConsent();
      }
      await expect(startConsent({ userRef: BOB })).rejects.toMatchObject({
        statusCode: 429,
      });
      await db(tables.oauthConsents).update({
        created_at: dbNowPlus(db, -86_400_000),
      });
      await expect(startConsent()).resolves.toBeDefined();
    });

    it('goes on in two popups of one browser at once (T12)', async () => {
      const first = { popup: await openPopup(), mailboxId };
      mailboxId = await addMailbox(db, { integrationId });
      const second = { popup: await openPopup(), mailboxId };
      const cookies = `${first.popup.cookie}; ${second.popup.cookie}`;
      for (const { popup } of [second, first]) {
        const page = await open(callbackUrl(popup), ALICE, cookies);
        expect(page.status).toBe(200);
        expect((await statusOf(popup.consentId)).status).toBe('succeeded');
      }
      const granted = await db(tables.oauthGrants).whereIn('mailbox_id', [
        first.mailboxId,
        second.mailboxId,
      ]);
      expect(granted).toHaveLength(2);
    });

    it('goes on at another replica (T12)', async () => {
      const popup = await openPopup();
      const replica = createOAuth(options);
      const elsewhere = express().use(replica.createBrowserRouter(services));
      const page = await request(elsewhere)
        .get(callbackUrl(popup))
        .set(
          'Cookie',
          [mockCredentials.limitedUser.cookie(ALICE), popup.cookie].join('; '),
        );
      expect(page.status).toBe(200);
      expect((await statusOf(popup.consentId)).status).toBe('succeeded');
      // And the first one is told so when it is asked again.
      expect((await comeBack(popup)).status).toBe(400);
      expect(server.requests).toHaveLength(1);
    });

    it('T67: lets a person have five under way also when twenty start at once', async () => {
      const ids = [];
      for (let n = 0; n < 20; n += 1) {
        ids.push(await addMailbox(db, { integrationId }));
      }
      const started = await Promise.allSettled(
        ids.map(id =>
          startConsent({ mailbox: { id, address: ADDRESS, integrationId } }),
        ),
      );
      const refusals = started.flatMap(one =>
        one.status === 'rejected' ? [String(one.reason)] : [],
      );
      expect(refusals).toEqual(
        Array.from({ length: 15 }, () =>
          expect.stringMatching(
            /^TooManyRequestsError: You have 5 authorizations/,
          ),
        ),
      );
    });

    it('hands the proof a token that does not print itself', async () => {
      await comeBack(await openPopup());
      const [{ accessToken }] = hooks.proveMailbox.mock.calls[0];
      expect(accessToken).toBeInstanceOf(Secret);
      expect(JSON.stringify({ accessToken })).toBe(
        '{"accessToken":"[secret]"}',
      );
    });
  });
});
