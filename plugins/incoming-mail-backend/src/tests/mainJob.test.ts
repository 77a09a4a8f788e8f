// SPDX-License-Identifier: Apache-2.0
import {
  mockCredentials,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Sandbox, startSandbox } from '@postroom/mail-sandbox';
import {
  Channel,
  CheckReport,
  MessageSummary,
  RequestSummary,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { expectInvariants } from '../__testUtils__/expectInvariants';
import {
  ada,
  olga,
  PROJECT,
  startTestPlugin,
} from '../__testUtils__/startTestPlugin';
import { TestBrowser } from '../__testUtils__/TestBrowser';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const ADDRESS = 'support@corp.test';

const faultsOf = ({ checks }: CheckReport) =>
  checks.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id);
const verdictOf = ({ checks }: CheckReport, id: string) =>
  checks.find(check => check.id === id)?.verdict;

/** Asks until the answer is good; jest's own time limit is the deadline. */
async function until<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) {
      return answer;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

describe.each(databases.eachSupportedId())('the main job (%s)', databaseId => {
  let sandbox: Sandbox;
  let sandboxUrl: string;
  let db: Knex;

  beforeAll(async () => {
    sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
    sandboxUrl = `http://localhost:${sandbox.httpPort}`;
  });
  afterAll(() => sandbox.close());

  const misbehave = async (faults: object) => {
    const reply = await fetch(`${sandboxUrl}/api/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });
    expect(reply.status).toBeLessThan(300);
  };
  // Whatever went wrong in a test, the database is as it should be.
  afterEach(async () => {
    await expectInvariants(db);
    await fetch(`${sandboxUrl}/api/faults`, { method: 'DELETE' });
  });

  const deliver = async (lines: string[]) => {
    const reply = await fetch(`${sandboxUrl}/api/messages?to=${ADDRESS}`, {
      method: 'POST',
      headers: { 'content-type': 'message/rfc822' },
      body: lines.join('\r\n'),
    });
    expect(reply.status).toBe(201);
  };
  const mail = (id: string, subject: string, text: string, reply?: string) =>
    deliver([
      'From: Carla <carla@customer.test>',
      `Message-ID: <${id}@customer.test>`,
      `Subject: ${subject}`,
      ...(reply ? [`In-Reply-To: <${reply}@customer.test>`] : []),
      'Date: Mon, 23 Nov 2026 10:00:00 +0000',
      '',
      text,
    ]);

  async function setUp(config: object = {}) {
    db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const { as, address } = await startTestPlugin(db, { config });
    const owner = as(olga);
    const reserved = (await as(ada).post('/redirect-urls')).body;
    const registered = await fetch(`${sandboxUrl}/api/clients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'Postroom',
        redirectUris: [reserved.redirectUrl],
      }),
    });
    const { clientId, clientSecret } = await registered.json();
    const integration = await as(ada).post('/integrations', {
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
      allowedDomains: [],
      mailHosts: [
        {
          protocol: 'imap',
          host: 'localhost',
          port: sandbox.imapPort,
          security: 'none',
        },
      ],
    });
    expect(integration.status).toBe(201);
    const channel = await owner.post(`${PROJECT}/channel`, {
      address: ADDRESS,
      server: integration.body.mailHosts[0],
      authentication: { method: 'oauth', integrationId: integration.body.id },
    });
    expect(channel.status).toBe(201);

    const startConsent = async () => {
      const { body } = await owner.post(`${PROJECT}/channel/consents`, {
        returnOrigin: 'http://localhost:3000',
      });
      return body as { consentId: string; startUrl: string };
    };
    const browserOf = (user: string) => {
      const browser = new TestBrowser();
      browser.setCookie(mockCredentials.limitedUser.cookie(user));
      return browser;
    };
    const walk = async (
      start: { startUrl: string },
      options: { account?: string; decision?: string; user?: string } = {},
    ) => {
      const { account = ADDRESS, decision = 'allow', user = olga } = options;
      const browser = browserOf(user);
      const login = await browser.open(start.startUrl);
      const consent = await browser.submit(login, { account });
      return browser.submit(consent, { decision });
    };
    const consentOf = async (start: { consentId: string }) =>
      (await owner.get(`/consents/${start.consentId}`)).body;
    const getChannel = async (): Promise<Channel> =>
      (await owner.get(`${PROJECT}/channel`)).body;
    const visit = async () => {
      const before = (await getChannel()).lastVisitAt;
      await until(
        () => owner.post(`${PROJECT}/channel/visits`).then(r => r.status),
        status => status === 202,
      );
      return until(getChannel, now => now.lastVisitAt !== before);
    };
    const authorize = async () => {
      const start = await startConsent();
      await walk(start);
      expect(await consentOf(start)).toMatchObject({ status: 'succeeded' });
      return getChannel();
    };
    const untilHandled = async (count: number): Promise<MessageSummary[]> =>
      until(
        async () => (await owner.get(`${PROJECT}/messages`)).body.items,
        (messages: MessageSummary[]) =>
          messages.length === count &&
          messages.every(({ state }) => state !== 'stored'),
      );
    const listRequests = async (): Promise<RequestSummary[]> =>
      (await owner.get(`${PROJECT}/requests`)).body.items;
    return {
      owner,
      as,
      address,
      browserOf,
      checkIntegration: async (): Promise<CheckReport> =>
        (await as(ada).post(`/integrations/${integration.body.id}/checks`))
          .body,
      checkChannel: async (): Promise<CheckReport> =>
        (await owner.post(`${PROJECT}/channel/checks`)).body,
      startConsent,
      walk,
      consentOf,
      getChannel,
      visit,
      authorize,
      untilHandled,
      listRequests,
    };
  }

  it('S1 S13 S65 S66: a mailbox is connected in a popup, its mail becomes requests, a reply a comment', async () => {
    const world = await setUp();
    const { owner } = world;
    expect(await world.getChannel()).toMatchObject({ state: 'draft' });
    expect(await world.authorize()).toMatchObject({ state: 'active' });

    await mail('one', 'Printer on fire', 'It burns.');
    await world.visit();
    await world.untilHandled(1);
    await mail('two', 'Re: Printer on fire', 'Still burning.', 'one');
    await deliver(['\x00\x01 this is no mail']);
    await world.visit();
    const messages = await world.untilHandled(3);
    expect(messages.map(({ state }) => state)).toEqual([
      'quarantined',
      'done',
      'done',
    ]);
    expect(messages[0].failure).toBe('message-unreadable');

    const requests = await world.listRequests();
    expect(requests).toMatchObject([
      {
        number: 1,
        subject: 'Printer on fire',
        sender: { name: 'Carla', address: 'carla@customer.test' },
        excerpt: 'It burns.',
        commentCount: 1,
      },
    ]);
    const request = await owner.get(`${PROJECT}/requests/1`);
    expect(request.body.text.trim()).toBe('It burns.');
    const comments = await owner.get(`${PROJECT}/requests/1/comments`);
    expect(comments.body.items).toMatchObject([
      { text: expect.stringContaining('Still burning.') },
    ]);
    const raw = await owner.get(`${PROJECT}/messages/${messages[0].id}/raw`);
    expect(raw.headers['content-disposition']).toContain('attachment');
    expect(raw.headers['x-content-type-options']).toBe('nosniff');
    const journal = await owner.get(`${PROJECT}/channel/journal`);
    expect(
      journal.body.items.map((entry: { event: string }) => entry.event),
    ).toEqual([
      'mail-accepted',
      'mail-accepted',
      'baseline-set',
      'authorized',
      'channel-created',
    ]);
    // The server has been told.
    const onServer = await fetch(
      `${sandboxUrl}/api/mailboxes/${ADDRESS}/messages`,
    ).then(reply => reply.json());
    expect(
      onServer.every(({ flags }: { flags: string[] }) =>
        flags.includes('\\Seen'),
      ),
    ).toBe(true);
  });

  it('loses no mail while the server is down, says so, and recovers by itself', async () => {
    const world = await setUp();
    await world.authorize();
    await misbehave({ imapDown: true });
    await mail('down', 'Arrived meanwhile', 'Hello.');
    const down = await world.visit();
    expect(down).toMatchObject({
      state: 'degraded',
      failure: { code: expect.stringMatching(/^connection-/) },
    });
    expect(down.nextVisitAt).toBeDefined();
    await misbehave({ imapDown: false });
    expect(await world.visit()).toMatchObject({ state: 'active' });
    await world.untilHandled(1);
    expect(await world.listRequests()).toHaveLength(1);
  });

  it('S70 S71: a withdrawn grant is a state with a way out, and authorizing again goes on where it stopped', async () => {
    // A connection that is kept lives as long as its token.
    const world = await setUp({ polling: { idleConnections: 0 } });
    await world.authorize();
    await mail('before', 'Before', 'Hello.');
    await world.visit();
    await misbehave({ revokeGrants: {} });
    await mail('after', 'After', 'Hello.');
    const revoked = await until(
      world.visit,
      ({ state }) => state === 'needs-consent',
    );
    expect(revoked.failure).toMatchObject({ code: 'consent-revoked' });
    expect(revoked.nextVisitAt).toBeUndefined();

    const again = await world.startConsent();
    await world.walk(again);
    expect(await world.consentOf(again)).toMatchObject({ status: 'succeeded' });
    expect(await world.visit()).toMatchObject({ state: 'active' });
    await world.untilHandled(2);
    expect((await world.listRequests()).map(({ subject }) => subject)).toEqual([
      'After',
      'Before',
    ]);
  });

  it('reads mail from the consent on, not from the first visit on', async () => {
    const world = await setUp();
    await mail('old', 'Old', 'From before the consent.');
    const channel = await world.authorize();
    expect(channel.readingSince).toBeDefined();
    await mail('early', 'Early', 'Arrived before the first visit.');
    await world.visit();
    await world.untilHandled(1);
    expect(await world.listRequests()).toMatchObject([{ subject: 'Early' }]);
  });

  it('renews a token that has run out without anyone noticing (R23)', async () => {
    const world = await setUp();
    await world.authorize();
    await misbehave({ expireAccessTokensNow: true });
    await mail('expired', 'Hello', 'Hello.');
    expect(await world.visit()).toMatchObject({ state: 'active' });
    await world.untilHandled(1);
  });

  it('S11 S62: refuses another account, a denial and another person, and stores nothing', async () => {
    const world = await setUp();
    const outcomeOf = async (options: Parameters<typeof world.walk>[1]) => {
      const start = await world.startConsent();
      const page = await world.walk(start, options);
      // The provider's words and any token stay out of the page.
      expect(page.text).not.toMatch(/access_denied|not allow it/);
      return (await world.consentOf(start)).failure?.code;
    };
    expect(await outcomeOf({ account: 'someone@elsewhere.test' })).toBe(
      'wrong-account',
    );
    expect(await outcomeOf({ decision: 'deny' })).toBe('consent-denied');

    const start = await world.startConsent();
    const page = await world.browserOf(ada).open(start.startUrl);
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect(page.url).toBe(start.startUrl);
    expect(await world.consentOf(start)).toMatchObject({ status: 'waiting' });
    expect(await world.getChannel()).toMatchObject({ state: 'draft' });
  });

  it('takes a callback once, from the browser that began', async () => {
    const world = await setUp();
    const begin = async () => {
      const start = await world.startConsent();
      const browser = world.browserOf(olga);
      const login = await browser.open(start.startUrl);
      const consent = await browser.submit(login, { account: ADDRESS });
      let page = await browser.submit(
        consent,
        { decision: 'allow' },
        { maxRedirects: 0 },
      );
      while (!String(page.headers.location).includes('/oauth/callback/')) {
        page = await browser.open(
          new URL(String(page.headers.location), page.url).href,
          { maxRedirects: 0 },
        );
      }
      return { start, browser, callback: String(page.headers.location) };
    };
    const stolen = await begin();
    const thief = await world.browserOf(olga).open(stolen.callback);
    expect(thief.status).toBeGreaterThanOrEqual(400);
    expect(await world.consentOf(stolen.start)).toMatchObject({
      status: 'failed',
      failure: { code: 'consent-invalid' },
    });

    const { start, browser, callback } = await begin();
    const pages = await Promise.all(
      Array.from({ length: 10 }, () => browser.open(callback)),
    );
    expect(await world.consentOf(start)).toMatchObject({ status: 'succeeded' });
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(pages[0].headers).toMatchObject({
      'cache-control': expect.stringContaining('no-store'),
      'referrer-policy': 'no-referrer',
    });
  });

  it('S31 S42 S49 S54: both doctors find nothing wrong in a set-up that works, and change nothing', async () => {
    const world = await setUp();
    const integration = await world.checkIntegration();
    expect(faultsOf(integration)).toEqual([]);
    expect(verdictOf(integration, 'client-accepted')).toBe('passed');

    expect(faultsOf(await world.checkChannel())).toEqual(['grant-active']);
    await world.authorize();
    await mail('checked', 'Counted', 'Not read by the check.');
    const before = await world.getChannel();
    const channel = await world.checkChannel();
    expect(faultsOf(channel)).toEqual([]);
    expect(
      channel.checks.find(({ id }) => id === 'messages-counted')?.detail,
    ).toMatch(/^[1-9]\d* in INBOX$/);
    expect(await world.getChannel()).toMatchObject({
      state: before.state,
      version: before.version,
      readingSince: before.readingSince,
    });

    await misbehave({ imapRefuseLogin: true });
    expect(faultsOf(await world.checkChannel())).toEqual(['signed-in']);
    await misbehave({ imapRefuseLogin: false, imapDown: true });
    const down = await world.checkChannel();
    expect(down.ok).toBe(false);
    expect(verdictOf(down, 'access-token')).toBe('passed');
    expect(verdictOf(down, 'folder-open')).toBe('skipped');
  });
});
