// SPDX-License-Identifier: Apache-2.0
import {
  BackendFeature,
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { messageReadRawPermission } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import request from 'supertest';
import plugin from '..';
import { randomToken } from '../secrets';

/** People of the test, and what the host's policy lets them do. */
export const ada = 'user:default/ada';
/** May do everything with projects, nothing with integrations. */
export const olga = 'user:default/olga';
/** May do everything with projects but read mails byte for byte. */
export const rita = 'user:default/rita';
/** May do nothing. */
export const mallory = 'user:default/mallory';

export const PROJECT = '/projects/component/default/payments';

const entities: Entity[] = ['payments', 'other'].map(name => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name, namespace: 'default' },
}));

const policy = createServiceFactory({
  service: coreServices.permissions,
  deps: {},
  factory: () =>
    mockServices.permissions.mock({
      authorize: async (requests, options) => {
        const { principal } = options!.credentials as {
          principal: { userEntityRef?: string };
        };
        return requests.map(({ permission }) => {
          const isProjects = permission.type === 'resource';
          const may =
            principal.userEntityRef === ada ||
            (principal.userEntityRef === olga && isProjects) ||
            (principal.userEntityRef === rita &&
              isProjects &&
              permission.name !== messageReadRawPermission.name);
          return { result: may ? AuthorizeResult.ALLOW : AuthorizeResult.DENY };
        });
      },
    }),
});

/** The plugin in a backend of its own, with a policy for the test's people. */
export async function startTestPlugin(
  db: Knex,
  options: { config?: object; features?: BackendFeature[] } = {},
) {
  const backend = await startTestBackend({
    features: [
      plugin,
      policy,
      catalogServiceMock.factory({ entities }),
      mockServices.database.factory({ knex: db }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://localhost:3000' },
          incomingMail: {
            vault: { keys: [{ kid: 'test', secret: randomToken() }] },
            egress: { allowPrivate: ['127.0.0.0/8', '::1/128'] },
            development: { allowPlaintextLoopback: true },
            // Threads do not go through jest, and could not load its sources.
            processing: { threads: 0 },
            ...options.config,
          },
        },
      }),
      ...(options.features ?? []),
    ],
  });
  const { server } = backend;
  const as = (user: string | undefined) => {
    const header = user
      ? mockCredentials.user.header(user)
      : mockCredentials.none.header();
    const call =
      (method: 'get' | 'post' | 'put' | 'delete') =>
      (path: string, body?: object) => {
        const sent = request(server)
          [method](`/api/incoming-mail${path}`)
          .set('authorization', header);
        return body ? sent.send(body) : sent;
      };
    return {
      get: call('get'),
      post: call('post'),
      put: call('put'),
      delete: call('delete'),
    };
  };
  const address = `http://localhost:${server.port()}`;
  /** As on SIGTERM; resolves when everything has ended. */
  const stop = () => backend.stop();
  return { server, as, address, stop };
}
