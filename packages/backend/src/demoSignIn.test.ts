// SPDX-License-Identifier: Apache-2.0
import { authServiceFactory } from '@backstage/backend-defaults/auth';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import authPlugin from '@backstage/plugin-auth-backend';
import catalogPlugin from '@backstage/plugin-catalog-backend';
import { resolve } from 'node:path';
import demoSignIn from './demoSignIn';

const ENTITIES = resolve(__dirname, '../../../examples/entities.yaml');
const OPEN = { 'demo-ada': { enabled: true }, 'demo-olga': { enabled: true } };

/** The catalog reads its file after the start; nobody can sign in before. */
const CATALOG_DEADLINE_MS = 20_000;

async function startPortal(providers: Record<string, { enabled?: boolean }>) {
  const { server } = await startTestBackend({
    features: [
      authPlugin,
      catalogPlugin,
      demoSignIn,
      // The real ones: the test hands in a token that the sign-in has issued.
      authServiceFactory,
      httpAuthServiceFactory,
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://localhost:3000' },
          backend: { baseUrl: 'http://localhost:7007' },
          auth: { providers },
          catalog: {
            rules: [
              { allow: ['User', 'Group', 'System', 'Component', 'Location'] },
            ],
            locations: [{ type: 'file', target: ENTITIES }],
          },
        },
      }),
    ],
  });
  return (path: string, init?: RequestInit) =>
    fetch(`http://localhost:${server.port()}/api/auth${path}`, init);
}

async function untilKnown(ask: () => Promise<Response>): Promise<Response> {
  const signal = AbortSignal.timeout(CATALOG_DEADLINE_MS);
  for (;;) {
    const response = await ask();
    if (response.ok || signal.aborted) {
      return response;
    }
    await new Promise(done => setTimeout(done, 100));
  }
}

describe('demoSignIn', () => {
  const environment = process.env.NODE_ENV;
  afterEach(() => {
    Object.assign(process.env, { NODE_ENV: environment });
  });

  it('signs Ada and Olga in as what the catalog says they are', async () => {
    const auth = await startPortal(OPEN);

    const ada = await untilKnown(() => auth('/demo-ada/refresh'));
    expect(await ada.json()).toMatchObject({
      profile: { displayName: 'Ada Admin' },
      backstageIdentity: { identity: { userEntityRef: 'user:default/ada' } },
    });

    const olga = await untilKnown(() => auth('/demo-olga/refresh'));
    const { backstageIdentity } = await olga.json();
    const userInfo = await auth('/v1/userinfo', {
      headers: { authorization: `Bearer ${backstageIdentity.token}` },
    });
    expect(await userInfo.json()).toMatchObject({
      claims: {
        sub: 'user:default/olga',
        ent: expect.arrayContaining([
          'user:default/olga',
          'group:default/payments-team',
          'group:default/support-team',
        ]),
      },
    });
  }, 60_000);

  it('does not exist where the configuration does not enable it', async () => {
    const auth = await startPortal({ 'demo-ada': {} });

    expect((await auth('/demo-ada/refresh')).status).toBe(404);
    expect((await auth('/demo-olga/refresh')).status).toBe(404);
  }, 60_000);

  it('does not exist in production, enabled or not', async () => {
    Object.assign(process.env, { NODE_ENV: 'production' });
    const auth = await startPortal(OPEN);

    expect((await auth('/demo-ada/refresh')).status).toBe(404);
    expect((await auth('/demo-olga/refresh')).status).toBe(404);
  }, 60_000);
});
