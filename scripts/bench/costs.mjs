// SPDX-License-Identifier: Apache-2.0
// What the plugin costs while there is no mail. A process of its own; see
// reader.mjs.
import { openReplica, say } from './replica.mjs';

const { database, server, visits, connections } = JSON.parse(
  process.env.BENCH_SETTINGS,
);
const WARM_UP = 50;
const OPENED_AT_ONCE = 16;

const replica = await openReplica({ database, processes: true });
const { openSession, credentialsOf } = replica;

async function cpuMsPerTurn(turns, turn) {
  for (let at = 0; at < WARM_UP; at += 1) {
    await turn();
  }
  const before = process.cpuUsage();
  for (let at = 0; at < turns; at += 1) {
    await turn();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / turns;
}

const open = () =>
  openSession({
    server: {
      protocol: 'imap',
      host: server.host,
      port: server.port,
      security: 'none',
    },
    credentials: credentialsOf(server),
    signal: new AbortController().signal,
  });

async function openMany(count) {
  const sessions = [];
  while (sessions.length < count) {
    const some = Math.min(OPENED_AT_ONCE, count - sessions.length);
    sessions.push(...(await Promise.all(Array.from({ length: some }, open))));
  }
  for (const session of sessions) {
    await session.open('INBOX');
  }
  return sessions;
}

const memoryKb = () => {
  global.gc();
  return process.memoryUsage.rss() / 1024;
};

// First of all, while there is nothing free in the heap that they could use.
const first = await openMany(Math.ceil(connections / 5));
const before = memoryKb();
const sessions = await openMany(connections);
const perConnection = (memoryKb() - before) / connections;
await Promise.all(
  [...first, ...sessions].map(one => one.close({ stored: true })),
);

// Claimed, visited and recorded as always: with all that the database is asked.
const channel = await replica.addChannel(server);
const newConnection = await cpuMsPerTurn(visits, () => replica.visit(channel));

// The same protocol on a session that stays open.
const session = await open();
const keptConnection = await cpuMsPerTurn(visits * 5, async () => {
  const { uidNext } = await session.open('INBOX');
  await session.list({ after: uidNext - 1, limit: 1 });
});
await session.close({ stored: true });

say('measured', {
  costs: {
    emptyVisitNewConnection: { value: newConnection, unit: 'CPU ms' },
    emptyVisitKeptConnection: { value: keptConnection, unit: 'CPU ms' },
    keptConnectionMemory: { value: perConnection, unit: 'KB' },
  },
});
await replica.stop();
process.exit(0);
