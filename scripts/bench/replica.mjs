// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';

// Required and not imported: it is TypeScript.
const require = createRequire(import.meta.url);
const source = path =>
  require(`../../plugins/incoming-mail-backend/src/${path}`);
const requireFromPlugin = createRequire(`${process.cwd()}/`);

const { ConfigReader } = requireFromPlugin('@backstage/config');
const { readIncomingMailConfig } = source('config.ts');
const { createLoops } = source('createLoops.ts');
const { createStores } = source('createStores.ts');
const { migrationsDirectory, tables } = source('database/index.ts');
const { createHostPolicy } = source('egress/index.ts');
const { HandlerRegistry } = source('processing/index.ts');
const { createRequestTrackers, RequestStore } = source('requests/index.ts');
const { Secret } = source('secrets/index.ts');
const { createOpenSession } = source('transport/index.ts');
const { aChannel } = source('__testUtils__/aChannel.ts');

// All else is what the plugin has unless told otherwise. As a rule connections
// are not kept: what is measured is the reading of mail that is there, and it
// begins when it is told to and not when the server tells of mail.
const readConfig = ({ processes, maxMessageBytes, keepsConnections }) =>
  readIncomingMailConfig(
    new ConfigReader({
      app: { baseUrl: 'http://127.0.0.1:3000' },
      incomingMail: {
        egress: { allowPrivate: ['127.0.0.1'] },
        development: { allowPlaintextLoopback: true },
        ...(!keepsConnections && { polling: { idleConnections: 0 } }),
        messages: {
          ...(maxMessageBytes && { maxBytes: maxMessageBytes }),
          // Where nothing is handled, reading would be held back for ever.
          ...(!processes && { maxWaiting: 1_000_000 }),
        },
      },
    }),
  );

/** Tells the process that started this one. */
export const say = (event, facts = {}) =>
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);

function fail(...said) {
  process.stderr.write(
    `${said
      .map(it => (typeof it === 'string' ? it : inspect(it, { depth: 4 })))
      .join(' ')}\n`,
  );
  process.exit(1);
}

// What is fine is told below `warn`.
const logger = {
  debug() {},
  info() {},
  warn: fail,
  error: fail,
  child: () => logger,
};

/**
 * One replica of the plugin on a database that it migrates.
 *
 * @param {{ database: object, processes: boolean, maxMessageBytes?: number,
 *   keepsConnections?: boolean }} options - processes: whether stored mail is
 *   handled as well
 */
export async function openReplica({ database, processes, ...settings }) {
  const config = readConfig({ processes, ...settings });
  const db = requireFromPlugin('knex')(database);
  await db.migrate.latest({ directory: migrationsDirectory() });
  const stores = createStores({ db, logger });
  const servers = new Map();
  const seen = new Map();
  let onSeen = () => {};
  const note = (mailboxId, field, count) => {
    const counts = seen.get(mailboxId) ?? { accepted: 0, ended: 0, visits: 0 };
    counts[field] += count;
    seen.set(mailboxId, counts);
    onSeen();
  };
  const openSession = createOpenSession({
    policy: createHostPolicy(config.egress),
    allowPlaintextLoopback: config.development.allowPlaintextLoopback,
    ca: config.egress.extraCa,
    maxMessageBytes: config.messages.maxBytes,
  });
  const credentialsOf = ({ user, password }) => ({
    method: 'password',
    user,
    password: new Secret(password),
  });
  // Outcomes of visits do not say whose they are.
  let visiting;
  const loops = createLoops({
    db,
    logger,
    config,
    holder: randomUUID(),
    stores,
    registry: new HandlerRegistry(createRequestTrackers(new RequestStore(db))),
    openSession,
    credentials: async mailbox => credentialsOf(servers.get(mailbox.id)),
    actsAlone: async () => false,
    onVisit(outcome) {
      if (outcome.kind !== 'completed') {
        fail('A visit did not go well:', outcome);
      }
      note(visiting, 'visits', 1);
      note(visiting, 'accepted', outcome.accepted);
    },
    onMessage(outcome, message) {
      if (outcome.kind !== 'done') {
        fail('A mail was not made into anything:', outcome);
      }
      note(message.mailboxId, 'ended', 1);
    },
  });
  const { dispatcher, worker } = loops;
  if (!processes) {
    worker.wake = () => {};
  }

  const until = condition =>
    new Promise(resolve => {
      onSeen = () => {
        if (condition(seen.get(visiting) ?? { accepted: 0, ended: 0 })) {
          onSeen = () => {};
          resolve();
        }
      };
      onSeen();
    });
  const makeDue = ids =>
    db(tables.leases)
      .where({ kind: 'poll' })
      .whereIn('subject_id', ids)
      .update({ due_at: 0 });

  let projects = 0;
  return {
    db,
    stores,
    loops,
    config,
    openSession,
    credentialsOf,

    /** Adds a channel that reads a mailbox. @returns its id */
    async addChannel(server) {
      projects += 1;
      const project = `component:default/bench-${projects}`;
      const { id } = await aChannel(db, project);
      await db(tables.mailboxes)
        .where({ id })
        .update({
          address: server.user,
          protocol: server.protocol ?? 'imap',
          host: server.host,
          port: server.port,
          security: 'none',
        });
      await db(tables.leases)
        .where({ subject_id: id })
        .update({ due_at: null });
      servers.set(id, server);
      return id;
    },

    /** Has one channel visited once; the first visit notes where reading begins. */
    async visit(id) {
      visiting = id;
      await makeDue([id]);
      dispatcher.wake();
      await dispatcher.idle();
    },

    /** Reads a channel until `count` mails are stored and, if they are to be, handled. */
    async read(id, count) {
      visiting = id;
      const done = until(
        ({ accepted, ended }) =>
          accepted >= count && (!processes || ended >= count),
      );
      const tick = setInterval(() => loops.wake(), config.polling.tickMs);
      await makeDue([id]);
      loops.wake();
      await done;
      clearInterval(tick);
      await Promise.all([dispatcher.idle(), worker.idle()]);
    },

    /** Resolves when so many mails of a channel have been handled, by itself. */
    untilHandled(id, count) {
      visiting = id;
      return until(({ ended }) => ended >= count);
    },

    async stop() {
      await loops.stop();
      await db.destroy();
    },
  };
}
