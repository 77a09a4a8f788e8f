// SPDX-License-Identifier: Apache-2.0
import { createServer, RequestListener, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { Sandbox, startSandbox } from '@postroom/mail-sandbox';
import {
  Check,
  CheckReport,
  checkReportSchema,
  CreateIntegration,
  FailureCode,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { createGuardedFetch, createHostPolicy } from '../../egress';
import { Secret } from '../../secrets';
import { anIntegrationRecord } from '../__testUtils__/integrationRecord';
import { ScriptedTokenServer } from '../__testUtils__/ScriptedTokenServer';
import { TokenEndpoint } from '../tokenEndpoint';
import { checkIntegration, IntegrationCheckDeps } from './checkIntegration';
import { IntegrationRecord } from './types';

jest.setTimeout(60_000);

const CANARY = 'canary+secret/4d1c';
const BASE_URL = 'https://portal.corp.com/api/incoming-mail';
const allowPrivate = ['127.0.0.0/8', '::1'];

function deps(
  changes: Partial<IntegrationCheckDeps> & {
    allowPrivate?: string[];
    requestTimeoutMs?: number;
  } = {},
): IntegrationCheckDeps {
  const policy = createHostPolicy({
    allowPrivate: changes.allowPrivate ?? allowPrivate,
  });
  const fetch = createGuardedFetch({
    policy,
    timeoutMs: changes.requestTimeoutMs,
  });
  return {
    externalBaseUrl: BASE_URL,
    allowHttpLoopback: true,
    fetch,
    tokenEndpoint: new TokenEndpoint({ fetch, allowHttpLoopback: true }),
    ...changes,
  };
}

const verdicts = (report: CheckReport) =>
  Object.fromEntries(report.checks.map(({ id, verdict }) => [id, verdict]));

function get(report: CheckReport, id: string): Check {
  const check = report.checks.find(one => one.id === id);
  if (!check) {
    throw new Error(`No check ${id}`);
  }
  return check;
}

/** Checks, and holds every report to what all of them have to keep. */
async function run(
  changes: Partial<CreateIntegration>,
  options: Parameters<typeof deps>[0] = {},
): Promise<CheckReport> {
  const integration = anIntegrationRecord({ clientSecret: CANARY, ...changes });
  const report = await checkIntegration(integration, deps(options));
  expect(checkReportSchema.safeParse(report).success).toBe(true);
  expect(report.checks).toHaveLength(7);
  const text = JSON.stringify(report);
  for (const form of [
    CANARY,
    encodeURIComponent(CANARY),
    Buffer.from(CANARY).toString('base64'),
  ]) {
    expect(text).not.toContain(form);
  }
  return report;
}

describe('checkIntegration of what not every integration has', () => {
  let server: ScriptedTokenServer;

  beforeEach(async () => {
    server = await ScriptedTokenServer.start();
  });
  afterEach(() => server.close());

  const check = (
    integration: IntegrationRecord,
    changes: Partial<IntegrationCheckDeps> = {},
  ) => checkIntegration(integration, deps(changes));

  it.each([
    ['present', 'failed', 'passed'],
    ['next', 'passed', 'failed'],
  ])(
    'P18: checks both client secrets and says that the %s one is bad',
    async (bad, present, next) => {
      server.answer(({ authorization = '' }) => {
        const secret = atob(authorization.split(' ')[1] ?? '').split(':')[1];
        return secret === undefined || secret === bad
          ? { status: 401, body: { error: 'invalid_client' } }
          : { status: 400, body: { error: 'invalid_grant' } };
      });
      const integration = {
        ...anIntegrationRecord({
          tokenEndpoint: server.url,
          clientSecret: 'present',
        }),
        nextClientSecret: {
          state: 'untried' as const,
          refusedLately: false,
          updatedAt: new Date(0),
          open: async () => new Secret('next'),
        },
      };
      const report = await check(integration);
      expect(verdicts(report)).toMatchObject({
        'client-accepted': present,
        'next-client-secret-accepted': next,
      });
      expect(get(report, 'client-accepted').title).toContain('present');
      expect(server.requests).toHaveLength(3);
    },
  );

  it('T59: warns of an account that many mailboxes use', async () => {
    server.answer(() => ({ status: 400, body: { error: 'invalid_grant' } }));
    const integration = anIntegrationRecord({ tokenEndpoint: server.url });
    const report = await check(integration, {
      crowdedAccount: { account: 'support@corp.test', grants: 23 },
    });
    expect(get(report, 'accounts-not-crowded')).toMatchObject({
      verdict: 'warned',
      detail: expect.stringMatching(/^23 mailboxes read support@corp\.test/),
    });
    expect(verdicts(await check(integration))).not.toHaveProperty(
      'accounts-not-crowded',
    );
  });
});

describe('checkIntegration at a real provider', () => {
  let sandbox: Sandbox;
  let working: Partial<CreateIntegration>;

  const api = async (method: string, path: string, body?: object) => {
    const reply = await fetch(
      `http://localhost:${sandbox.httpPort}/api${path}`,
      {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
    );
    expect(reply.ok).toBe(true);
    return reply.json();
  };

  beforeAll(async () => {
    sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
    const { callbackSlug } = anIntegrationRecord();
    const client = await api('POST', '/clients', {
      name: 'Portal',
      redirectUris: [`${BASE_URL}/oauth/callback/${callbackSlug}`],
    });
    working = {
      ...client,
      callbackSlug,
      issuer: sandbox.issuer,
      authorizationEndpoint: `${sandbox.issuer}/auth`,
      tokenEndpoint: `${sandbox.issuer}/token`,
    };
  });
  afterEach(() => api('DELETE', '/faults'));
  afterAll(() => sandbox.close());

  it('S31 S42 S49: finds nothing wrong with an integration that works', async () => {
    const report = await run(working);
    expect(report.ok).toBe(true);
    expect(verdicts(report)).toEqual({
      'base-url-secure': 'passed',
      'redirect-url-accepted': 'passed',
      'scopes-fit': 'skipped',
      // http, on this very machine.
      'endpoints-allowed': 'warned',
      'token-endpoint-reachable': 'passed',
      'client-accepted': 'passed',
      'authorization-endpoint-answers': 'passed',
    });
    expect(get(report, 'client-accepted').detail).toContain('invalid_grant');
  });

  it.each([
    ['secret', { clientSecret: CANARY }],
    ['client ID', { clientId: 'somebody-else', clientSecret: CANARY }],
  ])('S31 S40 P18: tells a wrong %s', async (_title, changes) => {
    const report = await run({ ...working, ...changes });
    expect(report.ok).toBe(false);
    expect(get(report, 'client-accepted')).toMatchObject({
      verdict: 'failed',
      failure: 'client-refused',
      detail: expect.stringContaining('invalid_client'),
      remedy: expect.stringContaining('Compare both'),
    });
    expect(get(report, 'authorization-endpoint-answers').verdict).toBe(
      'passed',
    );
  });

  it.each([['html'], ['torn-json']])(
    'S31 P14: shows no secret to an endpoint that answers with %s',
    async tokenReply => {
      await api('PUT', '/faults', { tokenReply });
      const { tokenRequests: before } = await api('GET', '/stats');
      const report = await run(working);
      expect(get(report, 'token-endpoint-reachable')).toMatchObject({
        verdict: 'failed',
        failure: 'token-reply-unusable',
        detail: expect.stringContaining('HTTP 200'),
      });
      expect(get(report, 'client-accepted')).toMatchObject({
        verdict: 'skipped',
        detail: expect.stringContaining('The token endpoint answers'),
      });
      // It was asked, and once: by nobody.
      const { tokenRequests: after } = await api('GET', '/stats');
      expect(after.authorization_code - before.authorization_code).toBe(1);
    },
  );

  it('S31 P14: tells an endpoint that does not answer from a client that is refused', async () => {
    await api('PUT', '/faults', { tokenDelayMs: 60_000 });
    const report = await run(working, { requestTimeoutMs: 200 });
    expect(get(report, 'token-endpoint-reachable')).toMatchObject({
      verdict: 'failed',
      failure: 'token-endpoint-unreachable',
    });
    expect(get(report, 'client-accepted').verdict).toBe('skipped');
    expect(get(report, 'authorization-endpoint-answers').verdict).toBe(
      'passed',
    );
  });

  it('ends within its time, whatever does not answer', async () => {
    await api('PUT', '/faults', { tokenDelayMs: 60_000 });
    const report = await run(working, { timeoutMs: 200 });
    expect(report.ok).toBe(false);
    expect(get(report, 'endpoints-allowed').verdict).toBe('failed');
    expect(get(report, 'token-endpoint-reachable').verdict).toBe('skipped');
  });
});

describe('checkIntegration', () => {
  let server: ScriptedTokenServer;
  let page: Server;
  let pageUrl: string;
  let answerPage: RequestListener;

  beforeEach(async () => {
    server = await ScriptedTokenServer.start();
    server.answer(({ authorization }) => ({
      status: 400,
      body: { error: authorization ? 'invalid_grant' : 'invalid_client' },
    }));
    answerPage = (_request, response) => {
      response.end('sign in');
    };
    page = createServer((request, response) => answerPage(request, response));
    await new Promise<void>(resolve => {
      page.listen(0, '127.0.0.1', resolve);
    });
    const { port } = page.address() as AddressInfo;
    pageUrl = `http://127.0.0.1:${port}/authorize`;
  });

  afterEach(async () => {
    page.closeAllConnections();
    await Promise.all([
      server.close(),
      new Promise(resolve => {
        page.close(resolve);
      }),
    ]);
  });

  const runScripted = (
    changes: Partial<CreateIntegration> = {},
    options: Parameters<typeof deps>[0] = {},
  ) =>
    run(
      {
        tokenEndpoint: server.url,
        authorizationEndpoint: pageUrl,
        ...changes,
      },
      options,
    );

  it.each([
    ['https://portal.corp.com/api/incoming-mail', 'passed'],
    ['http://localhost:7007/api/incoming-mail', 'warned'],
    ['http://127.0.0.1:7007/api/incoming-mail', 'warned'],
    ['http://portal.corp.com/api/incoming-mail', 'failed'],
    ['http://10.0.0.7/api/incoming-mail', 'failed'],
  ])('S5: judges the portal at %s: %s', async (externalBaseUrl, verdict) => {
    const report = await runScripted({}, { externalBaseUrl });
    expect(get(report, 'base-url-secure').verdict).toBe(verdict);
    expect(report.ok).toBe(verdict !== 'failed');
  });

  it.each<[CreateIntegration['provider'], string, string]>([
    ['google', 'https://portal.corp.com/api/incoming-mail', 'passed'],
    ['google', 'http://localhost:7007/api/incoming-mail', 'passed'],
    ['google', 'https://10.0.0.7/api/incoming-mail', 'failed'],
    ['google', 'https://192.0.2.7/api/incoming-mail', 'failed'],
    ['google', 'https://portal.internal/api/incoming-mail', 'failed'],
    ['google', 'https://portal/api/incoming-mail', 'failed'],
    ['microsoft', 'https://10.0.0.7/api/incoming-mail', 'passed'],
    ['custom', 'https://portal.internal/api/incoming-mail', 'passed'],
    ['custom', 'https://user@portal.corp.com/api/incoming-mail', 'warned'],
  ])(
    'S20: judges for %s the redirect URL below %s: %s',
    async (provider, externalBaseUrl, verdict) => {
      const report = await runScripted({ provider }, { externalBaseUrl });
      expect(get(report, 'redirect-url-accepted').verdict).toBe(verdict);
    },
  );

  it.each<[CreateIntegration['provider'], string[], string, RegExp]>([
    ['google', ['https://mail.google.com/'], 'passed', /google/],
    [
      'google',
      ['https://www.googleapis.com/auth/gmail.readonly'],
      'failed',
      /over IMAP/,
    ],
    [
      'microsoft',
      ['https://outlook.office.com/IMAP.AccessAsUser.All', 'offline_access'],
      'passed',
      /IMAP/,
    ],
    [
      'microsoft',
      ['https://outlook.office.com/IMAP.AccessAsUser.All'],
      'failed',
      /within the hour/,
    ],
    [
      'microsoft',
      ['https://outlook.office.com/POP.AccessAsUser.All', 'offline_access'],
      'failed',
      /IMAP, which no scope here allows/,
    ],
    ['custom', ['mail'], 'skipped', /Nothing is known/],
  ])(
    'S23 S24 S25: judges for %s the scopes %j: %s',
    async (provider, scopes, verdict, detail) => {
      const report = await runScripted({ provider, scopes });
      expect(get(report, 'scopes-fit')).toMatchObject({
        verdict,
        detail: expect.stringMatching(detail),
      });
    },
  );

  describe('of an application that acts in its own name', () => {
    const alone: Partial<CreateIntegration> = {
      provider: 'microsoft',
      grantType: 'client_credentials',
      scopes: ['https://outlook.office365.com/.default'],
    };

    it('S31: asks for a real token, and sends nobody anywhere', async () => {
      server.answer(({ authorization }) =>
        authorization
          ? { body: { access_token: 'a', token_type: 'Bearer' } }
          : { status: 400, body: { error: 'invalid_client' } },
      );
      const report = await runScripted(alone);
      expect(verdicts(report)).toMatchObject({
        'redirect-url-accepted': 'skipped',
        'scopes-fit': 'passed',
        'client-accepted': 'passed',
        'authorization-endpoint-answers': 'skipped',
      });
      expect(report.ok).toBe(true);
      expect(JSON.stringify(report)).not.toContain('access_token');
      const kinds = server.requests.map(({ parameters }) =>
        parameters.get('grant_type'),
      );
      expect(kinds).toEqual(['authorization_code', 'client_credentials']);
    });

    it.each<[string, string, FailureCode, RegExp]>([
      ['7000215', 'invalid_client', 'client-refused', /secret’s ID/],
      ['7000222', 'invalid_client', 'client-refused', /has run out/],
      ['700016', 'unauthorized_client', 'client-refused', /not know this/],
      ['700027', 'invalid_client', 'client-refused', /certificate/],
      ['7000229', 'unauthorized_client', 'application-refused', /enterprise/],
      ['1002012', 'invalid_scope', 'application-refused', /\/\.default/],
    ])(
      'S31 S40 P18: shows AADSTS%s at once, since the request is real',
      async (number, error, failure, detail) => {
        server.answer(() => ({
          status: 401,
          body: { error, error_description: `AADSTS${number}: Words.` },
        }));
        const check = get(await runScripted(alone), 'client-accepted');
        expect(check).toMatchObject({ verdict: 'failed', failure });
        expect(check.detail).toMatch(detail);
      },
    );

    it.each([
      ['https://outlook.office.com/IMAP.AccessAsUser.All'],
      ['https://graph.microsoft.com/.default'],
    ])('S22 S24: finds the scope %s to be none of its own', async scope => {
      const report = await runScripted({ ...alone, scopes: [scope] });
      expect(get(report, 'scopes-fit')).toMatchObject({
        verdict: 'failed',
        remedy: expect.stringContaining('outlook.office365.com/.default'),
      });
    });
  });

  it('T25: is refused by the egress guard before anything is sent', async () => {
    const report = await runScripted({}, { allowPrivate: [] });
    expect(get(report, 'endpoints-allowed')).toMatchObject({
      verdict: 'failed',
      failure: 'host-not-allowed',
      remedy: expect.stringContaining('incomingMail.egress.allowPrivate'),
    });
    expect(verdicts(report)).toMatchObject({
      'token-endpoint-reachable': 'skipped',
      'client-accepted': 'skipped',
      'authorization-endpoint-answers': 'skipped',
    });
    expect(server.requests).toHaveLength(0);
  });

  it('asks nothing of an endpoint that is not https, outside of development', async () => {
    const report = await runScripted({}, { allowHttpLoopback: false });
    expect(get(report, 'endpoints-allowed')).toMatchObject({
      verdict: 'failed',
      failure: 'plaintext-refused',
    });
    expect(server.requests).toHaveLength(0);
  });

  it('T27: does not follow a redirect of the token endpoint, and shows it no secret', async () => {
    const other = await ScriptedTokenServer.start();
    try {
      server.answer(() => ({
        status: 307,
        headers: { location: other.url },
        body: '',
      }));
      const report = await runScripted();
      expect(get(report, 'token-endpoint-reachable')).toMatchObject({
        verdict: 'failed',
        failure: 'token-reply-unusable',
        detail: expect.stringContaining('answered with a redirect (HTTP 307)'),
      });
      expect(other.requests).toHaveLength(0);
      expect(server.requests.map(sent => sent.authorization)).toEqual([
        undefined,
      ]);
    } finally {
      await other.close();
    }
  });

  it.each([
    ['a fault of the server', { status: 500, body: 'oops' }],
    ['a limit', { status: 429, body: { error: 'slow_down' } }],
    ['a connection that is cut', 'cut' as const],
  ])('P14: takes %s for no answer', async (_title, reply) => {
    server.answer(() => reply);
    const report = await runScripted();
    expect(get(report, 'token-endpoint-reachable')).toMatchObject({
      verdict: 'failed',
      failure: 'token-endpoint-unreachable',
    });
  });

  it('P14: tells a port at which nobody listens', async () => {
    const { url } = server;
    await server.close();
    const report = await run({
      tokenEndpoint: url,
      authorizationEndpoint: pageUrl,
    });
    expect(verdicts(report)).toMatchObject({
      'endpoints-allowed': 'warned',
      'token-endpoint-reachable': 'failed',
      'client-accepted': 'skipped',
      'authorization-endpoint-answers': 'passed',
    });
    server = await ScriptedTokenServer.start();
  });

  it('S28: names what is missing before there is a client, and asks as nobody', async () => {
    const report = await runScripted({
      clientId: undefined,
      clientSecret: undefined,
    });
    expect(get(report, 'token-endpoint-reachable').verdict).toBe('passed');
    expect(get(report, 'client-accepted')).toMatchObject({
      verdict: 'failed',
      failure: 'integration-incomplete',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('passes on what the vault has against the secret', async () => {
    const integration = {
      ...anIntegrationRecord({
        tokenEndpoint: server.url,
        authorizationEndpoint: pageUrl,
      }),
      openClientSecret: async () => {
        throw new MailFailure('vault-key-missing', 'No key k1');
      },
    };
    const report = await checkIntegration(integration, deps());
    expect(get(report, 'client-accepted')).toMatchObject({
      verdict: 'failed',
      failure: 'vault-key-missing',
    });
  });

  it('T19: cuts what was sent out of the words that come back', async () => {
    server.answer(({ parameters, authorization }) => ({
      status: 400,
      body: {
        error: authorization ? 'invalid_grant' : 'invalid_request',
        // The secret straddles the place at which words are shortened.
        error_description: `${parameters.get('code')}\r\n${'x'.repeat(
          145,
        )}${CANARY}`,
      },
    }));
    const report = await runScripted();
    const [, asClient] = server.requests;
    const { detail } = get(report, 'client-accepted');
    expect(detail).toContain('[secret] x');
    expect(detail).not.toContain(asClient.parameters.get('code'));
    expect(detail).not.toContain(CANARY.slice(0, 8));
  });

  it('sends a code of its own, at the redirect URL of the integration', async () => {
    const report = await runScripted({ callbackSlug: 'A'.repeat(22) });
    expect(report.ok).toBe(true);
    const [asNobody, asClient] = server.requests;
    expect(asNobody.authorization).toBeUndefined();
    expect(asNobody.parameters.has('client_id')).toBe(false);
    expect(asNobody.parameters.has('client_secret')).toBe(false);
    expect(asClient.authorization).toMatch(/^Basic /);
    expect(Object.fromEntries(asClient.parameters)).toMatchObject({
      grant_type: 'authorization_code',
      redirect_uri: `${BASE_URL}/oauth/callback/${'A'.repeat(22)}`,
    });
    const codes = server.requests.map(({ parameters }) =>
      parameters.get('code'),
    );
    expect(new Set(codes).size).toBe(2);
  });

  it.each([
    [200, 'passed'],
    [302, 'passed'],
    [303, 'passed'],
    [400, 'passed'],
    [401, 'failed'],
    [404, 'failed'],
    [429, 'warned'],
    [503, 'warned'],
  ])(
    'S17 S18: judges HTTP %d of the authorization endpoint: %s',
    async (status, verdict) => {
      let visits = 0;
      answerPage = (_request, response) => {
        visits += 1;
        response
          .writeHead(status, { location: `${pageUrl}/next` })
          // A page may be far larger than an answer with tokens.
          .end('x'.repeat(300_000));
      };
      const report = await runScripted();
      expect(get(report, 'authorization-endpoint-answers')).toMatchObject({
        verdict,
        detail: expect.stringContaining(`HTTP ${status}`),
      });
      expect(visits).toBe(1);
    },
  );

  it('tells an authorization endpoint that does not answer', async () => {
    answerPage = request => request.socket.destroy();
    const report = await runScripted();
    expect(get(report, 'authorization-endpoint-answers')).toMatchObject({
      verdict: 'failed',
      detail: 'It did not answer',
    });
    expect(get(report, 'client-accepted').verdict).toBe('passed');
  });
});
