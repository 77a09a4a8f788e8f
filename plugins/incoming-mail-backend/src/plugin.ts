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
import { createStores } from './createStores';
import { openDatabase } from './database';
import { createGuardedFetch, createHostPolicy } from './egress';
import { HandlerCollector, ProviderCollector } from './extensions';
import { InvariantStore, mountHealthRoutes } from './health';
import { createAuthorizer } from './http';
import { mountInboxRoutes } from './inbox';
import { mountJournalRoutes } from './journal';
import {
  announceHealth,
  createPortalNotifier,
  NoticeStore,
  PasswordStore,
  toCredentials,
} from './mailboxes';
import { createMailboxDoors } from './mailboxDoors';
import { createMetrics } from './metrics';
import { CALLBACK_PATH, createOAuth, LINK_PATH, START_PATH } from './oauth';
import { AccountGate, AccountGateStore } from './polling';
import {
  HandlerRegistry,
  MessageRuns,
  mountProcessingRoutes,
} from './processing';
import {
  createRequestTrackers,
  mountRequestRoutes,
  RequestStore,
} from './requests';
import { createRouter } from './router';
import { scheduleHousekeeping } from './scheduleHousekeeping';
import { Keyring } from './secrets';
import { createTracing } from './tracing';
import { createOpenSession, secretOf } from './transport';

// How long a person's test waits for a visit of the same account to end.
const PATIENCE_MS = 10_000;

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
        const { auditor, httpAuth, httpRouter, lifecycle, logger } = services;
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
        const { allowPlaintextLoopback } = config.development;

        services.permissionsRegistry.addPermissions(incomingMailPermissions);

        const stores = createStores({ db, logger });
        const { cursors, imports, journal, mailboxes, sources } = stores;
        const { messageLog, queue, rawMails } = stores;
        metrics.watchBacklog(() => queue.readBacklog());
        const notices = new NoticeStore(db);
        const passwords = new PasswordStore({ db, keyring });
        const requests = new RequestStore(db);
        const trackers = createRequestTrackers(requests);
        const registry = new HandlerRegistry([
          ...trackers,
          ...collector.handlers,
        ]);
        const connect = createOpenSession({
          policy,
          allowPlaintextLoopback,
          ca: config.egress.extraCa,
          maxMessageBytes: config.messages.maxBytes,
        });
        const gates = new AccountGateStore(db);
        const gate = new AccountGate({
          store: gates,
          holder,
          leaseMs: config.leases.durationMs,
          random: Math.random,
        });
        // Whoever tests a mailbox waits for the answer.
        const openSession = gate.guardPatiently(connect, {
          waitMs: PATIENCE_MS,
        });

        const onProven = createOnProven({
          cursors,
          sources,
          journal,
          mailboxes,
          notices,
        });
        // The dispatcher comes after what it needs tokens from.
        let wakePolling = () => {};
        const oauth = createOAuth({
          db,
          keyring,
          fetch: createGuardedFetch({ policy, ca: config.egress.extraCa }),
          externalBaseUrl,
          returnOrigins: config.oauth.returnOrigins,
          crossSite: config.oauth.crossSite,
          portal: config.portal,
          allowHttpLoopback: allowPlaintextLoopback,
          providers: providers.providers,
          observeRenewal: renew =>
            tracing.tokenRefresh(() => metrics.tokenRefresh(renew)),
          hooks: createConsentHooks({
            journal,
            mailboxes,
            openSession,
            onProven,
            wakePolling: () => wakePolling(),
          }),
        });

        await oauth.reportMissingKeys({
          logger,
          configPath: VAULT_KEYS_PATH,
        });

        const loops = createLoops({
          db,
          logger,
          config,
          holder,
          stores,
          registry,
          openSession: gate.guard(connect),
          credentials: async (mailbox, { signal, refused }) =>
            toCredentials(
              mailbox,
              mailbox.authentication.method === 'password'
                ? await passwords.open(mailbox.id)
                : await oauth.vault.accessToken(mailbox.id, {
                    signal,
                    forceRefreshOf: refused && secretOf(refused),
                  }),
            ),
          actsAlone: async ({ authentication }) => {
            const integration =
              authentication.method === 'oauth'
                ? await oauth.integrations.findChoice(
                    authentication.integrationId,
                  )
                : undefined;
            return integration?.grantType === 'client_credentials';
          },
          onHealth: (tx, news) => announceHealth(tx, news, notices),
          onVisit: (outcome, durationMs) =>
            metrics.visitEnded(outcome, durationMs),
          onMessage: (outcome, message) =>
            metrics.messageEnded(outcome.kind, message),
          onLeaseLost: () => metrics.visitLeaseLost(),
          observeWork: work => tracing.handle(work),
          observeStoring: store => tracing.store(store),
          observeVisit: (mailbox, visit) => tracing.visit(mailbox, visit),
        });
        const { dispatcher, parser, worker } = loops;

        wakePolling = () => dispatcher.wake();

        const doors = createMailboxDoors({
          db,
          mailboxes,
          imports,
          passwords,
          journal,
          notices,
          cursors,
          sources,
          messageLog,
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
        const { mailboxIdOf, expectMailServer } = doors;
        httpRouter.use(
          createRouter({
            httpAuth,
            auditor,
            browserRouter: oauth.createBrowserRouter({
              httpAuth,
              auditor,
              logger,
            }),
            mountRooms(mount) {
              oauth.mountRoutes({ mount, authorizer });
              doors.mountRoutes(mount, authorizer);
              mountJournalRoutes(mount, {
                authorizer,
                journal,
                mailboxIdOf,
                expectMailServer,
              });
              mountInboxRoutes(mount, {
                authorizer,
                messageLog,
                rawMails,
                mailboxIdOf,
                expectMailServer,
              });
              mountHealthRoutes(mount, {
                authorizer,
                invariants: new InvariantStore(db),
              });
              mountRequestRoutes(mount, { authorizer, requests });
              mountProcessingRoutes(mount, {
                authorizer,
                registry,
                runs,
                mailboxIdOf,
                expectMailServer,
              });
            },
          }),
        );
        httpRouter.addAuthPolicy({
          path: START_PATH,
          allow: config.oauth.crossSite ? 'unauthenticated' : 'user-cookie',
        });
        httpRouter.addAuthPolicy({
          path: CALLBACK_PATH,
          allow: 'unauthenticated',
        });
        httpRouter.addAuthPolicy({
          path: LINK_PATH,
          allow: 'unauthenticated',
        });

        await services.scheduler.scheduleTask({
          id: 'incoming-mail-tick',
          scope: 'local',
          frequency: { milliseconds: config.polling.tickMs },
          timeout: { minutes: 1 },
          async fn() {
            await loops.tick();
          },
        });
        await scheduleHousekeeping({
          scheduler: services.scheduler,
          logger,
          oauth,
          retention: config.retention,
          rawMails,
          journal,
          notices,
          drafts: doors.drafts,
          gates,
          notifier: createPortalNotifier(services.notifications),
        });
        lifecycle.addShutdownHook(async () => {
          await loops.stop();
          await oauth.vault.settle();
        });
      },
    });
  },
});
