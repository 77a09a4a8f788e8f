// SPDX-License-Identifier: Apache-2.0
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Sandbox, startSandbox } from '@postroom/mail-sandbox';
import express from 'express';
import { Knex } from 'knex';
import request from 'supertest';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { dbNowPlus, tables } from '../../database';
import { createGuardedFetch, createHostPolicy } from '../../egress';
import { Secret } from '../../secrets';
import { createOpenSession, readingStart } from '../../transport';
import {
  consentAtSandbox,
  SandboxChoice,
} from '../__testUtils__/consentAtSandbox';
import { addMailbox, aKeyring, anIntegration } from '../__testUtils__/fixtures';
import { createOAuth, OAuth } from '../createOAuth';

jest.setTimeout(60_000);

const ALICE = 'user:default/alice';
const ADDRESS = 'support@corp.test';
const ORIGIN = 'http://localhost:3000';
// Nothing listens there: the last redirect is handed to the router itself.
const BASE_URL = 'http://localhost:9/api/incoming-mail';

describe('consent at a real provider', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let db: Knex;
  let sandbox: Sandbox;
  let oauth: OAuth;
  let app: express.Express;
  let mailbox: { id: string; address: string; integrationId: string };

  async function control(method: string, path: string, body?: object) {
    const response = await fetch(
      `http://localhost:${sandbox.httpPort}/api${path}`,
      {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
    );
    expect(response.ok).toBe(true);
    return response.json();
  }

  beforeAll(async () => {
    sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
    db = await openTestDatabase(databases, 'SQLITE_3');
    const policy = createHostPolicy({ allowPrivate: ['127.0.0.0/8', '::1'] });
    const openSession = createOpenSession({
      policy,
      allowPlaintextLoopback: true,
    });
    oauth = createOAuth({
      db,
      keyring: aKeyring(),
      fetch: createGuardedFetch({ policy }),
      externalBaseUrl: BASE_URL,
      returnOrigins: [ORIGIN],
      portal: { title: 'Corp portal', url: ORIGIN },
      allowHttpLoopback: true,
      hooks: {
        proveMailbox: ({ accessToken, signal }) =>
          signIn(openSession, accessToken, signal),
        onGranted: async () => {},
      },
    });
    app = express().use(
      oauth.createBrowserRouter({
        httpAuth: mockServices.httpAuth(),
        auditor: mockServices.auditor.mock({
          createEvent: async () => ({
            success: async () => {},
            fail: async () => {},
          }),
        }),
        logger: mockServices.logger.mock(),
      }),
    );
    mailbox = await registerAndAddMailbox();
  });

  afterEach(() => control('DELETE', '/faults'));

  afterAll(() => sandbox.close());

  async function signIn(
    openSession: ReturnType<typeof createOpenSession>,
    accessToken: Secret,
    signal: AbortSignal,
  ) {
    const session = await openSession({
      server: {
        protocol: 'imap',
        host: '127.0.0.1',
        port: sandbox.imapPort,
        security: 'none',
      },
      credentials: { method: 'oauth', user: ADDRESS, accessToken },
      signal,
    });
    try {
      return { folder: 'INBOX', ...readingStart(await session.open('INBOX')) };
    } finally {
      await session.close();
    }
  }

  async function registerAndAddMailbox() {
    const { callbackSlug, redirectUrl } =
      oauth.integrations.reserveRedirectUrl();
    const client = await control('POST', '/clients', {
      name: 'Portal',
      redirectUris: [redirectUrl],
    });
    const { issuer } = sandbox;
    const discovery = await fetch(`${issuer}/.well-known/openid-configuration`);
    const metadata = await discovery.json();
    const { id: integrationId } = await oauth.integrations.create(
      anIntegration({
        ...client,
        issuer,
        // It does, so every consent here is one with a declared `iss` (T4).
        issDeclared: metadata.authorization_response_iss_parameter_supported,
        authorizationEndpoint: metadata.authorization_endpoint,
        tokenEndpoint: metadata.token_endpoint,
        scopes: ['openid', 'email', 'mail', 'offline_access'],
        callbackSlug,
        allowedDomains: ['corp.test'],
      }),
      'user:default/admin',
    );
    const id = await addMailbox(db, { integrationId, address: ADDRESS });
    return { id, address: ADDRESS, integrationId };
  }

  async function consent(choice: SandboxChoice) {
    const { consentId, startUrl } = await oauth.consents.startConsent({
      mailbox,
      userRef: ALICE,
      returnOrigin: ORIGIN,
    });
    const user = mockCredentials.limitedUser.cookie(ALICE);
    const begun = await request(app)
      .get(startUrl.slice(BASE_URL.length))
      .set('Cookie', user);
    const back = await consentAtSandbox(
      new URL(begun.headers.location),
      choice,
    );
    const page = await request(app)
      .get(back.href.slice(BASE_URL.length))
      .set(
        'Cookie',
        [user, begun.headers['set-cookie'][0].split(';')[0]].join('; '),
      );
    expect(page.status).toBe(200);
    return oauth.consents.getConsent(consentId, ALICE);
  }

  const allow = () => consent({ account: ADDRESS, decision: 'allow' });

  const ageToken = () =>
    db(tables.oauthGrants).update({ access_expires_at: dbNowPlus(db, -1) });

  it('opens the mailbox, and again with each renewed token', async () => {
    expect(await allow()).toMatchObject({ status: 'succeeded' });
    const seen = new Set<string>();
    for (let n = 0; n < 3; n += 1) {
      seen.add((await oauth.vault.accessToken(mailbox.id)).reveal());
      await ageToken();
    }
    expect(seen.size).toBe(3);
  });

  it.each<[string, SandboxChoice, string]>([
    ['a denial', { account: ADDRESS, decision: 'deny' }, 'consent-denied'],
    [
      'another account',
      { account: 'payments@corp.test', decision: 'allow' },
      'wrong-account',
    ],
  ])('tells %s', async (_title, choice, code) => {
    expect(await consent(choice)).toMatchObject({
      status: 'failed',
      failure: { code },
    });
  });

  it.each([
    ['no refresh token', { noRefreshToken: true }, 'refresh-token-missing'],
    [
      'a page instead of tokens',
      { tokenReply: 'html' },
      'token-reply-unusable',
    ],
    ['a closed mailbox', { imapRefuseLogin: true }, 'login-refused'],
  ])('tells %s', async (_title, faults, code) => {
    await control('PUT', '/faults', faults);
    expect(await allow()).toMatchObject({
      status: 'failed',
      failure: { code },
    });
  });

  it.each([
    ['server_error', 'token-endpoint-unreachable'],
    ['rate_limited', 'token-endpoint-unreachable'],
    ['invalid_client', 'client-refused'],
  ])('keeps the grant through %s', async (refuseRefresh, code) => {
    await allow();
    await ageToken();
    await control('PUT', '/faults', { refuseRefresh });
    await expect(oauth.vault.accessToken(mailbox.id)).rejects.toMatchObject({
      code,
    });
    await control('DELETE', '/faults');
    await db(tables.oauthGrants).update({ next_refresh_at: null });
    await expect(oauth.vault.accessToken(mailbox.id)).resolves.toBeDefined();
  });

  it('needs consent after a revocation, and takes it', async () => {
    await allow();
    await ageToken();
    await control('PUT', '/faults', { revokeGrants: {} });
    await expect(oauth.vault.accessToken(mailbox.id)).rejects.toMatchObject({
      code: 'consent-revoked',
    });
    expect(await allow()).toMatchObject({ status: 'succeeded' });
    await expect(oauth.vault.accessToken(mailbox.id)).resolves.toBeDefined();
  });
});
