// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import { grantLimits } from '@postroom/plugin-incoming-mail-common';
import { OAuthProvider } from '@postroom/plugin-incoming-mail-node';
import express, { Router } from 'express';
import { Db, Tx } from '../database';
import type { GuardedFetch } from '../egress';
import { Authorizer, MountEndpoint } from '../http';
import { Keyring, Secret } from '../secrets';
import { ConsentClaims } from './consent/ConsentClaims';
import { ConsentCompletion, ConsentHooks } from './consent/ConsentCompletion';
import { ConsentFlow } from './consent/ConsentFlow';
import { ConsentLinkService } from './consent/ConsentLinkService';
import { ConsentLinkStore } from './consent/ConsentLinkStore';
import { ApplicationAccess } from './consent/ApplicationAccess';
import { mountConsentRoutes } from './consent/consentRoutes';
import { ConsentService } from './consent/ConsentService';
import { ConsentStore } from './consent/ConsentStore';
import { Portal } from './consent/linkPages';
import { createLinkRouter } from './consent/linkRoutes';
import {
  BrowserRouterOptions,
  createBrowserRouter,
} from './consent/oauthBrowserRoutes';
import { PendingGrantStore } from './consent/PendingGrantStore';
import { checkIntegration } from './integrations/checkIntegration';
import { discoverIssuer } from './integrations/discoverIssuer';
import { mountIntegrationRoutes } from './integrations/integrationRoutes';
import { IntegrationService } from './integrations/IntegrationService';
import { IntegrationStore } from './integrations/IntegrationStore';
import { ProviderCatalogue } from './integrations/ProviderCatalogue';
import { IntegrationRecord } from './integrations/types';
import { RevocationEndpoint } from './revocationEndpoint';
import { TokenEndpoint } from './tokenEndpoint';
import { forgetGrant } from './vault/forgetGrant';
import { GrantStore } from './vault/GrantStore';
import {
  ConsentWarning,
  listConsentWarnings,
} from './vault/listConsentWarnings';
import { listSecretWarnings, SecretWarning } from './vault/listSecretWarnings';
import { resealRecords } from './vault/resealRecords';
import { RevocationStore } from './vault/RevocationStore';
import { GrantFacts } from './vault/types';
import { SealedRecordStore } from './vault/SealedRecordStore';
import { sendRevocations } from './vault/sendRevocations';
import { TokenVault } from './vault/TokenVault';
import { mountVaultRoutes } from './vault/vaultRoutes';
import { readVaultStatus, reportMissingKeys } from './vault/vaultStatus';

/** What the composing plugin does when something changed here. */
export interface OAuthHooks extends ConsentHooks {
  /**
   * An administrator changed an integration: what waited for that can go on.
   * Called after the change stands.
   */
  onIntegrationChanged?(integrationId: string): Promise<void>;
}

/** What a housekeeping task is given. */
export interface HousekeepingOptions {
  readonly logger: LoggerService;
  readonly signal?: AbortSignal;
}

/** What the room needs from outside. */
export interface OAuthOptions {
  readonly db: Db;
  readonly keyring: Keyring;
  /** For token endpoints: bounded in time and size, and follows no redirect. */
  readonly fetch: GuardedFetch;
  /** Of the plugin, as browsers reach it. */
  readonly externalBaseUrl: string;
  /** Exact origins of pages that a consent may be started from. */
  readonly returnOrigins: readonly string[];
  /** Whether portal and backend are on different sites. Default: no. */
  readonly crossSite?: boolean;
  /** What strangers are told of the installation. */
  readonly portal: Portal;
  /** Whether endpoints on this very machine may be http; for development. */
  readonly allowHttpLoopback: boolean;
  /** Those that modules brought. Default: none. */
  readonly providers?: readonly OAuthProvider[];
  readonly hooks: OAuthHooks;
  /** See `GrantRenewerOptions`. */
  observeRenewal?(renew: () => Promise<Secret>): Promise<Secret>;
}

/** The room: client registrations, consents, and the tokens they give. */
export interface OAuth {
  readonly integrations: IntegrationService;
  readonly consents: ConsentService;
  readonly links: ConsentLinkService;
  readonly applications: ApplicationAccess;
  readonly vault: TokenVault;
  /** Removes consents that expired longer ago than `ageMs`; at most `limit`. */
  removeOldConsents(options: { ageMs: number; limit: number }): Promise<number>;
  /** Removes links that ran out longer ago than `ageMs`; at most `limit`. */
  removeOldLinks(options: { ageMs: number; limit: number }): Promise<number>;
  /** Drops what consents gave and nobody claimed in time; at most `limit`. */
  dropUnclaimed(limit: number): Promise<number>;
  /**
   * Drops what a consent gave for a mailbox, in the transaction of whoever
   * removes the mailbox or gives it to another account. The provider is told
   * afterwards, where that takes nothing from another mailbox.
   */
  forgetGrant(tx: Tx, mailboxId: string): Promise<void>;
  /**
   * Gives a mailbox the grant of another in the place of its own, which is
   * forgotten: revoked only if nothing reads the account any more, and the
   * moved grant does where it is the same account's.
   */
  moveGrant(
    tx: Tx,
    mailboxes: { readonly from: string; readonly to: string },
  ): Promise<void>;
  /** See `GrantStore.findStamp`. */
  findGrantStamp(tx: Tx, mailboxId: string): Promise<string | undefined>;
  /** The version of an integration; undefined where there is none. */
  findIntegrationVersion(tx: Tx, id: string): Promise<number | undefined>;
  /** The same, which then stays until the transaction ends. */
  holdIntegration(tx: Tx, id: string): Promise<number | undefined>;
  /** One bounded run of telling providers what to revoke. */
  sendRevocations(options: HousekeepingOptions): Promise<void>;
  /** One bounded run of sealing with the key in use what former keys sealed. */
  resealRecords(options: HousekeepingOptions): Promise<void>;
  /** Logs, for the start, which keys of stored records are not configured. */
  reportMissingKeys(options: {
    logger: LoggerService;
    configPath: string;
  }): Promise<void>;
  /** The client secrets that end soon, and who can renew them. */
  listSecretWarnings(): Promise<SecretWarning[]>;
  /** The consents that end soon, and who can renew them. */
  listConsentWarnings(): Promise<ConsentWarning[]>;
  /** Drops former refresh tokens that are no longer tried; of at most `limit` grants. */
  removeFormerTokens(options: { limit: number }): Promise<number>;
  /** How the grant of a mailbox is; undefined where nobody authorized it. */
  findGrant(mailboxId: string): Promise<GrantFacts | undefined>;
  /** Mounts the endpoints of integrations, of the vault and of consents under way. */
  mountRoutes(options: { mount: MountEndpoint; authorizer: Authorizer }): void;
  /** The URLs that popups visit; to be mounted at the plugin's root. */
  createBrowserRouter(options: BrowserRouterOptions): Router;
}

/** Puts the room together. */
export function createOAuth(options: OAuthOptions): OAuth {
  const { db, keyring, externalBaseUrl, allowHttpLoopback } = options;
  const providers = new ProviderCatalogue(options.providers);
  const integrationStore = new IntegrationStore({ db, keyring, providers });
  const grants = new GrantStore({ db, keyring });
  const consentStore = new ConsentStore({ db, keyring });
  const links = new ConsentLinkStore(db);
  const pending = new PendingGrantStore({ db, keyring });
  const revocations = new RevocationStore({ db, keyring });
  const records = new SealedRecordStore(db);
  const tokenEndpoint = new TokenEndpoint({
    fetch: options.fetch,
    allowHttpLoopback,
  });

  const revocationEndpoint = new RevocationEndpoint({
    fetch: options.fetch,
    allowHttpLoopback,
  });

  const integrations = new IntegrationService({
    integrations: integrationStore,
    grants,
    consents: consentStore,
    externalBaseUrl,
    allowHttpLoopback,
    onChanged: async id => options.hooks.onIntegrationChanged?.(id),
  });
  const completion = new ConsentCompletion({
    consents: consentStore,
    links,
    integrations: integrationStore,
    grants,
    revocations,
    hooks: options.hooks,
  });
  const consents = new ConsentService({
    consents: consentStore,
    pending,
    claims: new ConsentClaims({
      pending,
      integrations: integrationStore,
      completion,
    }),
    integrations: integrationStore,
    grants,
    externalBaseUrl,
    returnOrigins: options.returnOrigins,
    crossSite: options.crossSite ?? false,
  });
  const flow = new ConsentFlow({
    consents: consentStore,
    links,
    pending,
    integrations: integrationStore,
    completion,
    tokenEndpoint,
    externalBaseUrl,
  });
  const linkService = new ConsentLinkService({
    links,
    consents: consentStore,
    integrations: integrationStore,
    flow,
    externalBaseUrl,
    hooks: options.hooks,
  });
  const applications = new ApplicationAccess({
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
    observeRenewal: options.observeRenewal,
  });

  const forget = (tx: Tx, mailboxId: string) =>
    forgetGrant(tx, mailboxId, {
      grants,
      integrations: integrationStore,
      revocations,
    });

  return {
    integrations,
    consents,
    links: linkService,
    applications,
    vault,
    forgetGrant: forget,
    async moveGrant(tx, mailboxes) {
      await forget(tx, mailboxes.to);
      await grants.move(tx, mailboxes);
    },
    findGrantStamp: (tx, mailboxId) => grants.findStamp(tx, mailboxId),
    findIntegrationVersion: async (tx, id) =>
      (await integrationStore.find(id, tx))?.version,
    holdIntegration: (tx, id) => integrationStore.holdVersion(tx, id),
    async sendRevocations({ logger, signal }) {
      const outcome = await sendRevocations(
        {
          revocations,
          grants,
          consents: consentStore,
          endpoint: revocationEndpoint,
          random: Math.random,
        },
        signal,
      );
      if (outcome.givenUp > 0) {
        logger.warn(
          'Access that is no longer used could not be revoked at the provider within a day; the owner of the account can remove it there',
          { count: outcome.givenUp },
        );
      }
    },
    async resealRecords({ logger, signal }) {
      const outcome = await resealRecords({ records, keyring, signal });
      if (outcome.resealed > 0) {
        logger.info('Records were sealed again with the vault key in use', {
          kid: keyring.primaryKid,
          ...outcome,
        });
      }
    },
    reportMissingKeys: report =>
      reportMissingKeys({ ...report, records, keyring }),
    async findGrant(mailboxId) {
      const grant = await grants.find(mailboxId);
      const end = await grants.ends.find(mailboxId);
      return (
        grant && {
          scopes: grant.scopes,
          state: grant.state,
          failureCode: grant.failureCode,
          consentedAs: grant.consentedAs,
          end: end && { at: end.at.toISOString(), reason: end.reason },
        }
      );
    },
    listConsentWarnings: () => listConsentWarnings(grants),
    removeFormerTokens: ({ limit }) => grants.removeOldPrevious(limit),
    listSecretWarnings: () => listSecretWarnings(db, integrationStore),
    removeOldConsents: removal => consentStore.removeOld(removal),
    removeOldLinks: removal => links.removeOld(removal),
    dropUnclaimed: limit => pending.dropOld(limit),
    mountRoutes: ({ mount, authorizer }) => {
      mountIntegrationRoutes({
        mount,
        authorizer,
        integrations,
        providers,
        checkIntegration: async id =>
          checkIntegration(await getRecord(integrationStore, id), {
            ...options,
            tokenEndpoint,
            crowdedAccount: (
              await grants.accounts.listCrowds([id], grantLimits.warnFrom)
            ).get(id),
          }),
        discoverIssuer: issuer => discoverIssuer(issuer, options),
      });
      mountConsentRoutes({ mount, consents });
      mountVaultRoutes({
        mount,
        authorizer,
        readStatus: () => readVaultStatus({ records, keyring }),
      });
    },
    createBrowserRouter: services =>
      express.Router().use(
        createBrowserRouter({ ...services, flow, externalBaseUrl }),
        createLinkRouter({
          auditor: services.auditor,
          links: linkService,
          portal: options.portal,
          externalBaseUrl,
        }),
      ),
  };
}

async function getRecord(
  integrations: IntegrationStore,
  id: string,
): Promise<IntegrationRecord> {
  const integration = await integrations.find(id);
  if (!integration) {
    throw new NotFoundError(`There is no integration ${id}`);
  }
  return integration;
}
