// SPDX-License-Identifier: Apache-2.0
import { mockServices } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { createStores } from '../createStores';
import { toCredentials } from '../mailboxes';
import {
  PollDispatcher,
  PollDispatcherOptions,
} from '../polling/PollDispatcher';
import { PollOutcome } from '../polling/types';
import { Secret } from '../secrets';
import { OpenSession } from '../transport';
import { FakeMailServer } from './FakeMailSession';

/** A dispatcher that visits mailboxes on a fake server, and what comes of it. */
export function aDispatcher(
  db: Knex,
  server: FakeMailServer,
  options: Partial<PollDispatcherOptions> = {},
  openSession: OpenSession = server.openSession,
) {
  const outcomes: PollOutcome[] = [];
  const wakes: string[] = [];
  const logger = mockServices.logger.mock();
  const { journal, ...stores } = createStores({ db, logger });
  const dispatcher = new PollDispatcher({
    deps: {
      db,
      ...stores,
      openSession,
      onAccepted: () => wakes.push('accepted'),
      credentials: async mailbox =>
        toCredentials(
          mailbox,
          new Secret(
            mailbox.authentication.method === 'password'
              ? 'a password'
              : 'token',
          ),
        ),
      policy: {
        intervalMs: 60_000,
        messagesPerVisit: 100,
        maxMessageBytes: 1_000,
        maxWaiting: 120,
      },
    },
    journal,
    logger,
    holder: 'test',
    leaseMs: 60_000,
    concurrency: 2,
    visitTimeoutMs: 30_000,
    idleConnections: 0,
    tickMs: 10,
    onOutcome: outcome => outcomes.push(outcome),
    random: () => 0.5,
    ...options,
  });
  const run = async () => {
    dispatcher.wake();
    await dispatcher.idle();
  };
  return { dispatcher, outcomes, wakes, journal, run };
}
