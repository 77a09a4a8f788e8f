// SPDX-License-Identifier: Apache-2.0
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { endpoints } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import request from 'supertest';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  ada,
  mallory,
  olga,
  PROJECT,
  startTestPlugin,
} from '../__testUtils__/startTestPlugin';
import { tables } from '../database';
import { randomToken } from '../secrets';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const host = {
  protocol: 'imap',
  host: 'imap.corp.test',
  port: 993,
  security: 'tls',
};
const anIntegration = (change: object = {}) => ({
  callbackSlug: randomToken(16),
  name: 'Corp mail',
  provider: 'custom',
  authorizationEndpoint: 'https://id.corp.test/auth',
  tokenEndpoint: 'https://id.corp.test/token',
  scopes: ['mail', 'offline_access'],
  clientId: 'postroom',
  clientSecret: 'canary-secret-7c1f',
  clientAuthentication: 'client_secret_basic',
  allowedDomains: ['corp.test'],
  mailHosts: [host],
  ...change,
});
const aChannel = (integrationId: string, change: object = {}) => ({
  address: 'support@corp.test',
  server: host,
  authentication: { method: 'oauth', integrationId },
  ...change,
});
const aMailServer = (integrationId: string, change: object = {}) => ({
  name: 'Alerts',
  address: 'alerts@corp.test',
  server: host,
  authentication: { method: 'oauth', integrationId },
  handlers: [
    {
      handlerId: 'request-tracker',
      settings: { project: 'component:default/payments' },
    },
  ],
  ...change,
});

describe('the plugin over HTTP', () => {
  let db: Knex;
  let as: Awaited<ReturnType<typeof startTestPlugin>>['as'];
  let server: Awaited<ReturnType<typeof startTestPlugin>>['server'];

  beforeAll(async () => {
    db = await openTestDatabase(databases, 'SQLITE_3');
    ({ as, server } = await startTestPlugin(db));
  });

  afterEach(async () => {
    await db(tables.mailboxes).delete();
    await db(tables.oauthIntegrations).delete();
  });

  const createIntegration = async (change: object = {}) => {
    const reply = await as(ada).post('/integrations', anIntegration(change));
    expect(reply.status).toBe(201);
    return reply.body;
  };

  describe.each(Object.entries(endpoints))('%s', (name, endpoint) => {
    const uuid = '3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11';
    const pathOf = (project: string) =>
      endpoint.path
        .replace(':kind', 'component')
        .replace(':namespace', 'default')
        .replace(':name', project)
        .replace(':number', '1')
        .replace(/:\w+Id/g, uuid);
    const bodies: Record<string, object> = {
      createIntegration: anIntegration(),
      updateIntegration: {
        ...anIntegration(),
        callbackSlug: undefined,
        version: 1,
      },
      retireClientSecret: { secret: 'present', version: 1 },
      createChannel: aChannel(uuid),
      updateChannel: aChannel(uuid, { version: 1 }),
      startConsent: { returnOrigin: 'http://localhost:3000' },
      claimConsent: { code: 'ABCD2345' },
      createConsentLink: { lifetimeHours: 72 },
      discoverIssuer: { issuer: 'https://id.corp.test' },
      startChannelImport: { last: 10 },
      createMailServer: { draftId: uuid },
      updateMailServer: { draftId: uuid, version: 1 },
      startMailServerConsent: { returnOrigin: 'http://localhost:3000' },
      startMailServerImport: { since: '2026-01-01' },
      createMailServerDraft: { settings: aMailServer(uuid) },
      updateMailServerDraft: { settings: aMailServer(uuid) },
      startDraftConsent: { returnOrigin: 'http://localhost:3000' },
    };
    const call = (
      user: string | undefined,
      path: string,
      body: object | undefined = bodies[name],
    ) =>
      as(user)[
        endpoint.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete'
      ](path, body);
    const isOwnConsent = endpoint.path.startsWith('/consents');

    it('refuses strangers: 401 without a sign-in, 403 without the right (S9, S10, T28)', async () => {
      expect((await call(undefined, pathOf('payments'))).status).toBe(401);
      // A consent is its starter's alone: for others there is none.
      expect((await call(mallory, pathOf('payments'))).status).toBe(
        isOwnConsent ? 404 : 403,
      );
    });

    it('answers wrong input with 400 and the field', async () => {
      const reply = await call(ada, `${pathOf('payments')}?surprise=1`);
      expect(reply.status).toBe(400);
      expect(reply.body.error.message).toContain('query.surprise');
      expect(reply.body.error.fields).toContainEqual({
        path: 'query.surprise',
        message: 'is not known here',
      });
    });

    if (endpoint.path.includes(':name')) {
      it('knows no project that the catalog does not know', async () => {
        expect((await call(ada, pathOf('missing'))).status).toBe(404);
      });
    }

    if (/:(?:integration|mailServer|draft)Id/.test(endpoint.path)) {
      it('refuses an id that is none, and one that nothing has', async () => {
        const broken = pathOf('payments').replace(uuid, 'not-an-id');
        expect((await call(ada, broken)).status).toBe(400);
        expect((await call(ada, pathOf('payments'))).status).toBe(404);
      });
    }

    if (name in bodies) {
      it('refuses a body that is not JSON, too large, or not what is asked for', async () => {
        const path = `/api/incoming-mail${pathOf('payments')}`;
        const method = endpoint.method.toLowerCase() as 'post' | 'put';
        const send = (text: string) =>
          request(server)
            [method](path)
            .set('authorization', `Bearer mock-user-token`)
            .set('content-type', 'application/json')
            .send(text);
        expect((await send('{"address":')).status).toBe(400);
        expect((await send(`"${'x'.repeat(200_000)}"`)).status).toBe(413);
        for (const body of [{}, { ...bodies[name], unknown: 1 }]) {
          const reply = await call(ada, pathOf('payments'), body);
          expect(reply.status).toBe(400);
          expect(reply.body.error.message).toMatch(/body\.\w+ /);
        }
      });
    }
  });

  it('keeps the client secret to itself (T20)', async () => {
    const created = await createIntegration();
    expect(created.clientSecret).toEqual({
      set: true,
      updatedAt: expect.any(String),
    });
    const replies = [
      created,
      (await as(ada).get(`/integrations/${created.id}`)).body,
      (await as(ada).get('/integrations')).body,
      (await as(olga).get(`${PROJECT}/integrations`)).body,
    ];
    expect(JSON.stringify(replies)).not.toContain('canary-secret');
    const rows = JSON.stringify(await db(tables.oauthIntegrations));
    expect(rows).not.toContain('canary-secret');
    expect(rows).not.toContain(
      Buffer.from('canary-secret-7c1f').toString('base64').slice(0, 20),
    );
  });

  it('S19: gives a redirect URL before client ID and secret exist', async () => {
    const reserved = (await as(ada).post('/redirect-urls')).body;
    expect(reserved.redirectUrl).toMatch(
      /^http:\/\/localhost:\d+\/api\/incoming-mail\/oauth\/callback\/[\w-]{22}$/,
    );
    const draft = await createIntegration({
      callbackSlug: reserved.callbackSlug,
      clientId: undefined,
      clientSecret: undefined,
    });
    expect(draft).toMatchObject({
      ready: false,
      redirectUrl: reserved.redirectUrl,
    });
    const again = await as(ada).post(
      '/integrations',
      anIntegration({ callbackSlug: reserved.callbackSlug }),
    );
    expect(again.status).toBe(409);
  });

  it('S59: a second channel of a project is a 409', async () => {
    const { id } = await createIntegration();
    const first = await as(olga).post(`${PROJECT}/channel`, aChannel(id));
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      projectRef: 'component:default/payments',
      state: 'draft',
      integrationName: 'Corp mail',
      folder: 'INBOX',
    });
    const second = await as(olga).post(
      '/projects/Component/DEFAULT/Payments/channel',
      aChannel(id),
    );
    expect(second.status).toBe(409);
    const deleted = await as(ada).delete(`/integrations/${id}`);
    expect(deleted.status).toBe(409);
    expect(deleted.body.error.message).toContain('component:default/payments');
    expect((await as(olga).delete(`${PROJECT}/channel`)).status).toBe(204);
    expect((await as(olga).get(`${PROJECT}/channel`)).status).toBe(404);
    expect((await as(ada).delete(`/integrations/${id}`)).status).toBe(204);
  });

  it('tells which setting of a channel does not fit its integration (S7, S12)', async () => {
    const { id } = await createIntegration();
    const pathsOf = async (change: object) => {
      const reply = await as(olga).post(
        `${PROJECT}/channel`,
        aChannel(id, change),
      );
      expect(reply.status).toBe(400);
      return reply.body.error.fields.map(
        (field: { path: string }) => field.path,
      );
    };
    expect(await pathsOf({ address: 'a@evil.test' })).toEqual(['body.address']);
    expect(
      await pathsOf({ server: { ...host, host: 'imap.evil.test' } }),
    ).toEqual(['body.server.host']);
    expect(
      await pathsOf({
        authentication: {
          method: 'oauth',
          integrationId: '3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11',
        },
      }),
    ).toEqual(['body.authentication.integrationId']);
  });

  it('refuses to visit, and to change on a stale version', async () => {
    const { id } = await createIntegration();
    await as(olga).post(`${PROJECT}/channel`, aChannel(id));
    const visit = await as(olga).post(`${PROJECT}/channel/visits`);
    expect(visit.status).toBe(409);
    const update = (version: number) =>
      as(olga).put(
        `${PROJECT}/channel`,
        aChannel(id, { folder: 'Support', version }),
      );
    expect((await update(1)).body).toMatchObject({
      folder: 'Support',
      version: 2,
    });
    expect((await update(1)).status).toBe(409);
    const journal = await as(olga).get(`${PROJECT}/channel/journal`);
    expect(
      journal.body.items.map((entry: { event: string }) => entry.event),
    ).toEqual(['channel-updated', 'channel-created']);
  });

  it('S54: says of a channel that is not authorized why it cannot be checked further', async () => {
    const { id } = await createIntegration();
    await as(olga).post(`${PROJECT}/channel`, aChannel(id));
    const before = await as(olga).get(`${PROJECT}/channel`);
    const reply = await as(olga).post(`${PROJECT}/channel/checks`);
    expect(reply.status).toBe(200);
    expect(reply.body.ok).toBe(false);
    expect(
      reply.body.checks.filter(
        (check: { verdict: string }) => check.verdict === 'failed',
      ),
    ).toMatchObject([{ id: 'grant-active', failure: 'not-authorized-yet' }]);
    const after = await as(olga).get(`${PROJECT}/channel`);
    expect(after.body).toEqual(before.body);
  });

  it('T26: lets a person run a doctor five times in a minute', async () => {
    const { id } = await createIntegration();
    await as(ada).post(`${PROJECT}/channel`, aChannel(id));
    const statuses = [];
    for (let n = 0; n < 6; n += 1) {
      const reply = await as(ada).post(
        '/projects/component/default/other/channel/checks',
      );
      statuses.push(reply.status);
    }
    // 404 for the project that has no channel, whose check counts as well.
    expect(statuses.at(-1)).toBe(429);
    const ofAnother = await as(olga).post(`${PROJECT}/channel/checks`);
    expect(ofAnother.status).toBe(200);
  });

  it('starts a consent for pages of its own origins only', async () => {
    const { id } = await createIntegration();
    await as(olga).post(`${PROJECT}/channel`, aChannel(id));
    const start = (returnOrigin: string) =>
      as(olga).post(`${PROJECT}/channel/consents`, { returnOrigin });
    const refused = await start('https://evil.test');
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.status).toBeLessThan(500);
    const started = await start('http://localhost:3000');
    expect(started.status).toBe(201);
    const path = `/consents/${started.body.consentId}`;
    expect((await as(olga).get(path)).body.status).toBe('waiting');
    expect((await as(mallory).get(path)).status).toBe(404);
    expect((await as(olga).delete(path)).status).toBe(204);
    expect((await as(olga).get(path)).body.status).toBe('cancelled');
  });

  it('makes, lists and withdraws links for the mailbox’s owner, with a word in the journal (T66)', async () => {
    const { id } = await createIntegration();
    const links = `${PROJECT}/channel/consent-links`;
    const body = { lifetimeHours: 24 };
    expect((await as(olga).post(links, body)).status).toBe(404);
    await as(olga).post(`${PROJECT}/channel`, aChannel(id));
    const made = await as(olga).post(links, body);
    expect(made.status).toBe(201);
    expect(made.body.url).toMatch(
      /^http:\/\/localhost:\d+\/api\/incoming-mail\/oauth\/invite#[\w-]{43}$/,
    );
    const { url, ...link } = made.body;
    const listed = await as(olga).get(links);
    expect(listed.body).toEqual({ items: [link] });
    expect(link.createdBy).toBe('user:default/olga');
    expect((await as(mallory).delete(`${links}/${link.id}`)).status).toBe(403);
    const elsewhere = '/projects/component/default/other/channel/consent-links';
    expect((await as(olga).delete(`${elsewhere}/${link.id}`)).status).toBe(404);
    expect((await as(olga).delete(`${links}/${link.id}`)).status).toBe(204);
    expect((await as(olga).delete(`${links}/${link.id}`)).status).toBe(404);
    expect((await as(olga).get(links)).body).toEqual({ items: [] });
    for (const lifetimeHours of [0, 2, 169, '24']) {
      const reply = await as(olga).post(links, { lifetimeHours });
      expect(reply.body.error.fields[0].path).toBe('body.lifetimeHours');
    }
    const journal = await as(olga).get(`${PROJECT}/channel/journal`);
    expect(journal.body.items.slice(0, 2)).toMatchObject([
      { event: 'link-revoked', detail: 'by user:default/olga' },
      { event: 'link-created', detail: 'by user:default/olga' },
    ]);
    expect(JSON.stringify(journal.body)).not.toContain(url.split('#')[1]);
  });

  it('takes a cookie for nothing that changes anything (T30)', async () => {
    for (const path of [
      `${PROJECT}/channel/consent-links`,
      `${PROJECT}/channel/consents`,
      '/consents/3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11/claim',
    ]) {
      const reply = await request(server)
        .post(`/api/incoming-mail${path}`)
        .set('authorization', mockCredentials.none.header())
        .set('cookie', mockCredentials.limitedUser.cookie(ada))
        .send({});
      expect(reply.status).toBe(401);
    }
  });

  it('connects what is read by its own rights, within the allowed domains alone (S64)', async () => {
    const { id } = await createIntegration();
    await as(olga).post(`${PROJECT}/channel`, aChannel(id));
    const ofPerson = await as(olga).post(`${PROJECT}/channel/connections`);
    expect(ofPerson.status).toBe(409);
    expect(ofPerson.body.error.message).toContain('has to authorize it');

    const alone = { grantType: 'client_credentials', scopes: ['mail'] };
    const open = await as(ada).post(
      '/integrations',
      anIntegration({ ...alone, allowedDomains: [] }),
    );
    expect(open.status).toBe(400);
    expect(open.body.error.fields).toMatchObject([
      { path: 'body.allowedDomains' },
    ]);
    for (const [change, path] of [
      [{ provider: 'google' }, 'body.grantType'],
      [{ clientAuthentication: 'none' }, 'body.clientAuthentication'],
      ...['common', 'organizations', 'consumers', 'Common'].map(tenant => [
        {
          provider: 'microsoft',
          tokenEndpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
        },
        'body.tokenEndpoint',
      ]),
    ] as [object, string][]) {
      const reply = await as(ada).post(
        '/integrations',
        anIntegration({ ...alone, ...change }),
      );
      expect(reply.status).toBe(400);
      expect(reply.body.error.fields).toMatchObject([{ path }]);
    }
  });

  it('describes itself', async () => {
    const { body } = await as(ada).get('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const operations = Object.values<object>(body.paths).flatMap(path =>
      Object.keys(path),
    );
    expect(operations).toHaveLength(Object.keys(endpoints).length);
  });
});

describe('the start of a consent', () => {
  it.each([
    [false, 401],
    [true, 400],
  ])(
    'is reached without a sign-in only across sites (%s)',
    async (crossSite, status) => {
      const db = await openTestDatabase(databases, 'SQLITE_3');
      const { as } = await startTestPlugin(db, {
        config: { oauth: { crossSite } },
      });
      const reply = await as(undefined).get('/oauth/start/unknown');
      expect(reply.status).toBe(status);
    },
  );
});

describe('the plugin where the portal is not served over https', () => {
  it('S5: refuses to authorize and to connect, with the code of the reason', async () => {
    const db = await openTestDatabase(databases, 'SQLITE_3');
    const url = 'http://portal.corp.test/api/incoming-mail';
    const { as } = await startTestPlugin(db, {
      features: [
        mockServices.discovery.mock({
          getBaseUrl: async () => url,
          getExternalBaseUrl: async () => url,
        }).factory,
      ],
    });
    const consents = { returnOrigin: 'http://localhost:3000' };
    for (const [change, path, body] of [
      [{}, 'consents', consents],
      [{ grantType: 'client_credentials' }, 'connections', undefined],
    ] as const) {
      const created = await as(ada).post(
        '/integrations',
        anIntegration(change),
      );
      await as(olga).post(`${PROJECT}/channel`, aChannel(created.body.id));
      const reply = await as(olga).post(`${PROJECT}/channel/${path}`, body);
      expect(reply.status).toBe(409);
      expect(reply.body.error).toMatchObject({
        failure: { code: 'https-required' },
        message: expect.stringContaining('backend.baseUrl'),
      });
      await as(olga).delete(`${PROJECT}/channel`);
    }
  });
});

describe('the start of the plugin', () => {
  it('is refused without a vault key, with the path and the remedy (T16)', async () => {
    const db = await openTestDatabase(databases, 'SQLITE_3');
    await expect(
      startTestPlugin(db, { config: { vault: { keys: [] } } }),
    ).rejects.toThrow(/incomingMail\.vault\.keys/);
  });

  it('is refused with a setting that makes no sense', async () => {
    const db = await openTestDatabase(databases, 'SQLITE_3');
    await expect(
      startTestPlugin(db, { config: { polling: { concurrency: 0 } } }),
    ).rejects.toThrow(/incomingMail\.polling\.concurrency/);
  });
});
