// SPDX-License-Identifier: Apache-2.0
import {
  CheckReport,
  checkReportSchema,
  FailureCode,
  MailHost,
  OAuthIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { FakeMailServer } from '../__testUtils__/FakeMailSession';
import {
  GOOD_TOKEN,
  ScriptedImapServer,
  ScriptedImapServerOptions,
} from '../__testUtils__/scriptedImapServer';
import { selfSignedCertificate } from '../__testUtils__/selfSignedCertificate';
import { createHostPolicy } from '../egress';
import { Secret } from '../secrets';
import { createOpenSession } from '../transport';
import { MailboxCheckDeps, checkMailbox } from './checkMailbox';
import { Mailbox } from './types';

const STEPS = [
  'integration-ready',
  'settings-allowed',
  'grant-active',
  'access-token',
  'scopes-granted',
  'server-found',
  'server-connected',
  'connection-secure',
  'signed-in',
  'folder-open',
  'messages-counted',
] as const;

type StepId = (typeof STEPS)[number];

const server: MailHost = {
  protocol: 'imap',
  host: 'imap.corp.test',
  port: 993,
  security: 'tls',
};

const aMailbox = (changes: Partial<Mailbox> = {}): Mailbox => ({
  id: 'm-1',
  version: 1,
  address: 'support@corp.test',
  server,
  folder: 'INBOX',
  authentication: { method: 'oauth', integrationId: 'i-1' },
  aliases: [],
  afterStoring: { action: 'mark-read' },
  state: 'active',
  failedVisits: 0,
  refusedSignIns: 0,
  createdBy: 'user:default/olga',
  createdAt: new Date(0),
  updatedAt: new Date(0),
  ...changes,
});

const anIntegration = (
  changes: Partial<OAuthIntegration> = {},
): OAuthIntegration => ({
  id: 'i-1',
  version: 1,
  name: 'Corp mail',
  grantType: 'authorization_code',
  clientKey: { set: false },
  provider: 'custom',
  authorizationEndpoint: 'https://id.corp.test/auth',
  tokenEndpoint: 'https://id.corp.test/token',
  scopes: ['mail', 'offline_access'],
  clientId: 'postroom',
  clientAuthentication: 'client_secret_basic',
  allowedDomains: [],
  mailHosts: [server],
  redirectUrl: 'https://portal.test/cb',
  clientSecret: { set: true },
  ready: true,
  channelCount: 1,
  mailServerCount: 0,
  createdAt: new Date(0).toISOString(),
  updatedAt: new Date(0).toISOString(),
  ...changes,
});

async function run(
  changes: {
    mailbox?: Partial<Mailbox>;
    integration?: Partial<OAuthIntegration>;
    deps?: Partial<MailboxCheckDeps>;
  } = {},
): Promise<CheckReport> {
  const report = await checkMailbox(aMailbox(changes.mailbox), {
    findIntegration: async () => anIntegration(changes.integration),
    findGrant: async () => ({ state: 'active', scopes: ['mail'] }),
    accessToken: async () => new Secret(GOOD_TOKEN),
    openPassword: async () => new Secret(GOOD_TOKEN),
    allowPlaintextLoopback: false,
    openSession: new FakeMailServer().openSession,
    ...changes.deps,
  });
  expect(checkReportSchema.safeParse(report).success).toBe(true);
  expect(report.checks.map(({ id }) => id)).toEqual(STEPS);
  expect(JSON.stringify(report)).not.toContain(GOOD_TOKEN);
  return report;
}

function get(report: CheckReport, id: StepId) {
  return report.checks[STEPS.indexOf(id)];
}

/** What is first wrong; everything that needs it is then skipped. */
function expectFirstFault(
  report: CheckReport,
  id: StepId,
  failure: FailureCode,
) {
  expect(report.ok).toBe(false);
  const failed = report.checks.filter(({ verdict }) => verdict === 'failed');
  expect(failed).toMatchObject([
    { id, failure, remedy: expect.stringMatching(/\.$/) },
  ]);
}

const untouched = (fake: FakeMailServer) =>
  expect(fake.calls.map(({ operation }) => operation)).toEqual([]);

describe('checkMailbox', () => {
  it('S54: finds nothing wrong with a channel that works, and counts its mails', async () => {
    const fake = new FakeMailServer();
    fake.createFolder('Support');
    fake.deliver('one', { folder: 'Support' });
    fake.deliver('two', { folder: 'Support' });
    const report = await run({
      mailbox: { folder: 'Support' },
      deps: { openSession: fake.openSession },
    });
    expect(report.ok).toBe(true);
    expect(report.checks.map(({ verdict }) => verdict)).toEqual(
      STEPS.map(() => 'passed'),
    );
    expect(get(report, 'messages-counted').detail).toBe('2 in Support');
    // Nothing was fetched or flagged, and nothing is left open.
    expect(fake.calls.map(({ operation }) => operation)).toEqual([
      'connect',
      'open',
      'close',
    ]);
    expect(fake.openSessionCount).toBe(0);
  });

  it.each<[string, Partial<OAuthIntegration> | undefined]>([
    ['is not complete', { ready: false }],
    ['is gone', undefined],
  ])('S54 P13: tells that the integration %s', async (_title, integration) => {
    const fake = new FakeMailServer();
    const report = await run({
      deps: {
        findIntegration: async () => integration && anIntegration(integration),
        openSession: fake.openSession,
      },
    });
    expectFirstFault(report, 'integration-ready', 'integration-incomplete');
    expect(get(report, 'grant-active').verdict).toBe('passed');
    expect(get(report, 'access-token').verdict).toBe('skipped');
    expect(get(report, 'messages-counted').verdict).toBe('skipped');
    untouched(fake);
  });

  it('P18: tells what the provider last had against the client, without its words', async () => {
    const detail = 'invalid_client: AADSTS7000222: The keys of app x expired';
    const report = await run({
      integration: {
        provider: 'microsoft',
        scopes: ['https://outlook.office.com/IMAP.AccessAsUser.All'],
        fault: { code: 'client-refused', detail },
      },
      deps: {
        accessToken: async () => {
          throw new MailFailure('client-refused', 'no', { detail });
        },
        findGrant: async () => ({
          state: 'active',
          scopes: ['https://outlook.office.com/IMAP.AccessAsUser.All'],
        }),
      },
    });
    expect(get(report, 'integration-ready').verdict).toBe('warned');
    expectFirstFault(report, 'access-token', 'client-refused');
    expect(get(report, 'access-token')).toMatchObject({
      detail: 'The client secret has run out',
      link: expect.stringContaining('https://portal.azure.com/'),
    });
    expect(JSON.stringify(report)).not.toContain('app x');
  });

  it.each<[string, Partial<Mailbox>, FailureCode]>([
    ['address', { address: 'a@other.test' }, 'domain-not-allowed'],
    [
      'server',
      { server: { ...server, host: 'imap.evil.test' } },
      'host-not-allowed',
    ],
  ])(
    'S64: tells an %s that the integration no longer allows, before a token is shown',
    async (_title, mailbox, failure) => {
      const fake = new FakeMailServer();
      const report = await run({
        mailbox,
        integration: { allowedDomains: ['corp.test'] },
        deps: { openSession: fake.openSession },
      });
      expectFirstFault(report, 'settings-allowed', failure);
      untouched(fake);
    },
  );

  it.each<
    [string, Awaited<ReturnType<MailboxCheckDeps['findGrant']>>, FailureCode]
  >([
    ['was never given', undefined, 'not-authorized-yet'],
    [
      'was withdrawn',
      { state: 'needs-consent', scopes: [], failureCode: 'consent-revoked' },
      'consent-revoked',
    ],
    [
      'was for another integration',
      {
        state: 'needs-consent',
        scopes: [],
        failureCode: 'integration-changed',
      },
      'integration-changed',
    ],
  ])('S70: tells that the grant %s', async (_title, grant, failure) => {
    const accessToken = jest.fn();
    const report = await run({
      deps: { findGrant: async () => grant, accessToken },
    });
    expectFirstFault(report, 'grant-active', failure);
    expect(get(report, 'settings-allowed').verdict).toBe('passed');
    expect(get(report, 'scopes-granted').verdict).toBe('skipped');
    expect(get(report, 'server-found')).toMatchObject({
      verdict: 'skipped',
      detail: expect.stringContaining('The mailbox is authorized'),
    });
    expect(accessToken).not.toHaveBeenCalled();
  });

  it('P14: tells a renewal that failed for now from a grant that has ended', async () => {
    const report = await run({
      deps: {
        findGrant: async () => ({
          state: 'active',
          scopes: ['mail'],
          failureCode: 'token-endpoint-unreachable',
        }),
        accessToken: async () => {
          throw new MailFailure('token-endpoint-unreachable', 'no');
        },
      },
    });
    expect(get(report, 'grant-active').verdict).toBe('warned');
    expectFirstFault(report, 'access-token', 'token-endpoint-unreachable');
  });

  it('waits for a token only so long', async () => {
    const report = await run({
      deps: {
        accessToken: (_mailboxId, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
        timeouts: { tokenMs: 20 },
      },
    });
    expectFirstFault(report, 'access-token', 'token-endpoint-unreachable');
  });

  it('P7: goes on to the mail server where what was allowed does not look right', async () => {
    const report = await run({
      integration: { provider: 'google' },
      deps: { findGrant: async () => ({ state: 'active', scopes: ['email'] }) },
    });
    expectFirstFault(report, 'scopes-granted', 'scopes-missing');
    expect(get(report, 'folder-open').verdict).toBe('passed');
  });

  it.each<[FailureCode, StepId]>([
    ['host-not-found', 'server-found'],
    ['host-not-allowed', 'server-found'],
    ['connection-refused', 'server-connected'],
    ['connection-timed-out', 'server-connected'],
    ['plaintext-refused', 'server-connected'],
    ['tls-failed', 'connection-secure'],
    ['login-refused', 'signed-in'],
    ['throttled', 'signed-in'],
    ['server-unavailable', 'signed-in'],
    ['protocol-error', 'signed-in'],
  ])('S54: takes %s for a fault at %s, and closes', async (code, step) => {
    const fake = new FakeMailServer();
    fake.failNext('connect', code);
    const report = await run({ deps: { openSession: fake.openSession } });
    expectFirstFault(report, step, code);
    const at = STEPS.indexOf(step);
    expect(report.checks.map(({ verdict }) => verdict)).toEqual(
      STEPS.map((_id, index) => {
        if (index < at) {
          return 'passed';
        }
        return index === at ? 'failed' : 'skipped';
      }),
    );
    // One try, however many checks tell of it.
    expect(fake.calls).toHaveLength(1);
  });

  it('S54: tells a folder that cannot be opened', async () => {
    const fake = new FakeMailServer();
    const report = await run({
      mailbox: { folder: 'Gone' },
      deps: { openSession: fake.openSession },
    });
    expectFirstFault(report, 'folder-open', 'folder-not-found');
    expect(get(report, 'signed-in').verdict).toBe('passed');
    expect(get(report, 'messages-counted').verdict).toBe('skipped');
    expect(fake.openSessionCount).toBe(0);
  });

  it.each([
    ['connect', 'server-connected'],
    ['open', 'folder-open'],
  ] as const)('ends where the server hangs at %s', async (operation, step) => {
    const fake = new FakeMailServer();
    fake.hangNext(operation);
    const report = await run({
      deps: { openSession: fake.openSession, timeouts: { probeMs: 30 } },
    });
    expectFirstFault(report, step, 'connection-timed-out');
    expect(fake.openSessionCount).toBe(0);
  });

  it('repeats what a mail server said to administrators only (T26)', async () => {
    const banner = '220 internal-host.corp.test ready';
    const openSession = async () => {
      throw new MailFailure('protocol-error', 'no', { detail: banner });
    };
    const faultOf = async (showDetail: boolean) => {
      const { checks } = await run({ deps: { openSession, showDetail } });
      return checks.find(({ verdict }) => verdict === 'failed');
    };
    expect((await faultOf(true))?.detail).toContain(banner);
    const shown = await faultOf(false);
    expect(shown).toMatchObject({ failure: 'protocol-error' });
    expect(JSON.stringify(shown)).not.toContain('internal-host');
  });

  it.each(['microsoft', 'google'] as const)(
    'S37: says what else a refusal of %s may mean',
    async provider => {
      const fake = new FakeMailServer();
      fake.failNext('connect', 'login-refused');
      const scopes =
        provider === 'google'
          ? ['https://mail.google.com/']
          : ['https://outlook.office.com/IMAP.AccessAsUser.All'];
      const report = await run({
        integration: { provider },
        deps: {
          openSession: fake.openSession,
          findGrant: async () => ({ state: 'active', scopes }),
        },
      });
      expect(get(report, 'signed-in')).toMatchObject({
        failure: 'login-refused',
        remedy: expect.stringContaining('switched off'),
        link: expect.stringMatching(/^https:/),
      });
    },
  );
});

describe('checkMailbox at a server on the wire', () => {
  const certificate = selfSignedCertificate({ name: 'localhost' });
  let imap: ScriptedImapServer | undefined;

  afterEach(async () => {
    await imap?.hungUp();
    await imap?.stop();
    imap = undefined;
  });

  async function runOnWire(
    options: ScriptedImapServerOptions & {
      port?: number;
      host?: string;
      token?: string;
      script?(server: ScriptedImapServer): void;
      allowPrivate?: string[];
      trusted?: boolean;
    } = {},
  ): Promise<CheckReport> {
    imap = await new ScriptedImapServer({ certificate, ...options }).start();
    options.script?.(imap);
    const listening = imap.host(options.host ?? 'localhost');
    const wire = { ...listening, port: options.port ?? listening.port };
    return run({
      mailbox: { server: wire },
      integration: { mailHosts: [wire] },
      deps: {
        accessToken: async () => new Secret(options.token ?? GOOD_TOKEN),
        openSession: createOpenSession({
          policy: createHostPolicy({
            allowPrivate: options.allowPrivate ?? ['127.0.0.0/8', '::1'],
          }),
          allowPlaintextLoopback: true,
          ca: options.trusted === false ? undefined : [certificate.cert],
          timeouts: { connectMs: 500, greetingMs: 200, commandMs: 500 },
        }),
      },
    });
  }

  it.each(['tls', 'starttls'] as const)(
    'S54: goes through to the count over %s',
    async security => {
      const report = await runOnWire({
        security,
        script: one => one.deliver('mail'),
      });
      expect(report.ok).toBe(true);
      expect(get(report, 'connection-secure')).toMatchObject({
        verdict: 'passed',
        detail: security.toUpperCase(),
      });
      expect(get(report, 'messages-counted').detail).toBe('1 in INBOX');
    },
  );

  it('S54: warns of a connection that is not encrypted', async () => {
    const report = await runOnWire({ security: 'none' });
    expect(report.ok).toBe(true);
    expect(get(report, 'connection-secure').verdict).toBe('warned');
  });

  it.each<[string, Parameters<typeof runOnWire>[0], StepId, FailureCode]>([
    [
      'an address inside that is not allowed',
      { security: 'tls', allowPrivate: [] },
      'server-found',
      'host-not-allowed',
    ],
    [
      'a certificate that is not trusted',
      { security: 'tls', trusted: false },
      'connection-secure',
      'tls-failed',
    ],
    [
      'a server without a greeting',
      { security: 'tls', greeting: false },
      'signed-in',
      'connection-timed-out',
    ],
    [
      'a token that is refused',
      { security: 'tls', token: 'stale-token' },
      'signed-in',
      'login-refused',
    ],
    [
      'a sign-in without a mailbox',
      {
        security: 'tls',
        script: one =>
          one.on('NAMESPACE', ({ tag, write }) =>
            write(`${tag} BAD User is authenticated but not connected.\r\n`),
          ),
      },
      'signed-in',
      'server-unavailable',
    ],
    [
      'a folder that is refused',
      {
        security: 'tls',
        script: one =>
          one.on('SELECT', ({ tag, write }) => write(`${tag} NO no\r\n`)),
      },
      'folder-open',
      'folder-not-found',
    ],
    [
      'a folder that takes for ever',
      { security: 'tls', script: one => one.on('SELECT', () => {}) },
      'folder-open',
      'connection-timed-out',
    ],
  ])('S54: names the stage of %s', async (_title, options, step, failure) => {
    expectFirstFault(await runOnWire(options), step, failure);
  });

  it('S54: names the stage of a port at which nobody listens', async () => {
    const gone = await new ScriptedImapServer({ security: 'none' }).start();
    const { port } = gone.host();
    await gone.stop();
    const report = await runOnWire({ security: 'tls', port });
    expectFirstFault(report, 'server-connected', 'connection-refused');
  });
});
