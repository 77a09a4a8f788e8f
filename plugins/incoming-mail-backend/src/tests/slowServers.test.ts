// SPDX-License-Identifier: Apache-2.0
import {
  mockServices,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import knexFactory, { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  FakeMailServer,
  FakeOperation,
} from '../__testUtils__/FakeMailSession';
import { createStores } from '../createStores';
import { claimDue, tables } from '../database';
import { createWorld, oauth } from '../__testUtils__/pollingWorld';
import { PollDeps } from '../polling';
import { pollMailbox } from '../polling/pollMailbox';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const MAILBOXES = 10;

describe.each(databases.eachSupportedId())(
  'visits of servers that do not answer (%s)',
  databaseId => {
    let db: Knex;
    let small: Knex | undefined;

    afterEach(async () => {
      await small?.destroy();
      small = undefined;
    });

    /** Of SQLite one connection is all there is; of PostgreSQL it gets two. */
    const withTwoConnections = (): Knex => {
      if (!databaseId.startsWith('POSTGRES')) {
        return db;
      }
      const { client, connection } = db.client.config;
      small = knexFactory({ client, connection, pool: { min: 0, max: 2 } });
      return small;
    };

    const toDeps = (knex: Knex, server: FakeMailServer): PollDeps => ({
      ...createStores({ db: knex, logger: mockServices.logger.mock() }),
      db: knex,
      openSession: server.openSession,
      credentials: async () => oauth('good-token'),
      policy: {
        intervalMs: 60_000,
        messagesPerVisit: 1_000,
        maxMessageBytes: 10_000,
        maxWaiting: 5_000,
      },
    });

    it.each<FakeOperation>(['connect', 'open', 'list', 'fetch', 'settle'])(
      'hold no connection to the database while they wait for %s (R11)',
      async operation => {
        db = await openTestDatabase(databases, databaseId as TestDatabaseId);
        const { server } = await createWorld(db);
        const knex = withTwoConnections();
        const deps = toDeps(knex, server);
        for (let n = 1; n < MAILBOXES; n += 1) {
          await aChannel(db, `component:default/project-${n}`);
        }
        const visitAll = async (signal: AbortSignal) => {
          await db(tables.leases)
            .where({ kind: 'poll' })
            .update({ due_at: 0, lease_until: null });
          const tickets = await claimDue(knex, {
            kind: 'poll',
            holder: 'test',
            limit: MAILBOXES,
            durationMs: 60_000,
          });
          return Promise.all(
            tickets.map(async ticket =>
              pollMailbox(
                await deps.mailboxes.getById(ticket.subjectId),
                ticket,
                deps,
                AbortSignal.any([signal]),
              ),
            ),
          );
        };
        // What is there before reading begins is not fetched.
        await visitAll(new AbortController().signal);
        server.deliver('mail');
        let waiting = 0;
        const hang = () => {
          waiting += 1;
          return new Promise<void>(() => {});
        };
        for (let n = 0; n < MAILBOXES; n += 1) {
          server.onNext(operation, hang);
        }
        const stop = new AbortController();
        const visits = visitAll(stop.signal);
        while (waiting < MAILBOXES) {
          await new Promise(resolve => setTimeout(resolve, 5));
        }
        // All of them wait at once; whoever else needs the database has it.
        await new Promise(resolve => setImmediate(resolve));
        expect(knex.client.pool.numUsed()).toBe(0);
        expect(await knex(tables.mailboxes)).toHaveLength(MAILBOXES);
        stop.abort();
        expect(await visits).toEqual(
          Array.from({ length: MAILBOXES }, () => ({ kind: 'aborted' })),
        );
      },
    );
  },
);
