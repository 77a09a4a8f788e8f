// SPDX-License-Identifier: Apache-2.0
// The plugin's polling and processing on a mailbox at Dovecot, over TLS and
// with a token. Delivers mails one by one, and tells how long each took to
// become a request in the database.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

// Required and not imported: it is TypeScript.
const require = createRequire(import.meta.url);
const source = '../../plugins/incoming-mail-backend/src';
const room = name => require(`${source}/${name}/index.ts`);
const testUtils = name => require(`${source}/__testUtils__/${name}.ts`);
const knexFactory = createRequire(`${process.cwd()}/`)('knex');

const { database, rounds } = JSON.parse(process.env.BENCH_SETTINGS);
const TICK_MS = 1_000;

const logger = {
  debug() {},
  info() {},
  warn: (...said) => process.stderr.write(`${JSON.stringify(said)}\n`),
  error: (...said) => process.stderr.write(`${JSON.stringify(said)}\n`),
  child: () => logger,
};
const { migrationsDirectory } = room('database');
const { InboxStore } = room('inbox');
const { JournalStore } = room('journal');
const { ImportStore, MailboxStore } = room('mailboxes');
const { CursorStore, GapStore, KnownSourceStore, PollDispatcher } =
  room('polling');
const { HandlerRegistry, openParser, ProcessingWorker } = room('processing');
const { createRequestTrackers, RequestStore } = room('requests');
const { aChannel } = testUtils('aChannel');
const { createHostPolicy } = room('egress');
const { Secret } = room('secrets');
const { createOpenSession } = room('transport');
const {
  findDovecot,
  SandboxApplication,
  startDovecot,
  startSandbox,
} = require('../../packages/mail-sandbox/src/index.ts');

const SUPPORT = 'support@corp.test';

const db = knexFactory(database);
await db.migrate.latest({ directory: migrationsDirectory() });
const sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
const application = await SandboxApplication.register(sandbox);
const dovecot = await startDovecot({
  program: findDovecot(),
  introspection: application.introspection,
});
const token = await application.accessToken(SUPPORT);
const channel = await aChannel(db);
await db('mailboxes').where({ id: channel.id }).update({
  address: SUPPORT,
  host: 'localhost',
  port: dovecot.imapsPort,
  security: 'tls',
});

const inbox = new InboxStore(db);
const mailboxes = new MailboxStore(db);
const parser = openParser({ threads: 1 });
const holder = randomUUID();
const worker = new ProcessingWorker({
  db,
  parser,
  inbox,
  mailboxes,
  registry: new HandlerRegistry(createRequestTrackers(new RequestStore(db))),
  logger,
  holder,
  leaseMs: 60_000,
  concurrency: 4,
  handlerTimeoutMs: 30_000,
  onOutcome() {},
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
      lookup: async () => [{ address: '127.0.0.1' }],
      ca: [dovecot.ca],
      allowPlaintextLoopback: true,
    }),
    credentials: async () => ({
      method: 'oauth',
      user: SUPPORT,
      accessToken: new Secret(token),
    }),
    policy: {
      intervalMs: 60_000,
      messagesPerVisit: 500,
      maxMessageBytes: 26_214_400,
      maxWaiting: 5_000,
    },
  },
  journal: new JournalStore({ db, logger }),
  logger,
  holder,
  leaseMs: 60_000,
  concurrency: 64,
  idleConnections: 200,
  tickMs: TICK_MS,
  visitTimeoutMs: 600_000,
  onAccepted: () => worker.wake(),
  onOutcome() {},
  random: Math.random,
});

let isRunning = true;
const ticking = (async () => {
  while (isRunning) {
    worker.wake();
    await dispatcher.tick();
    await sleep(TICK_MS);
  }
})();
const countRequests = async () =>
  Number((await db('requests').count({ n: '*' }).first()).n);
// Until the connection is kept, and listens.
while ((await db('leases').whereNotNull('kept_by')).length === 0) {
  await sleep(50);
}
await sleep(2_000);

const latencies = [];
for (let round = 1; round <= rounds; round += 1) {
  const startedAt = performance.now();
  await dovecot.mail.deliver(
    SUPPORT,
    Buffer.from(
      `From: c@customer.test\r\nMessage-ID: <${round}@customer.test>\r\n` +
        `Subject: mail ${round}\r\n\r\nHello.\r\n`,
    ),
  );
  while ((await countRequests()) < round) {
    await sleep(5);
  }
  latencies.push(performance.now() - startedAt);
  await sleep(1_000 + Math.random() * 1_000);
}

isRunning = false;
await ticking;
await dispatcher.stop();
await worker.stop();
await parser.close();
await db.destroy();
await dovecot.close();
await sandbox.close();
process.stdout.write(`${JSON.stringify({ event: 'done', latencies })}\n`);
process.exit(0);
