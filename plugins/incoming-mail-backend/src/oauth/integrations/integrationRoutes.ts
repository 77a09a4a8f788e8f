// SPDX-License-Identifier: Apache-2.0
import {
  channelUpdatePermission,
  CheckReport,
  DiscoveredIssuer,
  endpoints,
  integrationCreatePermission,
  integrationDeletePermission,
  integrationReadPermission,
  integrationUpdatePermission,
  mailServerReadPermission,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint, RunLimit, whoMay } from '../../http';
import { IntegrationService } from './IntegrationService';
import { ProviderCatalogue } from './ProviderCatalogue';

// A person who sets something up tries a few times; more would make us a
// means to try out addresses and secrets.
const CHECKS_PER_MINUTE = 5;
const DISCOVERIES_PER_MINUTE = 10;

/** Mounts the endpoints of administrators, and the choices of project owners. */
export function mountIntegrationRoutes(options: {
  mount: MountEndpoint;
  authorizer: Authorizer;
  integrations: IntegrationService;
  providers: ProviderCatalogue;
  /** @throws NotFoundError */
  checkIntegration(id: string): Promise<CheckReport>;
  /** @throws FieldsError */
  discoverIssuer(issuer: string): Promise<DiscoveredIssuer>;
}): void {
  const { mount, authorizer, integrations, providers } = options;
  const checks = new RunLimit({ max: CHECKS_PER_MINUTE, windowMs: 60_000 });
  const discoveries = new RunLimit({
    max: DISCOVERIES_PER_MINUTE,
    windowMs: 60_000,
  });

  mount(endpoints.listIntegrations, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationReadPermission),
    audit: { none: 'reads settings without secrets' },
    handle: ({ input }) => integrations.list(input.query),
  });

  mount(endpoints.listProviders, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationReadPermission),
    audit: { none: 'reads what is installed' },
    handle: async () => ({ items: providers.describe() }),
  });

  mount(endpoints.reserveRedirectUrl, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationCreatePermission),
    audit: { none: 'makes a random name and stores nothing' },
    handle: async () => integrations.reserveRedirectUrl(),
  });

  mount(endpoints.createIntegration, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationCreatePermission),
    audit: {
      event: 'integration-create',
      severity: 'high',
      meta: ({ body }) => ({
        name: body.name,
        tokenEndpoint: body.tokenEndpoint,
      }),
    },
    handle: ({ input, userRef }) => integrations.create(input.body, userRef),
  });

  mount(endpoints.getIntegration, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationReadPermission),
    audit: { none: 'reads settings without secrets' },
    handle: ({ input }) => integrations.get(input.params.integrationId),
  });

  mount(endpoints.updateIntegration, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationUpdatePermission),
    audit: {
      event: 'integration-update',
      severity: 'high',
      meta: ({ params, body }) => ({
        integrationId: params.integrationId,
        tokenEndpoint: body.tokenEndpoint,
        clientSecret: body.clientSecret === undefined ? 'kept' : 'entered',
        nextClientSecret:
          body.nextClientSecret === undefined ? 'kept' : 'entered',
      }),
    },
    handle: ({ input }) =>
      integrations.update(input.params.integrationId, input.body),
  });

  mount(endpoints.retireClientSecret, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationUpdatePermission),
    audit: {
      event: 'integration-secret-retire',
      severity: 'high',
      meta: ({ params, body }) => ({
        integrationId: params.integrationId,
        secret: body.secret,
      }),
    },
    handle: ({ input }) =>
      integrations.retireSecret(input.params.integrationId, input.body),
  });

  mount(endpoints.deleteIntegration, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationDeletePermission),
    audit: {
      event: 'integration-delete',
      severity: 'high',
      meta: ({ params }) => ({ integrationId: params.integrationId }),
    },
    handle: async ({ input }) => {
      await integrations.delete(input.params.integrationId);
      return undefined;
    },
  });

  mount(endpoints.listIntegrationUsers, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationReadPermission),
    audit: { none: 'reads names and addresses' },
    handle: ({ input }) =>
      integrations.listUsers(input.params.integrationId, input.query),
  });

  mount(endpoints.checkIntegration, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationUpdatePermission),
    audit: {
      event: 'integration-check',
      severity: 'medium',
      meta: ({ params }) => ({ integrationId: params.integrationId }),
    },
    handle: async ({ input, userRef }) => {
      checks.take(userRef);
      return options.checkIntegration(input.params.integrationId);
    },
  });

  mount(endpoints.discoverIssuer, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, integrationCreatePermission),
    audit: {
      event: 'issuer-discovery',
      severity: 'medium',
      meta: ({ body }) => ({ issuer: body.issuer }),
    },
    handle: async ({ input, userRef }) => {
      discoveries.take(userRef);
      return options.discoverIssuer(input.body.issuer);
    },
  });

  mount(endpoints.listMailServerIntegrations, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, mailServerReadPermission),
    audit: { none: 'reads names and mail hosts' },
    handle: ({ input }) => integrations.listChoices(input.query),
  });

  mount(endpoints.listIntegrationChoices, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { none: 'reads names and mail hosts' },
    handle: ({ input }) => integrations.listChoices(input.query),
  });
}
