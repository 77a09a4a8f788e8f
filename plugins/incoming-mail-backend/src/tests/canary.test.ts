// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';
import {
  coreServices,
  createServiceFactory,
  RootLoggerService,
} from '@backstage/backend-plugin-api';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { expectInvariants } from '../__testUtils__/expectInvariants';
import { ada, olga, PROJECT } from '../__testUtils__/startTestPlugin';
import {
  recordTelemetry,
  TelemetryRecord,
} from '../__testUtils__/recordTelemetry';
import {
  ScriptedWorld,
  startScriptedWorld,
} from '../__testUtils__/startScriptedWorld';
import { dbNowPlus, tables } from '../database';
import { ScriptedReply } from '../oauth/__testUtils__/ScriptedTokenServer';
import { randomToken } from '../secrets';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

// T19: every secret of a life of a mailbox is a marker that occurs nowhere
// else. Provider and mail server repeat whatever they are sent, in every way
// they can. Afterwards nothing that leaves the plugin, or stays in its
// database, may hold a marker in any form.

const marker = (name: string) => `canary+${name}/${randomToken(12)}=`;

/** All forms in which a text may be found again in another one. */
function formsOf(text: string): string[] {
  const forms = new Set([
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString('hex'),
    JSON.stringify(text).slice(1, -1),
  ]);
  for (const before of ['', 'x', 'xx']) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const encoded = Buffer.from(`${before}${text}`).toString(encoding);
      // Without the characters that depend on what stands beside it.
      forms.add(encoded.replace(/=+$/, '').slice(before.length + 1, -1));
    }
  }
  return [...forms];
}

function findMarkers(
  where: Record<string, string>,
  markers: Record<string, string>,
): string[] {
  return Object.entries(where).flatMap(([place, text]) =>
    Object.entries(markers).flatMap(([name, value]) =>
      formsOf(value)
        .filter(form => text.includes(form))
        .map(form => `${name} in ${place} as ${form}`),
    ),
  );
}

/** Keeps everything that is logged, on every level. */
function createRecordingLogger(lines: string[]): RootLoggerService {
  const record = (message: string, meta?: unknown) => {
    lines.push(`${message} ${inspect(meta, { depth: 10, showHidden: true })}`);
  };
  const logger: RootLoggerService = {
    error: record,
    warn: record,
    info: record,
    debug: record,
    child: meta => {
      record('child', meta);
      return logger;
    },
  };
  return logger;
}

async function dumpDatabase(db: Knex): Promise<string> {
  const rows = [];
  for (const table of Object.values(tables)) {
    rows.push(table, ...(await db(table).select('*')));
  }
  return JSON.stringify(rows, (_key, value) =>
    Buffer.isBuffer(value) || value?.type === 'Buffer'
      ? Buffer.from(value.data ?? value).toString('latin1')
      : value,
  );
}

describe('formsOf', () => {
  it('finds what it is to find', () => {
    const secret = marker('control');
    const texts = [
      secret,
      encodeURIComponent(secret),
      btoa(`user=a@b.test\x01auth=Bearer ${secret}\x01\x01`),
      Buffer.from(`client:${secret}`).toString('base64url'),
      JSON.stringify({ detail: `No: ${secret}` }),
    ];
    for (const text of texts) {
      expect(findMarkers({ text }, { secret })).not.toEqual([]);
    }
    const text = texts.join().replaceAll('canary', 'sparrow').slice(0, 60);
    expect(findMarkers({ text }, { secret })).toEqual([]);
  });
});

describe.each(databases.eachSupportedId())('canaries (%s)', databaseId => {
  let world: ScriptedWorld;
  let telemetry: TelemetryRecord;

  beforeEach(() => {
    telemetry = recordTelemetry();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    telemetry.stop();
    await world.close();
  });

  it('T19: no secret of a mailbox is found in logs, database, replies or traces', async () => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const vaultKey = randomToken();
    const markers: Record<string, string> = {
      vaultKey,
      clientSecret: marker('client-secret'),
      code: marker('code'),
      errorDescription: marker('error-description'),
    };
    const logged: string[] = [];
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      jest.spyOn(console, method).mockImplementation((...args) => {
        logged.push(inspect(args, { depth: 10 }));
      });
    }
    world = await startScriptedWorld(db, {
      config: { vault: { keys: [{ kid: 'canary', secret: vaultKey }] } },
      features: [
        createServiceFactory({
          service: coreServices.rootLogger,
          deps: {},
          factory: () => createRecordingLogger(logged),
        }),
      ],
    });
    const { provider, imap, call, visit } = world;

    // The provider rotates; each token is a marker.
    let issued = 0;
    const issue = (): ScriptedReply => {
      issued += 1;
      const accessToken = marker(`access-${issued}`);
      const refreshToken = marker(`refresh-${issued}`);
      Object.assign(markers, {
        [`access-${issued}`]: accessToken,
        [`refresh-${issued}`]: refreshToken,
      });
      return {
        body: {
          access_token: accessToken,
          refresh_token: refreshToken,
          token_type: 'Bearer',
          expires_in: 3600,
        },
      };
    };
    const echo =
      (error: string, status = 400) =>
      ({
        parameters,
        authorization,
      }: (typeof provider.requests)[number]): ScriptedReply => ({
        status,
        body: {
          error,
          error_description: `${parameters.get(
            'refresh_token',
          )} ${parameters.get(
            'code',
          )} ${authorization} ${parameters.toString()}`,
        },
      });
    // The mail server says what it was shown, whether it likes it or not.
    let accepts = (_token: string) => true;
    const shown: string[] = [];
    imap.on('AUTHENTICATE', ({ tag, args, write }) => {
      const response = args.split(' ')[1] ?? '';
      const message = Buffer.from(response, 'base64').toString();
      const token = message.split('auth=Bearer ')[1]?.split('\x01')[0] ?? '';
      shown.push(token);
      const said = `${token} ${response} ${encodeURIComponent(token)}`;
      write(
        accepts(token)
          ? `${tag} OK signed in ${said}\r\n`
          : `${tag} NO [AUTHENTICATIONFAILED] ${said}\r\n`,
      );
    });
    const expireTokens = () =>
      db(tables.oauthGrants).update({
        access_expires_at: dbNowPlus(db, -1),
        access_refresh_at: dbNowPlus(db, -1),
        next_refresh_at: null,
      });
    const dumps: string[] = [];
    const look = async (integrationId: string) => {
      for (const [user, path] of [
        [ada, '/integrations'],
        [ada, `/integrations/${integrationId}`],
        [ada, '/vault'],
        [olga, `${PROJECT}/integrations`],
        [olga, `${PROJECT}/channel`],
        [olga, `${PROJECT}/channel/journal`],
        [olga, `${PROJECT}/messages`],
      ]) {
        expect((await call(user, 'get', path)).status).toBe(200);
      }
      dumps.push(await dumpDatabase(db));
    };
    const integration = await world.addIntegration({
      clientSecret: markers.clientSecret,
      revocationEndpoint: provider.url,
    });
    await world.addChannel(integration.id);
    const { redirectUrl } = integration;

    // Consents that come to nothing, in the provider's words.
    provider.answer(echo('invalid_grant'));
    const { code } = markers;
    const refused = await world.consent(redirectUrl, { code });
    expect(refused.failure.code).toBe('consent-invalid');
    const denied = await world.consent(redirectUrl, {
      error: 'access_denied',
      error_description: markers.errorDescription,
    });
    expect(denied.failure.code).toBe('consent-denied');
    provider.answer(issue);
    accepts = () => false;
    const unproven = await world.consent(redirectUrl, { code });
    expect(unproven.failure.code).toBe('login-refused');
    accepts = () => true;

    // One that succeeds, and visits: with the first token, with a renewed one,
    // and with one that the mail server had renewed.
    const consent = await world.consent(redirectUrl, { code });
    expect(consent.status).toBe('succeeded');
    markers.state = consent.state;
    expect(await visit()).toMatchObject({ state: 'active' });
    await expireTokens();
    expect(await visit()).toMatchObject({ state: 'active' });
    const [refusedToken] = shown.slice(-1);
    accepts = token => token !== refusedToken;
    expect(await visit()).toMatchObject({ state: 'active' });
    await look(integration.id);

    // Visits that fail in every room on the way.
    accepts = () => false;
    expect(await visit()).toMatchObject({
      failure: { code: 'login-refused' },
    });
    await look(integration.id);
    accepts = () => true;
    const failures: Array<
      [Parameters<typeof provider.answer>[0], string, string]
    > = [
      [echo('invalid_client', 401), 'client-refused', 'integration-fault'],
      [echo('out_of_cheese'), 'token-reply-unusable', 'degraded'],
      [echo('server_error', 500), 'token-endpoint-unreachable', 'degraded'],
      [
        request => ({
          headers: { 'content-type': 'text/html' },
          body: `<p>${request.parameters} ${request.authorization}`,
        }),
        'token-reply-unusable',
        'degraded',
      ],
      [
        () => {
          const reply = issue() as { body: object };
          return { body: JSON.stringify(reply.body).slice(0, -3) };
        },
        'token-reply-unusable',
        'degraded',
      ],
      [
        () => {
          const reply = issue() as { body: object };
          return { body: { ...reply.body, token_type: 'mac' } };
        },
        'token-reply-unusable',
        'degraded',
      ],
      [
        ({ parameters }) => ({
          status: 307,
          headers: { location: `/?${parameters}` },
          body: '',
        }),
        'token-reply-unusable',
        'degraded',
      ],
    ];
    for (const [script, failure, state] of failures) {
      provider.answer(script);
      await expireTokens();
      expect(await visit()).toMatchObject({
        state,
        failure: { code: failure },
      });
      for (const path of [
        `/integrations/${integration.id}/checks`,
        `${PROJECT}/channel/checks`,
      ]) {
        await call(ada, 'post', path);
      }
      await look(integration.id);
    }

    // It recovers, ends, is authorized again, and goes.
    provider.answer(issue);
    await expireTokens();
    expect(await visit()).toMatchObject({ state: 'active' });
    provider.answer(echo('invalid_grant'));
    await expireTokens();
    expect(await visit()).toMatchObject({ state: 'needs-consent' });
    await look(integration.id);
    provider.answer(issue);
    const again = await world.consent(redirectUrl, { code });
    expect(again.status).toBe('succeeded');
    await look(integration.id);
    const gone = await call(olga, 'delete', `${PROJECT}/channel`);
    expect(gone.status).toBe(204);
    expect(await db(tables.oauthRevocations)).toHaveLength(1);
    dumps.push(await dumpDatabase(db));

    await expectInvariants(db);

    // What was to be hidden was there, and was shown to whom it is for.
    expect(issued).toBeGreaterThan(5);
    expect(shown).toContain(markers['access-1']);
    expect(logged.length).toBeGreaterThan(10);
    expect(world.replies.length).toBeGreaterThan(50);
    expect(telemetry.requests.length).toBeGreaterThan(10);
    expect(telemetry.measurements.length).toBeGreaterThan(10);
    const spanNames = inspect(telemetry.spans, { maxArrayLength: null });
    expect(spanNames).toContain('incoming_mail.visit');
    expect(spanNames).toContain('incoming_mail.token_refresh');
    expect(spanNames).toContain('client-refused');
    const traces = inspect(telemetry, { depth: 10, maxArrayLength: null });
    const ticket = consent.startUrl.split('/').pop()!;
    expect(
      findMarkers(
        {
          logs: logged.join('\n'),
          database: dumps.join('\n'),
          replies: world.replies.join('\n'),
          traces,
        },
        markers,
      ),
    ).toEqual([]);
    // The ticket is for the reply that starts the popup, and for nobody else.
    expect(
      findMarkers(
        { logs: logged.join('\n'), database: dumps.join('\n'), traces },
        { ticket },
      ),
    ).toEqual([]);
  });
});
