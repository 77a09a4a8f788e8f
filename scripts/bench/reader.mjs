// SPDX-License-Identifier: Apache-2.0
// The plugin's own classes in a process of their own, wired as plugin.ts wires
// them, without Backstage around them. Reads one mailbox until it is empty.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

// Required and not imported: it is TypeScript.
const require = createRequire(import.meta.url);
const room = name =>
  require(`../../plugins/incoming-mail-backend/src/${name}/index.ts`);
const {
  aChannel,
} = require('../../plugins/incoming-mail-backend/src/__testUtils__/aChannel.ts');
const knexFactory = createRequire(`${process.cwd()}/`)('knex');

const {
  database,
  server,
  processes,
  count,
  // What the plugin's configuration gives unless told otherwise.
  maxMessageBytes = 25 * 1_048_576,
} = JSON.parse(process.env.BENCH_SETTINGS);

// What the plugin's configuration gives unless told otherwise.
const INTERVAL_MS = 60_000;
const TICK_MS = 5_000;
const MESSAGES_PER_VISIT = 500;
const POLLING_CONCURRENCY = 8;
const PROCESSING_CONCURRENCY = 4;
const LEASE_MS = 60_000;
const PARSER_THREADS = 1;
const HANDLER_TIMEOUT_MS = 30_000;
const VISIT_TIMEOUT_MS = 10 * 60_000;

const logger = {
  debug() {},
  info() {},
  warn: (...said) => process.stderr.write(`${said.join(' ')}\n`),
  error: (...said) => process.stderr.write(`${said.join(' ')}\n`),
  child: () => logger,
};
const say = (event, facts = {}) =>
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);

const { migrationsDirectory, tables } = room('database');
const { createHostPolicy } = room('egress');
const { InboxStore } = room('inbox');
const { JournalStore } = room('journal');
const { ImportStore, MailboxStore } = room('mailboxes');
const { CursorStore, GapStore, KnownSourceStore, PollDispatcher } =
  room('polling');
const { HandlerRegistry, openParser, ProcessingWorker } = room('processing');
const { createRequestTrackers, RequestStore } = room('requests');
const { Secret } = room('secrets');
const { createOpenSession } = room('transport');

const db = knexFactory(database);
await db.migrate.latest({ directory: migrationsDirectory() });
const channel = await aChannel(db);
await db(tables.mailboxes)
  .where({ id: channel.id })
  .update({
    address: server.user,
    protocol: server.protocol ?? 'imap',
    host: server.host,
    port: server.port,
    security: 'none',
  });

const inbox = new InboxStore(db);
const mailboxes = new MailboxStore(db);
const holder = randomUUID();
let accepted = 0;
let ended = 0;
let whenDone = () => {};
let wanted = 0;
const judgeEnd = () => {
  if (accepted >= wanted && (!processes || ended >= wanted)) {
    whenDone();
  }
};

const parser = openParser({ threads: PARSER_THREADS });
const worker = new ProcessingWorker({
  db,
  parser,
  inbox,
  mailboxes,
  registry: new HandlerRegistry(createRequestTrackers(new RequestStore(db))),
  logger,
  holder,
  leaseMs: LEASE_MS,
  concurrency: PROCESSING_CONCURRENCY,
  handlerTimeoutMs: HANDLER_TIMEOUT_MS,
  onOutcome() {
    ended += 1;
    judgeEnd();
  },
});
const dispatcher = new PollDispatcher({
  deps: {
    db,
    cursors: new CursorStore(db),
    gaps: new GapStore(db),
    sources: new KnownSourceStore(db),
    inbox,
    mailboxes,
    imports: new ImportStore(db),
    openSession: createOpenSession({
      policy: createHostPolicy({ allowPrivate: ['127.0.0.1'] }),
      allowPlaintextLoopback: true,
      maxMessageBytes,
    }),
    credentials: async () => ({
      method: 'password',
      user: server.user,
      password: new Secret(server.password),
    }),
    policy: {
      intervalMs: INTERVAL_MS,
      messagesPerVisit: MESSAGES_PER_VISIT,
      maxMessageBytes,
    },
  },
  journal: new JournalStore({ db, logger }),
  logger,
  holder,
  leaseMs: LEASE_MS,
  concurrency: POLLING_CONCURRENCY,
  visitTimeoutMs: VISIT_TIMEOUT_MS,
  onAccepted() {
    if (processes) {
      worker.wake();
    }
  },
  onOutcome(outcome) {
    if (outcome.kind === 'failed') {
      logger.error(`A visit failed: ${outcome.failure}`);
    }
    accepted += outcome.accepted ?? 0;
    judgeEnd();
  },
  random: Math.random,
});

const makeDue = () =>
  db(tables.leases)
    .where({ kind: 'poll', subject_id: channel.id })
    .update({ due_at: 0 });

// The first visit only notes where reading begins.
await makeDue();
dispatcher.wake();
await dispatcher.idle();

const lines = createInterface({ input: process.stdin });
// A line is told when there is mail: how much altogether, or `go` for all.
lines.on('line', async line => {
  const done = new Promise(resolve => {
    whenDone = resolve;
  });
  wanted = Number(line) || count;
  await makeDue();
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const tick = setInterval(() => {
    dispatcher.wake();
    if (processes) {
      worker.wake();
    }
  }, TICK_MS);
  dispatcher.wake();
  await done;
  clearInterval(tick);
  await Promise.all([dispatcher.idle(), worker.idle()]);
  delays.disable();
  // For so long nobody else's turn came, at worst.
  say('done', { blockedMs: delays.max / 1e6 });
});
lines.once('close', async () => {
  await dispatcher.stop();
  await worker.stop();
  await parser.close();
  await db.destroy();
  process.exit(0);
});
say('ready');
