// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
// The real plugin proves that the module fits it.
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import incomingMailPlugin from '@postroom/plugin-incoming-mail-backend';
import incomingMailModuleExample from '.';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('incomingMailModuleExample', () => {
  it('offers its handler and its provider, beside those of the plugin', async () => {
    const knex = await databases.init('SQLITE_3');
    const secret = randomBytes(32).toString('base64url');
    const { server } = await startTestBackend({
      features: [
        incomingMailPlugin,
        incomingMailModuleExample,
        mockServices.database.factory({ knex }),
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: 'http://localhost:3000' },
            incomingMail: { vault: { keys: [{ kid: 'test', secret }] } },
          },
        }),
      ],
    });
    const idsAt = async (path: string): Promise<string[]> => {
      const response = await fetch(
        `http://localhost:${server.port()}/api/incoming-mail${path}`,
        { headers: { authorization: mockCredentials.user.header() } },
      );
      const { items } = await response.json();
      return items.map((item: { id: string }) => item.id);
    };

    expect(await idsAt('/handlers')).toEqual([
      'request-creator',
      'request-tracker',
      'example-alerts',
      'request-commenter',
    ]);
    expect(await idsAt('/oauth-providers')).toEqual(['example-login']);
    expect(await knex.schema.hasTable('example_alerts')).toBe(true);
  });
});
