// SPDX-License-Identifier: Apache-2.0
import { mockServices } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { InboxStore } from '../inbox';
import { JournalStore } from '../journal';
import { ImportStore, MailboxStore, toCredentials } from '../mailboxes';
import { CursorStore } from '../polling/CursorStore';
import { GapStore } from '../polling/GapStore';
import { KnownSourceStore } from '../polling/KnownSourceStore';
import {
  PollDispatcher,
  PollDispatcherOptions,
} from '../polling/PollDispatcher';
import { PollOutcome } from '../polling/types';
import { Secret } from '../secrets';
import { FakeMailServer } from './FakeMailSession';

/** A dispatcher that visits mailboxes on a fake server, and what comes of it. */
export function aDispatcher(
  db: Knex,
  server: FakeMailServer,
  options: Partial<PollDispatcherOptions> = {},
) {
  const outcomes: PollOutcome[] = [];
  const wakes: string[] = [];
  const journal = new JournalStore({
    db,
    logger: mockServices.logger.mock(),
  });
  const dispatcher = new PollDispatcher({
    deps: {
      db,
      cursors: new CursorStore(db),
      gaps: new GapStore(db),
      sources: new KnownSourceStore(db),
      inbox: new InboxStore(db),
      mailboxes: new MailboxStore(db),
      imports: new ImportStore(db),
      openSession: server.openSession,
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
        maxWaiting: 5_000,
      },
    },
    journal,
    logger: mockServices.logger.mock(),
    holder: 'test',
    leaseMs: 60_000,
    concurrency: 2,
    visitTimeoutMs: 30_000,
    idleConnections: 0,
    tickMs: 10,
    onAccepted: () => wakes.push('accepted'),
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
