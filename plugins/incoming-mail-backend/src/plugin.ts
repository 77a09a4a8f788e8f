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
import { openDatabase } from './database';
import { createGuardedFetch, createHostPolicy } from './egress';
import { HandlerCollector, ProviderCollector } from './extensions';
import { InvariantStore, mountHealthRoutes } from './health';
import { createAuthorizer } from './http';
import { InboxStore, mountInboxRoutes, RawMailStore } from './inbox';
import { JournalStore, mountJournalRoutes } from './journal';
import {
  announceHealth,
  createPortalNotifier,
  ImportStore,
  MailboxStore,
  NoticeStore,
  PasswordStore,
  toCredentials,
} from './mailboxes';
import { createMailboxDoors } from './mailboxDoors';
import { createMetrics } from './metrics';
import { CALLBACK_PATH, createOAuth, LINK_PATH, START_PATH } from './oauth';
import {
  AccountGate,
  AccountGateStore,
  CursorStore,
  GapStore,
  KnownSourceStore,
  PollDispatcher,
  relievedBelow,
} from './polling';
import {
  HandlerRegistry,
  MessageRuns,
  mountProcessingRoutes,
  openParser,
  ProcessingWorker,
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

        const journal = new JournalStore({ db, logger });
        const inbox = new InboxStore(db);
        const rawMails = new RawMailStore(db);
        metrics.watchBacklog(() => rawMails.readBacklog());
        const mailboxes = new MailboxStore(db);
        const notices = new NoticeStore(db);
        const cursors = new CursorStore(db);
        const sources = new KnownSourceStore(db);
        const imports = new ImportStore(db);
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

        const parser = openParser({ threads: config.processing.threads });
        const worker = new ProcessingWorker({
          db,
          inbox,
          mailboxes,
          registry,
          parser,
          logger,
          holder,
          leaseMs: config.leases.durationMs,
          concurrency: config.processing.concurrency,
          handlerTimeoutMs: config.processing.handlerTimeoutMs,
          onOutcome: (outcome, message) =>
            metrics.messageEnded(outcome.kind, message),
          observeWork: work => tracing.handle(work),
        });

        const dispatcher = new PollDispatcher({
          deps: {
            db,
            cursors,
            gaps: new GapStore(db),
            sources,
            inbox,
            mailboxes,
            imports,
            openSession: gate.guard(connect),
            observeStoring: store => tracing.store(store),
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
            policy: {
              intervalMs: config.polling.intervalMs,
              messagesPerVisit: config.polling.messagesPerVisit,
              maxMessageBytes: config.messages.maxBytes,
              maxWaiting: config.messages.maxWaiting,
            },
          },
          journal,
          logger,
          holder,
          leaseMs: config.leases.durationMs,
          concurrency: config.polling.concurrency,
          idleConnections: config.polling.idleConnections,
          tickMs: config.polling.tickMs,
          visitTimeoutMs: config.polling.visitTimeoutMs,
          onAccepted: () => worker.wake(),
          onHealth: (tx, news) => announceHealth(tx, news, notices),
          onOutcome: (outcome, durationMs) =>
            metrics.visitEnded(outcome, durationMs),
          onLeaseLost: () => metrics.visitLeaseLost(),
          observeVisit: (mailbox, visit) => tracing.visit(mailbox, visit),
          random: Math.random,
        });

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
          inbox,
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
          db,
          inbox,
          mailboxes,
          registry,
          parser,
          journal,
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
                inbox,
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
            await mailboxes.scheduleRelieved(
              relievedBelow(config.messages.maxWaiting),
            );
            worker.wake();
            await dispatcher.tick();
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
          // Together: one may be waiting for what the other holds.
          await Promise.all([dispatcher.stop(), worker.stop()]);
          await parser.close();
          await oauth.vault.settle();
        });
      },
    });
  },
});
