// SPDX-License-Identifier: Apache-2.0
import { createBackendModule } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Sandbox, startSandbox } from '@postroom/mail-sandbox';
import {
  MailServer,
  MailServerDraft,
  TestedDraft,
} from '@postroom/plugin-incoming-mail-common';
import {
  incomingMailHandlersExtensionPoint,
  IncomingMessage,
} from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { expectInvariants } from '../__testUtils__/expectInvariants';
import { until } from '../__testUtils__/startScriptedWorld';
import {
  ada,
  mallory,
  olga,
  PROJECT,
  startTestPlugin,
} from '../__testUtils__/startTestPlugin';
import { TestBrowser } from '../__testUtils__/TestBrowser';
import { DbGrantRow, dbNowPlus, DbNoticeRow, tables } from '../database';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const ADDRESS = 'support@corp.test';
const OTHER = 'payments@corp.test';
const PASSWORD = 'sandbox';

describe.each(databases.eachSupportedId())('mail servers (%s)', databaseId => {
  let sandbox: Sandbox;
  let sandboxUrl: string;
  let delivered = 0;
  let opened: Knex;

  beforeEach(async () => {
    sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
    sandboxUrl = `http://localhost:${sandbox.httpPort}`;
  });
  afterEach(async () => {
    await sandbox.close();
    await expectInvariants(opened);
  });

  const deliver = async (
    subject: string,
    to: string = ADDRESS,
    text: string = 'Hello.',
  ) => {
    delivered += 1;
    const reply = await fetch(`${sandboxUrl}/api/messages?to=${to}`, {
      method: 'POST',
      headers: { 'content-type': 'message/rfc822' },
      body: [
        'From: Carla <carla@customer.test>',
        `Message-ID: <${delivered}@customer.test>`,
        `Subject: ${subject}`,
        '',
        text,
      ].join('\r\n'),
    });
    expect(reply.status).toBe(201);
  };

  const server = () => ({
    protocol: 'imap',
    host: 'localhost',
    port: sandbox.imapPort,
    security: 'none',
  });
  const byPassword = { method: 'password', password: PASSWORD };
  const settings = (change: object = {}) => ({
    name: 'Alerts',
    address: ADDRESS,
    server: server(),
    authentication: byPassword,
    handlers: [{ handlerId: 'recorder', settings: {} }],
    ...change,
  });

  async function setUp(config: object = {}) {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    opened = db;
    const seen: IncomingMessage[] = [];
    const recorder = createBackendModule({
      pluginId: 'incoming-mail',
      moduleId: 'recorder',
      register(env) {
        env.registerInit({
          deps: { handlers: incomingMailHandlersExtensionPoint },
          async init({ handlers }) {
            const handler = (id: string) => ({
              id,
              title: 'Records what it is given',
              async handle(message: IncomingMessage) {
                seen.push(message);
                return { kind: 'created' as const, target: `note:${id}` };
              },
            });
            handlers.addHandler(handler('recorder'), handler('second'));
          },
        });
      },
    });
    const { as } = await startTestPlugin(db, {
      features: [recorder],
      // So that each visit signs in, and can be refused.
      config: { ...config, polling: { idleConnections: 0 } },
    });
    const admin = as(ada);
    const openDraft = async (body: object): Promise<MailServerDraft> => {
      const reply = await admin.post('/mail-server-drafts', body);
      expect(reply.status).toBe(201);
      return reply.body;
    };
    const test = async (id: string): Promise<TestedDraft> =>
      (await admin.post(`/mail-server-drafts/${id}/checks`)).body;
    const get = async (id: string): Promise<MailServer> =>
      (await admin.get(`/mail-servers/${id}`)).body;
    /** Where it works, the first visit has ended when this resolves. */
    const save = async (draftId: string) => {
      const reply = await admin.post('/mail-servers', { draftId });
      if (reply.status === 201) {
        await until(
          () => get(draftId),
          ({ lastVisitAt }) => lastVisitAt !== undefined,
        );
      }
      return reply;
    };
    const addServer = async (change: object = {}): Promise<MailServer> => {
      const { id } = await openDraft({ settings: settings(change) });
      expect((await test(id)).report.ok).toBe(true);
      const saved = await save(id);
      expect(saved.status).toBe(201);
      return saved.body;
    };
    const visitOnce = async (id: string) => {
      const before = (await get(id)).lastVisitAt;
      expect((await admin.post(`/mail-servers/${id}/visits`)).status).toBe(202);
      return until(
        () => get(id),
        now => now.lastVisitAt !== before && now.counts.waiting === 0,
      );
    };
    /** The first visit to end may have begun before; the second one did not. */
    const visit = async (id: string) => {
      await visitOnce(id);
      return visitOnce(id);
    };
    const addIntegration = async (allowedDomains: string[] = []) => {
      const reserved = (await admin.post('/redirect-urls')).body;
      const registered = await fetch(`${sandboxUrl}/api/clients`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          name: 'Postroom',
          redirectUris: [reserved.redirectUrl],
        }),
      });
      const { clientId, clientSecret } = await registered.json();
      const reply = await admin.post('/integrations', {
        callbackSlug: reserved.callbackSlug,
        name: 'Sandbox',
        provider: 'custom',
        issuer: sandbox.issuer,
        authorizationEndpoint: `${sandbox.issuer}/auth`,
        tokenEndpoint: `${sandbox.issuer}/token`,
        scopes: ['openid', 'email', 'offline_access', 'mail'],
        clientId,
        clientSecret,
        clientAuthentication: 'client_secret_basic',
        allowedDomains,
        mailHosts: [server()],
      });
      expect(reply.status).toBe(201);
      return reply.body.id as string;
    };
    /** Goes through a consent that was started at a path. */
    const authorize = async (path: string, user: string = ada) => {
      const { body } = await as(user).post(`${path}/consents`, {
        returnOrigin: 'http://localhost:3000',
      });
      const browser = new TestBrowser();
      browser.setCookie(mockCredentials.limitedUser.cookie(user));
      const login = await browser.open(body.startUrl);
      const consent = await browser.submit(login, { account: ADDRESS });
      await browser.submit(consent, { decision: 'allow' });
      return (await as(user).get(`/consents/${body.consentId}`)).body.status;
    };
    return {
      db,
      as,
      admin,
      seen,
      openDraft,
      test,
      save,
      addServer,
      get,
      visit,
      addIntegration,
      authorize,
    };
  }

  it('S4 S52 S54 S55 S56 S57: a mail server with a password is tested before it can be saved, and read from then on', async () => {
    const { db, admin, seen, openDraft, test, save, get, visit } =
      await setUp();
    await deliver('was there before');
    const draft = await openDraft({ settings: settings() });
    expect(draft).toMatchObject({
      authorization: 'own',
      obstacle: 'not-tested',
      authentication: { method: 'password', passwordSet: true },
    });
    const early = await save(draft.id);
    expect(early.status).toBe(409);
    expect(early.body.error).toMatchObject({ reason: 'not-tested' });
    expect((await admin.get('/mail-servers')).body.items).toEqual([]);

    const tested = await test(draft.id);
    expect(tested.report.checks.map(({ id }) => id)).toEqual([
      'settings-allowed',
      'password-stored',
      'server-found',
      'server-connected',
      'connection-secure',
      'signed-in',
      'folder-open',
      'messages-counted',
    ]);
    expect(tested.report.ok).toBe(true);
    expect(tested.draft.obstacle).toBeUndefined();

    // Between test and save is no time in which mail is lost.
    await deliver('between test and save');
    const saved = await save(draft.id);
    expect(saved.status).toBe(201);
    expect(saved.body).toMatchObject({
      id: draft.id,
      version: 1,
      name: 'Alerts',
      state: 'active',
      enabled: true,
      timeoutSeconds: 30,
      handlers: [{ handlerId: 'recorder', settings: {} }],
    });
    await deliver('after the save');
    await visit(draft.id);
    await until(
      () => get(draft.id),
      now => now.counts.stored === 2 && now.counts.waiting === 0,
    );
    expect(seen.map(({ subject }) => subject)).toEqual([
      'between test and save',
      'after the save',
    ]);
    expect(seen[0].projectRef).toBeUndefined();

    const { items } = (await admin.get('/mail-servers')).body;
    expect(items).toHaveLength(1);
    const log = await admin.get(`/mail-servers/${draft.id}/messages`);
    expect(log.body.items).toMatchObject([
      { state: 'done', target: 'note:recorder', imported: false },
      { state: 'done' },
    ]);
    const journal = await admin.get(`/mail-servers/${draft.id}/journal`);
    expect(
      journal.body.items.map(({ event }: { event: string }) => event),
    ).toEqual(
      expect.arrayContaining([
        'server-created',
        'baseline-set',
        'mail-accepted',
      ]),
    );
    // The draft has become the server: there is no draft any more.
    expect((await admin.get(`/mail-server-drafts/${draft.id}`)).status).toBe(
      404,
    );
    const rows = JSON.stringify(await db(tables.mailboxes));
    expect(rows).not.toContain(`"${PASSWORD}"`);
  });

  it('S57 S65: over POP3 mail is read from the test, and from the activation on, not from the first visit on', async () => {
    const { as, admin, seen, openDraft, test, save, get, visit } =
      await setUp();
    const pop3 = {
      protocol: 'pop3',
      host: 'localhost',
      port: sandbox.pop3Port,
      security: 'none',
    };
    await deliver('was there before');
    const draft = await openDraft({ settings: settings({ server: pop3 }) });
    expect((await test(draft.id)).report.ok).toBe(true);
    await deliver('between test and save');
    expect((await save(draft.id)).status).toBe(201);
    await visit(draft.id);
    await until(
      () => get(draft.id),
      now => now.counts.stored === 1 && now.counts.waiting === 0,
    );
    expect(seen.map(({ subject }) => subject)).toEqual([
      'between test and save',
    ]);
    const { items } = (await admin.get(`/mail-servers/${draft.id}/journal`))
      .body;
    expect(
      items.filter(({ event }: { event: string }) => event === 'baseline-set'),
    ).toHaveLength(1);

    const owner = as(olga);
    const channel = `${PROJECT}/channel`;
    await deliver('was there before as well', OTHER);
    await owner.post(channel, {
      address: OTHER,
      server: pop3,
      authentication: byPassword,
    });
    const activated = await owner.post(`${channel}/activations`);
    expect(activated.body).toMatchObject({
      report: { ok: true },
      channel: { state: 'active', readingSince: expect.any(String) },
    });
    await deliver('after the activation', OTHER);
    const requests = await until(
      async () => {
        await owner.post(`${channel}/visits`);
        return (await owner.get(`${PROJECT}/requests`)).body.items;
      },
      found => found.length > 0,
    );
    expect(requests).toMatchObject([{ subject: 'after the activation' }]);
  });

  it('lists the folders of a draft’s and of a channel’s account, and says why where it cannot (T26, T28)', async () => {
    const { as, openDraft } = await setUp();
    const draft = await openDraft({ settings: settings() });
    const folders = `/mail-server-drafts/${draft.id}/folders`;
    const listed = await as(ada).post(folders);
    expect(listed.status).toBe(200);
    expect(listed.body.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'INBOX', selectable: true }),
        expect.objectContaining({ path: 'Archive' }),
      ]),
    );
    expect((await as(olga).post(folders)).status).toBe(403);

    const owner = as(olga);
    const channel = `${PROJECT}/channel`;
    await owner.post(channel, {
      address: ADDRESS,
      server: server(),
      authentication: { method: 'password', password: 'wrong' },
    });
    const refused = await owner.post(`${channel}/folders`);
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toContain('The password is refused');
    expect((await as(mallory).post(`${channel}/folders`)).status).toBe(403);
    const update = (change: object) =>
      owner.put(channel, {
        address: ADDRESS,
        authentication: byPassword,
        server: server(),
        ...change,
      });
    await update({ version: 1 });
    const found = await owner.post(`${channel}/folders`);
    expect(found.body).toEqual(listed.body);

    await update({
      version: 2,
      server: { ...server(), protocol: 'pop3', port: sandbox.pop3Port },
    });
    const without = await owner.post(`${channel}/folders`);
    expect(without.status).toBe(409);
    expect(without.body.error.message).toContain('POP3');
  });

  it.each(['imap', 'pop3'])(
    'T50: over %s of a mail over the size limit the beginning is stored and shown as too large; the next is handled',
    async protocol => {
      const { admin, seen, addServer, visit, get } = await setUp({
        messages: { maxBytes: 10_000 },
      });
      const port = protocol === 'imap' ? sandbox.imapPort : sandbox.pop3Port;
      const { id } = await addServer({
        server: { ...server(), protocol, port },
      });
      await deliver('large', ADDRESS, 'A long line.\r\n'.repeat(100_000));
      await deliver('next');
      await visit(id);
      await until(
        () => get(id),
        now => now.counts.stored === 2 && now.counts.waiting === 0,
      );
      expect(seen.map(({ subject }) => subject)).toEqual(['next']);
      const log = await admin.get(`/mail-servers/${id}/messages`);
      expect(log.body.items).toMatchObject([
        { state: 'done', subject: 'next' },
        {
          state: 'quarantined',
          subject: 'large',
          truncated: true,
          failure: 'message-too-large',
        },
      ]);
      const [, { id: messageId, sizeBytes }] = log.body.items;
      expect(sizeBytes).toBeGreaterThan(1_400_000);
      // Its beginning and no more.
      const { bytes } = await opened(tables.inboxChunks)
        .where({ message_id: messageId })
        .first();
      expect(bytes.length).toBeGreaterThan(100);
      expect(bytes.length).toBeLessThanOrEqual(10_000);
    },
  );

  it('S55: what was tested is what is saved: a change of settings, password, or time asks for a new test', async () => {
    const { db, admin, openDraft, test, save } = await setUp();
    const { id } = await openDraft({ settings: settings() });
    const path = `/mail-server-drafts/${id}`;
    const reasonOf = async () => (await save(id)).body.error?.reason;
    const change = async (changed: object) =>
      admin.put(path, { settings: settings(changed) });

    await change({ authentication: { method: 'password', password: 'wrong' } });
    const refused = await test(id);
    expect(refused.report.ok).toBe(false);
    expect(
      refused.report.checks.find(({ verdict }) => verdict === 'failed'),
    ).toMatchObject({ id: 'signed-in', failure: 'password-refused' });
    expect(await reasonOf()).toBe('not-tested');

    await change({});
    expect((await test(id)).draft.obstacle).toBeUndefined();
    // What the connection does not depend on may still be changed.
    const { authentication: _password, ...rest } = settings();
    const kept = { ...rest, authentication: { method: 'password' } };
    expect(
      (await admin.put(path, { settings: { ...kept, name: 'Renamed' } })).body
        .obstacle,
    ).toBeUndefined();
    expect(
      (await admin.put(path, { settings: { ...kept, folder: 'Nowhere' } })).body
        .obstacle,
    ).toBe('changed-since-test');
    expect(await reasonOf()).toBe('changed-since-test');
    // The same password entered again is another one, as far as is known.
    await change({});
    expect(await reasonOf()).toBe('changed-since-test');

    await test(id);
    await db(tables.mailboxes)
      .where({ id })
      .update({ tested_at: dbNowPlus(db, -16 * 60_000) });
    expect(await reasonOf()).toBe('test-too-old');
    await test(id);
    expect((await save(id)).status).toBe(201);
  });

  it('T22: a stored password goes to no other server, and to no other name, unless it is entered again', async () => {
    const { admin, addServer, openDraft } = await setUp();
    const { id: serverId } = await addServer();
    const draft = await openDraft({ serverId });
    expect(draft.authentication).toMatchObject({ passwordSet: true });
    const kept = { method: 'password' };
    for (const change of [
      { server: { ...server(), host: '127.0.0.1' } },
      { server: { ...server(), port: 1 } },
      { address: OTHER },
      { authentication: { ...kept, userName: 'somebody' } },
    ]) {
      const reply = await admin.put(`/mail-server-drafts/${draft.id}`, {
        settings: settings({ authentication: kept, ...change }),
      });
      expect(reply.status).toBe(400);
      expect(reply.body.error.fields).toEqual([
        {
          path: 'body.settings.authentication.password',
          message: expect.stringContaining('again'),
        },
      ]);
    }
    // The control: in place it is kept.
    const same = await admin.put(`/mail-server-drafts/${draft.id}`, {
      settings: settings({ authentication: kept, name: 'Other name' }),
    });
    expect(same.status).toBe(200);
  });

  it('S53 S70 S71: a draft is authorized before it is saved; the consent is renewed in place', async () => {
    const { db, admin, addIntegration, openDraft, authorize, ...world } =
      await setUp();
    const integrationId = await addIntegration(['corp.test']);
    const oauth = settings({
      authentication: { method: 'oauth', integrationId },
    });
    const wrong = await admin.post('/mail-server-drafts', {
      settings: { ...oauth, address: 'someone@elsewhere.test' },
    });
    expect(wrong.body.error.fields).toMatchObject([
      { path: 'body.settings.address' },
    ]);
    const { id } = await openDraft({ settings: oauth });
    const path = `/mail-server-drafts/${id}`;
    expect((await world.test(id)).report.ok).toBe(false);
    expect(await authorize(path)).toBe('succeeded');
    expect((await admin.get(path)).body).toMatchObject({
      authorization: 'own',
      obstacle: 'not-tested',
    });
    // A consent for a draft has nothing read.
    expect(await db(tables.leases).whereNot({ kind: 'replica' })).toEqual([]);
    expect((await world.test(id)).report.ok).toBe(true);
    // Another consent is another grant, which was not tested.
    expect(await authorize(path)).toBe('succeeded');
    expect((await world.save(id)).body.error.reason).toBe('changed-since-test');
    expect((await world.test(id)).draft.obstacle).toBeUndefined();
    expect((await world.save(id)).status).toBe(201);
    await deliver('by token');
    await world.visit(id);
    expect(world.seen).toHaveLength(1);

    const grant = () => db<DbGrantRow>(tables.oauthGrants).first();
    const before = await grant();
    expect(await authorize(`/mail-servers/${id}`)).toBe('succeeded');
    expect(await grant()).toMatchObject({ id: before!.id, mailbox_id: id });
    expect(await db(tables.oauthGrants)).toHaveLength(1);
    await deliver('after the renewal');
    await world.visit(id);
    expect(world.seen).toHaveLength(2);

    const used = await admin.get(`/integrations/${integrationId}/users`);
    expect(used.body.items).toEqual([
      {
        kind: 'mail-server',
        mailServerId: id,
        name: 'Alerts',
        address: ADDRESS,
      },
    ]);
    const refused = await admin.delete(`/integrations/${integrationId}`);
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toContain('Alerts');
    expect(
      (await admin.get(`/integrations/${integrationId}`)).body,
    ).toMatchObject({ channelCount: 0, mailServerCount: 1 });
  });

  it('S61 S68 S69: from password to OAuth 2.0 in place: handlers, cursor and stored mail stay', async () => {
    const { db, admin, seen, addIntegration, openDraft, authorize, ...world } =
      await setUp();
    const handlers = [
      { handlerId: 'recorder', settings: {} },
      { handlerId: 'second', settings: {} },
    ];
    const first = await world.addServer({ handlers });
    await deliver('by password');
    await world.visit(first.id);
    const bindings = await db(tables.handlerBindings).orderBy('position');
    const cursors = await db(tables.mailboxCursors);

    const integrationId = await addIntegration();
    const draft = await openDraft({
      serverId: first.id,
      settings: settings({
        handlers,
        authentication: { method: 'oauth', integrationId },
      }),
    });
    await deliver('between draft and save');
    expect(await authorize(`/mail-server-drafts/${draft.id}`)).toBe(
      'succeeded',
    );
    expect((await world.test(draft.id)).report.ok).toBe(true);
    const stale = await admin.put(`/mail-servers/${first.id}`, {
      draftId: draft.id,
      version: 7,
    });
    expect(stale.status).toBe(409);
    expect(stale.body.error.reason).toBe('server-changed');
    const saved = await admin.put(`/mail-servers/${first.id}`, {
      draftId: draft.id,
      version: first.version,
    });
    expect(saved.status).toBe(200);
    expect(saved.body).toMatchObject({
      id: first.id,
      version: 2,
      state: 'active',
      authentication: { method: 'oauth', integrationId },
      handlers,
    });
    await world.visit(first.id);
    expect(seen.map(({ subject }) => subject)).toEqual([
      'by password',
      'by password',
      'between draft and save',
      'between draft and save',
    ]);
    const remaining = await db(tables.mailboxes);
    expect(remaining).toHaveLength(1);
    expect(remaining[0]).toMatchObject({
      password_sealed: null,
      draft_owner: null,
    });
    expect(await db(tables.handlerBindings).orderBy('position')).toMatchObject(
      bindings.map(({ id, handler_id }) => ({ id, handler_id })),
    );
    const [{ id: cursorId }] = cursors;
    expect(await db(tables.mailboxCursors)).toMatchObject([{ id: cursorId }]);
    expect(await db(tables.oauthGrants)).toMatchObject([
      { mailbox_id: first.id },
    ]);
  });

  it('a draft of a mail server is authorized by what the server has, while it is the same account', async () => {
    const { admin, addIntegration, openDraft, authorize, ...world } =
      await setUp();
    const integrationId = await addIntegration();
    const authentication = { method: 'oauth', integrationId };
    const fresh = await openDraft({ settings: settings({ authentication }) });
    await authorize(`/mail-server-drafts/${fresh.id}`);
    await world.test(fresh.id);
    expect((await world.save(fresh.id)).status).toBe(201);

    const draft = await openDraft({ serverId: fresh.id });
    expect(draft).toMatchObject({
      authorization: 'server',
      serverVersion: 1,
      authentication,
    });
    expect((await world.test(draft.id)).draft.obstacle).toBeUndefined();
    const moved = await admin.put(`/mail-server-drafts/${draft.id}`, {
      settings: settings({ authentication, address: OTHER }),
    });
    expect(moved.body).toMatchObject({
      authorization: 'none',
      obstacle: 'changed-since-test',
    });
    await admin.put(`/mail-server-drafts/${draft.id}`, {
      settings: settings({ authentication, name: 'Renamed' }),
    });
    expect((await world.test(draft.id)).report.ok).toBe(true);
    const saved = await admin.put(`/mail-servers/${fresh.id}`, {
      draftId: draft.id,
      version: 1,
    });
    expect(saved.body).toMatchObject({ name: 'Renamed', version: 2 });
    await deliver('still authorized');
    await world.visit(fresh.id);
    expect(world.seen).toHaveLength(1);
  });

  it('T28: drafts are their owner’s alone, mail servers the administrators’', async () => {
    const { as, openDraft, addServer } = await setUp();
    const draft = await openDraft({ settings: settings() });
    const mailServer = await addServer();
    const bob = 'user:default/bob';
    for (const user of [mallory, olga, bob]) {
      for (const path of [
        `/mail-server-drafts/${draft.id}`,
        `/mail-servers/${mailServer.id}`,
        `/mail-servers/${mailServer.id}/messages`,
        '/mail-servers',
      ]) {
        expect((await as(user).get(path)).status).toBe(403);
      }
    }
    // A channel is none of the mail servers, nor is a draft.
    expect((await as(ada).get(`/mail-servers/${draft.id}`)).status).toBe(404);
    expect((await as(ada).delete(`/mail-servers/${draft.id}`)).status).toBe(
      404,
    );
    expect(
      (await as(ada).get(`/mail-server-drafts/${mailServer.id}`)).status,
    ).toBe(404);
  });

  it('drops a draft with its grant, and an integration with the drafts that use it', async () => {
    const { db, admin, addIntegration, openDraft, authorize } = await setUp();
    const integrationId = await addIntegration();
    const authentication = { method: 'oauth', integrationId };
    const { id } = await openDraft({ settings: settings({ authentication }) });
    expect(await authorize(`/mail-server-drafts/${id}`)).toBe('succeeded');
    expect(await db(tables.oauthGrants)).toHaveLength(1);
    expect((await admin.delete(`/mail-server-drafts/${id}`)).status).toBe(204);
    expect(await db(tables.oauthGrants)).toEqual([]);
    expect(await db(tables.mailboxes)).toEqual([]);

    await openDraft({ settings: settings({ authentication }) });
    const path = `/integrations/${integrationId}`;
    expect((await admin.get(path)).body.mailServerCount).toBe(0);
    expect((await admin.get(`${path}/users`)).body.items).toEqual([]);
    expect((await admin.delete(path)).status).toBe(204);
    expect(await db(tables.mailboxes)).toEqual([]);
  });

  it('bounds drafts, and refuses handlers and settings that make no sense', async () => {
    const { admin, openDraft } = await setUp();
    const fieldsOf = async (change: object) => {
      const reply = await admin.post('/mail-server-drafts', {
        settings: settings(change),
      });
      expect(reply.status).toBe(400);
      return reply.body.error.fields.map(({ path }: { path: string }) => path);
    };
    expect(await fieldsOf({ handlers: [] })).toEqual([
      'body.settings.handlers',
    ]);
    expect(
      await fieldsOf({ handlers: [{ handlerId: 'nobody', settings: {} }] }),
    ).toEqual(['body.settings.handlers.0']);
    expect(
      await fieldsOf({
        handlers: [{ handlerId: 'request-tracker', settings: {} }],
      }),
    ).toEqual(['body.settings.handlers.0']);
    expect(await fieldsOf({ timeoutSeconds: 4 })).toEqual([
      'body.settings.timeoutSeconds',
    ]);
    expect(await fieldsOf({ authentication: { method: 'password' } })).toEqual([
      'body.settings.authentication.password',
    ]);
    expect(
      await fieldsOf({
        server: { ...server(), host: 'mail.corp.test' },
      }),
    ).toEqual(['body.settings.server.security']);
    for (let n = 0; n < 10; n += 1) {
      await openDraft({ settings: settings() });
    }
    const reply = await admin.post('/mail-server-drafts', {
      settings: settings(),
    });
    expect(reply.status).toBe(409);
  });

  it('R42: a paused mail server is neither visited nor handled, and goes on where it stopped', async () => {
    const { admin, seen, addServer, get, visit } = await setUp();
    const { id } = await addServer();
    const paused = await admin.put(`/mail-servers/${id}/pause`);
    expect(paused.body).toMatchObject({ state: 'paused', enabled: false });
    await deliver('while it is paused');
    expect((await admin.post(`/mail-servers/${id}/visits`)).status).toBe(409);
    expect((await get(id)).nextVisitAt).toBeUndefined();
    const resumed = await admin.delete(`/mail-servers/${id}/pause`);
    expect(resumed.body).toMatchObject({ state: 'active', enabled: true });
    await until(
      async () => seen.length,
      count => count === 1,
    );
    await visit(id);
    expect(seen).toHaveLength(1);
  });

  it('P47 P48: counts what is there, and imports older mail once, marked as such', async () => {
    const { admin, seen, addServer, get, visit } = await setUp();
    for (const subject of ['one', 'two', 'three']) {
      await deliver(subject);
    }
    const { id } = await addServer();
    const path = `/mail-servers/${id}`;
    await deliver('new');
    await visit(id);
    expect(seen.map(({ subject }) => subject)).toEqual(['new']);
    const preview = await admin.post(`${path}/preview`);
    expect(preview.body).toMatchObject({
      messageCount: 4,
      olderCount: 3,
      importable: true,
      newestAt: expect.any(String),
      oldestAt: expect.any(String),
    });
    const started = await admin.post(`${path}/imports`, { last: 2 });
    expect(started.status).toBe(201);
    const done = await until(
      () => get(id),
      now => now.lastImport?.state === 'done' && now.counts.waiting === 0,
    );
    expect(done.lastImport).toMatchObject({ last: 2, found: 2, imported: 2 });
    expect(seen.map(({ subject, imported }) => [subject, imported])).toEqual([
      ['new', undefined],
      ['two', true],
      ['three', true],
    ]);
    // A second one reads only what the first one left.
    await admin.post(`${path}/imports`, { since: '2020-01-01' });
    const again = await until(
      () => get(id),
      now =>
        now.lastImport?.since !== undefined &&
        now.lastImport.state === 'done' &&
        now.counts.waiting === 0,
    );
    expect(again.lastImport).toMatchObject({ found: 3, imported: 1 });
    expect(seen).toHaveLength(4);
    const log = await admin.get(`${path}/messages`);
    expect(log.body.items[0]).toMatchObject({
      imported: true,
      trace: expect.arrayContaining([
        expect.objectContaining({ step: 'import', verdict: 'passed' }),
      ]),
    });
    const none = await admin.post(`${path}/imports`, {
      last: 1,
      since: '2020-01-01',
    });
    expect(none.status).toBe(400);
  });

  it('S58 T31: tells of each mail of a mail server what a channel tells of its own, for rights of their own', async () => {
    const { as, admin, seen, addServer, get, visit } = await setUp();
    const { id } = await addServer();
    const raw = Buffer.from([0, 1, 2, 255, 13, 10, 0]);
    const put = await fetch(`${sandboxUrl}/api/messages?to=${ADDRESS}`, {
      method: 'POST',
      headers: { 'content-type': 'message/rfc822' },
      body: raw,
    });
    expect(put.status).toBe(201);
    await deliver('readable');
    await visit(id);
    const log = (await admin.get(`/mail-servers/${id}/messages`)).body.items;
    const found = (state: string) =>
      log.find((message: { state: string }) => message.state === state);
    const [done, quarantined] = [found('done'), found('quarantined')];
    const pathOf = (message: { id: string }) =>
      `/mail-servers/${id}/messages/${message.id}`;

    const download = await admin
      .get(`${pathOf(quarantined)}/raw`)
      .responseType('blob');
    expect(download.status).toBe(200);
    expect(download.headers['content-type']).toContain('message/rfc822');
    expect(download.body).toEqual(raw);

    const tried = await admin.post(`${pathOf(done)}/dry-runs`);
    expect(tried.status).toBe(200);
    expect(tried.body.trace.length).toBeGreaterThan(0);
    expect(seen).toHaveLength(1);

    expect((await admin.post(`${pathOf(done)}/runs`)).status).toBe(409);
    const again = await admin.post(`${pathOf(quarantined)}/runs`);
    expect(again.status).toBe(202);
    expect(again.body).toMatchObject({ id: quarantined.id, state: 'stored' });
    await until(
      () => get(id),
      ({ counts }) => counts.waiting === 0,
    );
    const journal = await admin.get(`/mail-servers/${id}/journal`);
    expect(
      journal.body.items.map((entry: { event: string }) => entry.event),
    ).toContain('mail-run-again');

    for (const user of [olga, mallory]) {
      expect((await as(user).get(`${pathOf(done)}/raw`)).status).toBe(403);
      for (const what of ['dry-runs', 'runs']) {
        const reply = await as(user).post(`${pathOf(quarantined)}/${what}`);
        expect(reply.status).toBe(403);
      }
    }
    const { id: other } = await addServer({ name: 'Other', address: OTHER });
    for (const reply of [
      await admin.get(`/mail-servers/${other}/messages/${done.id}/raw`),
      await admin.post(`/mail-servers/${other}/messages/${done.id}/dry-runs`),
      await admin.post(`/mail-servers/${other}/messages/${done.id}/runs`),
    ]) {
      expect(reply.status).toBe(404);
    }
  });

  it('R29: tells whoever set a mail server up that it stopped, once, and that it goes on', async () => {
    const { db, admin, addServer, openDraft, test, get } = await setUp();
    const { id } = await addServer();
    const titles = async () =>
      (
        await db<DbNoticeRow>(tables.notices)
          .where({ subject: `mailbox:${id}`, recipient_ref: ada })
          .orderBy('transition')
      ).map(({ title, link }) => [title, link]);
    const refuse = async (imapRefuseLogin: boolean) => {
      const reply = await fetch(`${sandboxUrl}/api/faults`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ imapRefuseLogin }),
      });
      expect(reply.status).toBe(200);
    };
    const stop = async () => {
      await refuse(true);
      await admin.post(`/mail-servers/${id}/visits`);
      await until(
        () => get(id),
        ({ state }) => state === 'needs-password',
      );
    };
    const mend = async () => {
      await refuse(false);
      const draft = await openDraft({ serverId: id, settings: settings() });
      expect((await test(draft.id)).report.ok).toBe(true);
      const { version } = await get(id);
      const saved = await admin.put(`/mail-servers/${id}`, {
        draftId: draft.id,
        version,
      });
      expect(saved.status).toBe(200);
    };
    const stopped = [
      expect.stringMatching(/^Mail of Alerts is not read: /),
      `/incoming-mail/servers/${id}`,
    ];
    const goesOn = ['Mail of Alerts is read again', stopped[1]];
    expect(await titles()).toEqual([]);
    await stop();
    expect(await titles()).toEqual([stopped]);
    await mend();
    expect(await titles()).toEqual([stopped, goesOn]);
    // The same reason a second time is news again.
    await stop();
    expect(await titles()).toEqual([stopped, goesOn, stopped]);
  });

  it('removes a mail server with its drafts, password and mail', async () => {
    const { db, admin, addServer, openDraft, visit } = await setUp();
    const { id } = await addServer();
    await openDraft({ serverId: id });
    await deliver('goes as well');
    await visit(id);
    expect((await admin.delete(`/mail-servers/${id}`)).status).toBe(204);
    expect((await admin.get(`/mail-servers/${id}`)).status).toBe(404);
    for (const table of [
      tables.mailboxes,
      tables.inboxMessages,
      tables.handlerBindings,
    ]) {
      expect(await db(table)).toEqual([]);
    }
    const leases = await db(tables.leases).whereNot({ kind: 'replica' });
    expect(leases).toEqual([]);
  });

  it('S61 S63 S64: a channel goes from password to OAuth 2.0 and back, and mail in between is read once', async () => {
    const { as, addIntegration, authorize } = await setUp();
    const owner = as(olga);
    const channel = `${PROJECT}/channel`;
    const channelSettings = (change: object = {}) => ({
      address: ADDRESS,
      server: server(),
      authentication: byPassword,
      requestDefaults: { priority: 'high', labels: ['mail'] },
      aliases: ['help@corp.test'],
      ...change,
    });
    const created = await owner.post(channel, channelSettings());
    expect(created.body).toMatchObject({
      state: 'draft',
      authentication: { method: 'password', passwordSet: true },
      requestDefaults: { priority: 'high', labels: ['mail'] },
      aliases: ['help@corp.test'],
    });
    const activated = await owner.post(`${channel}/activations`);
    expect(activated.body).toMatchObject({
      report: { ok: true },
      channel: { state: 'active', readingSince: expect.any(String) },
    });
    const subjects = async () =>
      (await owner.get(`${PROJECT}/requests`)).body.items.map(
        ({ subject }: { subject: string }) => subject,
      );
    const untilRead = (count: number) =>
      until(
        async () => {
          await owner.post(`${channel}/visits`);
          return subjects();
        },
        found => found.length >= count,
      );
    await deliver('by password');
    await untilRead(1);

    const integrationId = await addIntegration();
    const switched = await owner.put(
      channel,
      channelSettings({
        authentication: { method: 'oauth', integrationId },
        version: 1,
      }),
    );
    expect(switched.body).toMatchObject({ state: 'draft', version: 2 });
    await deliver('between switch and consent');
    expect((await owner.post(`${channel}/activations`)).status).toBe(409);
    expect(await authorize(channel, olga)).toBe('succeeded');
    await untilRead(2);

    const back = await owner.put(
      channel,
      channelSettings({ authentication: { method: 'password' }, version: 2 }),
    );
    expect(back.status).toBe(400);
    await owner.put(channel, channelSettings({ version: 2 }));
    await deliver('between consent and password');
    expect((await owner.post(`${channel}/activations`)).body.report.ok).toBe(
      true,
    );
    await untilRead(3);
    expect((await subjects()).sort()).toEqual([
      'between consent and password',
      'between switch and consent',
      'by password',
    ]);
  });

  it('says that a password is refused, and does not begin to read', async () => {
    const { as } = await setUp();
    const owner = as(olga);
    const channel = `${PROJECT}/channel`;
    await owner.post(channel, {
      address: ADDRESS,
      server: server(),
      authentication: { method: 'password', password: 'wrong' },
    });
    const refused = await owner.post(`${channel}/activations`);
    expect(refused.status).toBe(200);
    expect(refused.body.report.ok).toBe(false);
    expect(refused.body.channel.state).toBe('draft');
    expect(
      refused.body.report.checks.find(
        ({ verdict }: { verdict: string }) => verdict === 'failed',
      ),
    ).toMatchObject({ failure: 'password-refused' });
    const journal = await owner.get(`${channel}/journal`);
    expect(journal.body.items[0]).toMatchObject({
      event: 'authorization-failed',
      failure: 'password-refused',
    });
    expect((await owner.post(`${channel}/imports`, { last: 5 })).status).toBe(
      409,
    );
  });
});
