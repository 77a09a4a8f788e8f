// SPDX-License-Identifier: Apache-2.0
import { Router } from 'express';
import { openDatabase } from '../database';
import type { GuardedFetch } from '../egress';
import { Authorizer, MountEndpoint } from '../http';
import { Keyring } from '../secrets';
import { ConsentFlow, ConsentHooks } from './consent/ConsentFlow';
import { mountConsentRoutes } from './consent/consentRoutes';
import { ConsentService } from './consent/ConsentService';
import { ConsentStore } from './consent/ConsentStore';
import {
  BrowserRouterOptions,
  createBrowserRouter,
} from './consent/oauthBrowserRoutes';
import { mountIntegrationRoutes } from './integrations/integrationRoutes';
import { IntegrationService } from './integrations/IntegrationService';
import { IntegrationStore } from './integrations/IntegrationStore';
import { TokenEndpoint } from './tokenEndpoint';
import { GrantStore } from './vault/GrantStore';
import { TokenVault } from './vault/TokenVault';

/** What the room needs from outside. */
export interface OAuthOptions {
  readonly db: Awaited<ReturnType<typeof openDatabase>>;
  readonly keyring: Keyring;
  /** For token endpoints: bounded in time and size, and follows no redirect. */
  readonly fetch: GuardedFetch;
  /** Of the plugin, as browsers reach it. */
  readonly externalBaseUrl: string;
  /** Exact origins of pages that a consent may be started from. */
  readonly returnOrigins: readonly string[];
  /** Whether endpoints on this very machine may be http; for development. */
  readonly allowHttpLoopback: boolean;
  readonly hooks: ConsentHooks;
}

/** The room: client registrations, consents, and the tokens they give. */
export interface OAuth {
  readonly integrations: IntegrationService;
  readonly consents: ConsentService;
  readonly vault: TokenVault;
  /** Removes consents that expired longer ago than `ageMs`; at most `limit`. */
  removeOldConsents(options: { ageMs: number; limit: number }): Promise<number>;
  /** Mounts the endpoints of integrations and of consents under way. */
  mountRoutes(options: { mount: MountEndpoint; authorizer: Authorizer }): void;
  /** The URLs that popups visit; to be mounted at the plugin's root. */
  createBrowserRouter(options: BrowserRouterOptions): Router;
}

/** Puts the room together. */
export function createOAuth(options: OAuthOptions): OAuth {
  const { db, keyring, externalBaseUrl, allowHttpLoopback } = options;
  const integrationStore = new IntegrationStore({ db, keyring });
  const grants = new GrantStore({ db, keyring });
  const consentStore = new ConsentStore({ db, keyring });
  const tokenEndpoint = new TokenEndpoint({
    fetch: options.fetch,
    allowHttpLoopback,
  });

  const integrations = new IntegrationService({
    integrations: integrationStore,
    grants,
    consents: consentStore,
    externalBaseUrl,
    allowHttpLoopback,
  });
  const consents = new ConsentService({
    consents: consentStore,
    integrations: integrationStore,
    externalBaseUrl,
    returnOrigins: options.returnOrigins,
  });
  const flow = new ConsentFlow({
    consents: consentStore,
    integrations: integrationStore,
    grants,
    tokenEndpoint,
    externalBaseUrl,
    hooks: options.hooks,
  });
  const vault = new TokenVault({
    grants,
    integrations: integrationStore,
    tokenEndpoint,
  });

  return {
    integrations,
    consents,
    vault,
    removeOldConsents: removal => consentStore.removeOld(removal),
    mountRoutes: ({ mount, authorizer }) => {
      mountIntegrationRoutes({ mount, authorizer, integrations });
      mountConsentRoutes({ mount, consents });
    },
    createBrowserRouter: services =>
      createBrowserRouter({ ...services, flow, externalBaseUrl }),
  };
}
