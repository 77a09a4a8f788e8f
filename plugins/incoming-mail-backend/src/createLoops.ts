// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { IncomingMailConfig } from './config';
import { Stores } from './createStores';
import { Db } from './database';
import {
  PollDeps,
  PollDispatcher,
  PollDispatcherOptions,
  relievedBelow,
} from './polling';
import {
  HandlerRegistry,
  openParser,
  ProcessingWorker,
  ProcessingWorkerOptions,
} from './processing';

/** What the loops are made of. */
export interface LoopsOptions {
  readonly db: Db;
  readonly logger: LoggerService;
  readonly config: Pick<
    IncomingMailConfig,
    'leases' | 'messages' | 'polling' | 'processing'
  >;
  /** Names this replica in leases; at most 64 characters. */
  readonly holder: string;
  readonly stores: Stores;
  readonly registry: HandlerRegistry;
  readonly openSession: PollDeps['openSession'];
  readonly credentials: PollDeps['credentials'];
  readonly actsAlone: PollDeps['actsAlone'];
  readonly onHealth?: PollDispatcherOptions['onHealth'];
  readonly onVisit: PollDispatcherOptions['onOutcome'];
  readonly onLeaseLost?: PollDispatcherOptions['onLeaseLost'];
  readonly observeVisit?: PollDispatcherOptions['observeVisit'];
  readonly observeStoring?: PollDeps['observeStoring'];
  readonly observeWork?: ProcessingWorkerOptions['observeWork'];
  readonly onMessage: NonNullable<ProcessingWorkerOptions['onOutcome']>;
}

/**
 * Wires what a replica does all the time: visits of mailboxes, the handling of
 * what they bring, and the parser between. Here and not in the plugin, so that
 * the benchmark measures the same.
 */
export function createLoops(options: LoopsOptions) {
  const { db, logger, config, holder, stores, registry } = options;
  const { polling, processing } = config;
  const shared = { db, logger, holder, leaseMs: config.leases.durationMs };

  const parser = openParser({ threads: processing.threads });
  const worker = new ProcessingWorker({
    ...stores,
    ...shared,
    registry,
    parser,
    concurrency: processing.concurrency,
    handlerTimeoutMs: processing.handlerTimeoutMs,
    onOutcome: options.onMessage,
    observeWork: options.observeWork,
  });
  const dispatcher = new PollDispatcher({
    ...shared,
    deps: {
      ...stores,
      db,
      openSession: options.openSession,
      observeStoring: options.observeStoring,
      credentials: options.credentials,
      actsAlone: options.actsAlone,
      onAccepted: () => worker.wake(),
      policy: {
        intervalMs: polling.intervalMs,
        messagesPerVisit: polling.messagesPerVisit,
        maxMessageBytes: config.messages.maxBytes,
        maxWaiting: config.messages.maxWaiting,
      },
    },
    journal: stores.journal,
    concurrency: polling.concurrency,
    idleConnections: polling.idleConnections,
    tickMs: polling.tickMs,
    visitTimeoutMs: polling.visitTimeoutMs,
    onHealth: options.onHealth,
    onOutcome: options.onVisit,
    onLeaseLost: options.onLeaseLost,
    observeVisit: options.observeVisit,
    random: Math.random,
  });

  return {
    parser,
    worker,
    dispatcher,
    /** Has both look for work. Returns at once. */
    wake() {
      dispatcher.wake();
      worker.wake();
    },
    /** To be called every `polling.tickMs`. @throws where the database fails */
    async tick() {
      await stores.mailboxes.scheduleRelieved(
        relievedBelow(config.messages.maxWaiting),
      );
      worker.wake();
      await dispatcher.tick();
    },
    /** Ends both after what they are writing, and gives their leases back. */
    async stop() {
      // Together: one may be waiting for what the other holds.
      await Promise.all([dispatcher.stop(), worker.stop()]);
      await parser.close();
    },
  };
}
