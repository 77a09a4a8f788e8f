// SPDX-License-Identifier: Apache-2.0
import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  authProvidersExtensionPoint,
  createProxyAuthenticator,
  createProxyAuthProviderFactory,
  type ProfileInfo,
} from '@backstage/plugin-auth-node';

interface DemoPerson {
  /** The entity of `examples/entities.yaml` that the person signs in as. */
  readonly userEntityRef: string;
  readonly profile: ProfileInfo;
}

/** Provider id → the person it signs in, without asking for anything. */
const DEMO_PEOPLE: Readonly<Record<string, DemoPerson>> = {
  'demo-ada': {
    userEntityRef: 'user:default/ada',
    profile: { displayName: 'Ada Admin', email: 'ada@corp.test' },
  },
  'demo-olga': {
    userEntityRef: 'user:default/olga',
    profile: { displayName: 'Olga Owner', email: 'olga@corp.test' },
  },
};

function demoProviderFactory({ userEntityRef, profile }: DemoPerson) {
  return createProxyAuthProviderFactory({
    authenticator: createProxyAuthenticator({
      defaultProfileTransform: async () => ({ profile }),
      initialize: () => undefined,
      authenticate: async () => ({ result: undefined }),
    }),
    signInResolver: (_, ctx) =>
      ctx.signInWithCatalogUser({ entityRef: userEntityRef }),
  });
}

/**
 * Adds a sign-in provider for each of the demo's people. What they own is what
 * the catalog says they own.
 *
 * Whoever asks is let in, so a provider exists only where both locks are open:
 * its configuration says `enabled: true`, and the process is not a production
 * one. Elsewhere its address answers 404.
 */
export default createBackendModule({
  pluginId: 'auth',
  moduleId: 'demo-sign-in',
  register(reg) {
    reg.registerInit({
      deps: {
        config: coreServices.rootConfig,
        logger: coreServices.logger,
        providers: authProvidersExtensionPoint,
      },
      async init({ config, logger, providers }) {
        for (const [providerId, person] of Object.entries(DEMO_PEOPLE)) {
          const key = `auth.providers.${providerId}.enabled`;
          if (config.getOptionalBoolean(key) !== true) {
            continue;
          }
          if (process.env.NODE_ENV === 'production') {
            logger.warn('Demo sign-in is refused in production', { key });
            continue;
          }
          providers.registerProvider({
            providerId,
            factory: demoProviderFactory(person),
          });
        }
      },
    });
  },
});
