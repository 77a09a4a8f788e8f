// SPDX-License-Identifier: Apache-2.0
import { Server } from 'node:http';
import { AddressInfo } from 'node:net';
import {
  coreServices,
  createServiceFactory,
  RootLoggerService,
} from '@backstage/backend-plugin-api';
import { createBackend } from '@backstage/backend-defaults';
import { rootHttpRouterServiceFactory } from '@backstage/backend-defaults/rootHttpRouter';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import plugin from '..';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { randomToken } from '../secrets';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the platform’s log of requests', () => {
  const lines: string[] = [];
  let http: Server | undefined;
  let backend: ReturnType<typeof createBackend>;
  let address: string;

  /** The platform's own router, whose requests are logged as in production. */
  beforeAll(async () => {
    const db = await openTestDatabase(databases, 'SQLITE_3');
    const note = (message: string, meta?: unknown) => {
      lines.push(`${message} ${JSON.stringify(meta)}`);
    };
    const logger: RootLoggerService = {
      error: note,
      warn: note,
      info: note,
      debug: note,
      child: () => logger,
    };
    backend = createBackend();
    for (const feature of [
      plugin,
      catalogServiceMock.factory({ entities: [] }),
      mockServices.auditor.factory(),
      mockServices.auth.factory(),
      mockServices.database.factory({ knex: db }),
      mockServices.httpAuth.factory({
        defaultCredentials: mockCredentials.none(),
      }),
      mockServices.permissions.factory(),
      mockServices.scheduler.factory(),
      createServiceFactory({
        service: coreServices.rootLogger,
        deps: {},
        factory: () => logger,
      }),
      rootHttpRouterServiceFactory({
        configure({ server, applyDefaults }) {
          http = server;
          applyDefaults();
        },
      }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://localhost:3000' },
          backend: {
            baseUrl: 'http://localhost:7007',
            listen: { host: '127.0.0.1', port: 0 },
          },
          incomingMail: {
            vault: { keys: [{ kid: 'test', secret: randomToken() }] },
          },
        },
      }),
    ]) {
      backend.add(feature);
    }
    await backend.start();
    const { port } = http?.address() as AddressInfo;
    address = `http://127.0.0.1:${port}/api/incoming-mail`;
  });

  afterAll(() => backend.stop());

  /** What is logged of a request; it is written when the answer is finished. */
  async function logOf(path: string, init: RequestInit = {}): Promise<string> {
    const before = lines.length;
    await (await fetch(`${address}${path}`, init)).text();
    for (let n = 0; n < 100 && lines.length === before; n += 1) {
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
    return lines.slice(before).join('\n');
  }

  it('holds neither code nor state nor ticket nor a link’s secret (T13)', async () => {
    const callback = await logOf(
      '/oauth/callback/AAAAAAAAAAAAAAAAAAAAAA?code=canary-code&state=canary-state',
    );
    expect(callback).toContain(
      'GET /api/incoming-mail/oauth/callback/[redacted]',
    );
    expect(callback).not.toContain('canary');

    const cookie = mockCredentials.limitedUser.cookie('user:default/alice');
    const start = await logOf('/oauth/start/canary-ticket', {
      headers: { cookie },
    });
    expect(start).toContain('GET /api/incoming-mail/oauth/start/[redacted]');
    expect(start).not.toContain('canary');

    const link = await logOf('/oauth/invite', {
      method: 'POST',
      body: new URLSearchParams({ secret: 'canary-secret' }),
    });
    expect(link).toContain('POST /api/incoming-mail/oauth/invite ');
    expect(link).not.toContain('canary');
  });

  it('is otherwise as the platform has it', async () => {
    const line = await logOf('/integrations?x=shown');
    expect(line).toContain('GET /api/incoming-mail/integrations?x=shown');
  });

  it('opens nothing beside the pages that strangers may see (T29)', async () => {
    const statusOf = async (path: string) =>
      (await fetch(`${address}${path}`)).status;
    // Reached, and refused for not being opened in a window.
    expect(await statusOf('/oauth/invite')).toBe(400);
    expect(await statusOf('/oauth/invite/other')).toBe(404);
    expect(await statusOf('/oauth/callback/x/y')).toBe(404);
    expect(await statusOf('/oauth/invites')).toBe(401);
    expect(await statusOf('/oauth/start/x')).toBe(401);
  });
});
