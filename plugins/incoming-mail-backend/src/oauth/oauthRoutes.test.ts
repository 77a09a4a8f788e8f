// SPDX-License-Identifier: Apache-2.0
import { MiddlewareFactory } from '@backstage/backend-defaults/rootHttpRouter';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { NotAllowedError } from '@backstage/errors';
import express from 'express';
import PromiseRouter from 'express-promise-router';
import request from 'supertest';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { toSafeError } from '../database';
import { Authorizer, createMountEndpoint } from '../http';
import { addMailbox, aKeyring, anIntegration } from './__testUtils__/fixtures';
import { createOAuth, OAuth } from './createOAuth';

jest.setTimeout(60_000);

const PROJECT = '/projects/component/default/shop';

describe('routes of the oauth room', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const auditor = mockServices.auditor.mock();
  const authorizer: jest.Mocked<Authorizer> = {
    global: jest.fn(),
    project: jest.fn(),
  };
  let oauth: OAuth;
  let app: express.Express;
  let mailbox: { id: string; address: string; integrationId: string };

  beforeAll(async () => {
    const db = await openTestDatabase(databases, 'SQLITE_3');
    oauth = createOAuth({
      db,
      keyring: aKeyring(),
      fetch,
      externalBaseUrl: 'https://portal.test/api/incoming-mail',
      returnOrigins: ['https://portal.test'],
      portal: { title: 'Corp portal', url: 'https://portal.test' },
      allowHttpLoopback: false,
      hooks: {
        proveMailbox: async () => ({
          folder: 'INBOX',
          uidValidity: 1,
          uidNext: 1,
        }),
        onGranted: async () => {},
      },
    });
    const router = PromiseRouter();
    oauth.mountRoutes({
      authorizer,
      mount: createMountEndpoint({
        router,
        httpAuth: mockServices.httpAuth(),
        auditor,
        toSafeError,
      }),
    });
    const middleware = MiddlewareFactory.create({
      config: mockServices.rootConfig(),
      logger: mockServices.logger.mock(),
    });
    app = express().use(express.json()).use(router).use(middleware.error());
    const integration = await oauth.integrations.create(
      anIntegration({ name: 'First' }),
      'user:default/admin',
    );
    const integrationId = integration.id;
    const id = await addMailbox(db, { integrationId });
    mailbox = { id, address: 'support@corp.test', integrationId };
  });

  beforeEach(() => {
    jest.resetAllMocks();
    auditor.createEvent.mockResolvedValue({
      success: async () => {},
      fail: async () => {},
    });
  });

  const permissionsAsked = () =>
    [
      ...authorizer.global.mock.calls.map(([, permission]) => permission.name),
      ...authorizer.project.mock.calls.map(
        ([, permission, ref]) => `${permission.name} ${ref}`,
      ),
    ].join();

  const eventsAudited = () =>
    auditor.createEvent.mock.calls.map(([event]) => event.eventId).join();

  it('creates, reads, changes and deletes without ever showing the secret', async () => {
    const reserved = await request(app).post('/redirect-urls');
    expect(reserved.status).toBe(201);
    const { callbackSlug } = reserved.body;
    const created = await request(app)
      .post('/integrations')
      .send(anIntegration({ name: 'Second', callbackSlug }));
    expect(created.status).toBe(201);
    expect(created.body.redirectUrl).toBe(reserved.body.redirectUrl);
    const path = `/integrations/${created.body.id}`;
    const { callbackSlug: _slug, ...settings } = anIntegration();
    const calls = [
      created,
      await request(app).get('/integrations'),
      await request(app).get(path),
      await request(app)
        .put(path)
        .send({ ...settings, version: 1 }),
      await request(app)
        .put(path)
        .send({ ...settings, version: 1 }),
      await request(app)
        .put(path)
        .send({ ...settings, version: 2, unknown: 'x' }),
      await request(app).get(`${PROJECT}/integrations`),
      await request(app).delete(path),
    ];
    expect(calls.map(({ status }) => status)).toEqual([
      201, 200, 200, 200, 409, 400, 200, 204,
    ]);
    expect(calls.map(({ text }) => text).join()).not.toContain(
      settings.clientSecret,
    );
    expect(
      JSON.stringify(auditor.createEvent.mock.calls.map(([{ meta }]) => meta)),
    ).not.toContain(settings.clientSecret);
    expect(eventsAudited()).toBe(
      'integration-create,integration-update,integration-update,integration-delete',
    );
  });

  it.each([
    ['get', '/integrations', 'incoming-mail.integration.read'],
    ['post', '/redirect-urls', 'incoming-mail.integration.create'],
    ['post', '/integrations', 'incoming-mail.integration.create'],
    ['get', '/integrations/:id', 'incoming-mail.integration.read'],
    ['put', '/integrations/:id', 'incoming-mail.integration.update'],
    ['delete', '/integrations/:id', 'incoming-mail.integration.delete'],
    ['post', '/integrations/:id/checks', 'incoming-mail.integration.update'],
    ['post', '/discoveries', 'incoming-mail.integration.create'],
    [
      'get',
      `${PROJECT}/integrations`,
      'incoming-mail.channel.update component:default/shop',
    ],
  ] as const)('asks for a permission: %s %s', async (method, path, asked) => {
    authorizer.global.mockRejectedValue(new NotAllowedError('no'));
    authorizer.project.mockRejectedValue(new NotAllowedError('no'));
    const bodies = {
      post: anIntegration(),
      put: { ...anUpdate(), version: 1 },
    };
    const call = request(app)[method](
      path.replace(':id', mailbox.integrationId),
    );
    const body =
      path === '/discoveries'
        ? { issuer: 'https://provider.test' }
        : bodies[method as 'post' | 'put'];
    const hasNone = /urls$|checks$/.test(path);
    const response = await (method in bodies && !hasNone
      ? call.send(body)
      : call);
    expect(response.status).toBe(403);
    expect(permissionsAsked()).toBe(asked);
    expect((await oauth.integrations.list({ limit: 10 })).items).toHaveLength(
      1,
    );
  });

  function anUpdate() {
    const { callbackSlug, ...settings } = anIntegration();
    return settings;
  }

  it('tells the starter alone about a consent, and lets them give it up', async () => {
    const { consentId } = await oauth.consents.startConsent({
      mailbox,
      userRef: 'user:default/mock',
      returnOrigin: 'https://portal.test',
    });
    const as = (userRef: string) => mockCredentials.user.header(userRef);
    const path = `/consents/${consentId}`;
    const other = as('user:default/other');
    const own = as('user:default/mock');
    const calls = [
      await request(app).get(path).set('authorization', other),
      await request(app).delete(path).set('authorization', other),
      await request(app).get(path).set('authorization', own),
      await request(app).delete(path).set('authorization', own),
      await request(app).get(path).set('authorization', own),
    ];
    expect(calls.map(({ status, body }) => [status, body.status])).toEqual([
      [404, undefined],
      [404, undefined],
      [200, 'waiting'],
      [204, undefined],
      [200, 'cancelled'],
    ]);
  });
});
