// SPDX-License-Identifier: Apache-2.0
// One replica's polling, wired as plugin.ts wires it, without Backstage and
// without anything behind the inbox.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Required and not imported: it is TypeScript.
const require = createRequire(import.meta.url);
const room = name =>
  require(`../../plugins/incoming-mail-backend/src/${name}/index.ts`);
const knexFactory = createRequire(`${process.cwd()}/`)('knex');

const { database, intervalMs, idleConnections, tickMs, concurrency } =
  JSON.parse(process.env.BENCH_SETTINGS);
const LEASE_MS = 60_000;

const logger = {
  debug() {},
  info() {},
  warn() {},
  error: (...said) => process.stderr.write(`${JSON.stringify(said)}\n`),
  child: () => logger,
};
const {
  createStores,
} = require('../../plugins/incoming-mail-backend/src/createStores.ts');
const { createHostPolicy } = room('egress');
const { PollDispatcher } = room('polling');
const { Secret } = room('secrets');
const { createOpenSession } = room('transport');

const db = knexFactory(database);
const holder = randomUUID();
const { journal, ...stores } = createStores({ db, logger });
const dispatcher = new PollDispatcher({
  deps: {
    db,
    ...stores,
    openSession: createOpenSession({
      policy: createHostPolicy({ allowPrivate: ['127.0.0.0/8'] }),
      allowPlaintextLoopback: true,
    }),
    credentials: async mailbox => ({
      method: 'password',
      user: mailbox.address,
      password: new Secret('secret'),
    }),
    policy: {
      intervalMs,
      messagesPerVisit: 500,
      maxMessageBytes: 26_214_400,
      maxWaiting: 5_000,
    },
  },
  journal,
  logger,
  holder,
  leaseMs: LEASE_MS,
  concurrency,
  idleConnections,
  tickMs,
  visitTimeoutMs: 600_000,
  onOutcome() {},
  random: Math.random,
});

let isRunning = true;
const lines = createInterface({ input: process.stdin });
lines.once('close', async () => {
  isRunning = false;
  const startedAt = performance.now();
  await dispatcher.stop();
  await db.destroy();
  process.stdout.write(
    `${JSON.stringify({
      event: 'stopped',
      stoppingMs: performance.now() - startedAt,
    })}\n`,
    () => process.exit(0),
  );
});
process.stdout.write(`${JSON.stringify({ event: 'ready', holder })}\n`);
// As the platform's scheduler does it: a pause after each tick.
while (isRunning) {
  await dispatcher.tick();
  await sleep(tickMs);
}
