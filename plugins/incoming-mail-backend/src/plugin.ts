// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import {
  metricsServiceRef,
  tracingServiceRef,
} from '@backstage/backend-plugin-api/alpha';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import { incomingMailPermissions } from '@postroom/plugin-incoming-mail-common';
import {
  incomingMailHandlersExtensionPoint,
  incomingMailProvidersExtensionPoint,
} from '@postroom/plugin-incoming-mail-node';
import { readIncomingMailConfig, VAULT_KEYS_PATH } from './config';
import { createConsentHooks, createOnProven } from './consentHooks';
import { createLoops } from './createLoops';
import { createOAuthRoom } from './createOAuthRoom';
import { createSessions } from './createSessions';
import { createSignIn } from './createSignIn';
import { createStores } from './createStores';
import { openDatabase } from './database';
import { createHostPolicy } from './egress';
import { HandlerCollector, ProviderCollector } from './extensions';
import { InvariantStore } from './health';
import { createAuthorizer } from './http';
import {
  announceHealth,
  createPortalNotifier,
  NoticeStore,
  PasswordStore,
} from './mailboxes';
import { createMailboxDoors } from './mailboxDoors';
import { createMetrics } from './metrics';
import { mountRooms } from './mountRooms';
import { observeLoops } from './observeLoops';
import { AccountGateStore } from './polling';
import { HandlerRegistry, MessageRuns } from './processing';
import { createRequestTrackers, RequestStore } from './requests';
import { scheduleHousekeeping } from './scheduleHousekeeping';
import { scheduleTick } from './scheduleTick';
import { Keyring } from './secrets';
import { serveRoutes } from './serveRoutes';
import { createTracing } from './tracing';

/**
 * Reads project mailboxes and turns their mail into requests. The composition
 * root: it passes things along and decides nothing.
 *
 * @public
 */
export const incomingMailPlugin = createBackendPlugin({
  pluginId: 'incoming-mail',
  register(env) {
    const collector = new HandlerCollector();
    const providers = new ProviderCollector();
    env.registerExtensionPoint(incomingMailHandlersExtensionPoint, collector);
    env.registerExtensionPoint(incomingMailProvidersExtensionPoint, providers);
    env.registerInit({
      deps: {
        auditor: coreServices.auditor,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        discovery: coreServices.discovery,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        metrics: metricsServiceRef,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        scheduler: coreServices.scheduler,
        tracing: tracingServiceRef,
      },
      async init(services) {
        const { logger, scheduler } = services;
        const config = readIncomingMailConfig(services.config);
        const keyring = new Keyring(config.vaultKeys, VAULT_KEYS_PATH);
        const policy = createHostPolicy(config.egress);
        const db = await openDatabase(services.database);
        const externalBaseUrl = await services.discovery.getExternalBaseUrl(
          'incoming-mail',
        );
        const metrics = createMetrics(services.metrics);
        const tracing = createTracing(services.tracing);
        const holder = `${hostname().slice(0, 27)}:${randomUUID()}`;

        services.permissionsRegistry.addPermissions(incomingMailPermissions);

        const stores = createStores({ db, logger });
        metrics.watchBacklog(() => stores.queue.readBacklog());
        const gates = new AccountGateStore(db);
        const notices = new NoticeStore(db);
        const passwords = new PasswordStore({ db, keyring });
        const requests = new RequestStore(db);
        const trackers = createRequestTrackers(requests);
        const registry = new HandlerRegistry([
          ...trackers,
          ...collector.handlers,
        ]);
        const sessions = createSessions({ gates, holder, policy, config });
        const openSession = sessions.openForPerson;
        const onProven = createOnProven({ ...stores, notices });

        // The dispatcher comes after what it needs tokens from.
        let wakePolling = () => {};
        const oauth = createOAuthRoom({
          db,
          keyring,
          policy,
          config,
          externalBaseUrl,
          providers: providers.providers,
          observeRenewal: renew =>
            tracing.tokenRefresh(() => metrics.tokenRefresh(renew)),
          hooks: createConsentHooks({
            ...stores,
            openSession,
            onProven,
            wakePolling: () => wakePolling(),
          }),
        });
        await oauth.reportMissingKeys({ logger, configPath: VAULT_KEYS_PATH });

        const loops = createLoops({
          ...createSignIn({ passwords, oauth }),
          ...observeLoops({ metrics, tracing }),
          db,
          logger,
          config,
          holder,
          stores,
          registry,
          openSession: sessions.openForVisit,
          onHealth: (tx, news) => announceHealth(tx, news, notices),
        });
        const { dispatcher, parser, worker } = loops;
        wakePolling = () => dispatcher.wake();

        const { allowPlaintextLoopback } = config.development;
        const doors = createMailboxDoors({
          ...stores,
          db,
          passwords,
          notices,
          oauth,
          openSession,
          allowPlaintextLoopback,
          onProven,
          registry,
          channelHandlerId: trackers[0].id,
          wakePolling,
          wakeProcessing: () => worker.wake(),
        });
        const runs = new MessageRuns({
          ...stores,
          db,
          registry,
          parser,
          logger,
          handlerTimeoutMs: config.processing.handlerTimeoutMs,
          onRunnable: () => worker.wake(),
        });
        const authorizer = createAuthorizer(services);
        const invariants = new InvariantStore(db);
        serveRoutes(services, {
          oauth,
          crossSite: config.oauth.crossSite,
          mountRooms: mount =>
            mountRooms(mount, {
              ...stores,
              authorizer,
              oauth,
              doors,
              invariants,
              requests,
              registry,
              runs,
            }),
        });

        await scheduleTick({ scheduler, loops, tickMs: config.polling.tickMs });
        await scheduleHousekeeping({
          ...stores,
          scheduler,
          logger,
          oauth,
          retention: config.retention,
          notices,
          drafts: doors.drafts,
          gates,
          notifier: createPortalNotifier(services.notifications),
        });
        services.lifecycle.addShutdownHook(async () => {
          await loops.stop();
          await oauth.vault.settle();
        });
      },
    });
  },
});
