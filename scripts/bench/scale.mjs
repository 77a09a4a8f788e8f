// SPDX-License-Identifier: Apache-2.0
// Usage: node scripts/bench/scale.mjs [--only hanging,kept,replicas] [--kept <n,…>]
//   [--polled <n,…>] [--shared <n>] [--mailboxes <n>] [--concurrency <n>]
// How many mailboxes the polling of one replica, and of three, carries. The
// mail servers are simulated; the database, the connections and the plugin's
// own classes are not. A benchmark and not a test: it judges nothing.
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlainError, runMain } from '../lib/plainly.mjs';
import { ensureSetUp } from '../setup.mjs';
import { openDatabases } from './databases.mjs';
import { cpuSecondsOf, memoryOf } from './processCosts.mjs';
import {
  INTERVAL_MS,
  openScaleWorld,
  startScaleServer,
} from './scaleWorld.mjs';

const HANGING_MS = 3 * INTERVAL_MS;
const MEASURED_MS = 1.5 * INTERVAL_MS;

const { values: args } = parseArgs({
  options: {
    only: { type: 'string', default: 'hanging,kept,replicas' },
    kept: { type: 'string', default: '1000,4000,10000' },
    polled: { type: 'string', default: '4000,10000' },
    mailboxes: { type: 'string', default: '1000' },
    concurrency: { type: 'string' },
    shared: { type: 'string', default: '3000' },
  },
});

const numbers = list => list.split(',').filter(Boolean).map(Number);
const toTable = (head, rows) =>
  [head, head.map(() => '---'), ...rows]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n');
const seconds = ms =>
  Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : '–';
const percent = share => `${(share * 100).toFixed(1)} %`;

function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

function describeStarts(starts) {
  const late = starts.map(one => one.late).sort((a, b) => a - b);
  return [
    String(late.length),
    ...[0.5, 0.99, 1].map(q => seconds(quantile(late, q) ?? NaN)),
  ];
}

/** What a process, and the database, cost while `work` runs, in cores. */
async function costsOf(world, replica, work) {
  const read = () => [
    cpuSecondsOf(replica.pid),
    cpuSecondsOf(world.databasePid),
  ];
  const [before, startedAt] = [read(), performance.now()];
  await work();
  const elapsed = (performance.now() - startedAt) / 1000;
  return read().map((after, at) => (after - before[at]) / elapsed);
}

async function measureHanging(
  place,
  { name, spreadMs, idleConnections, count, concurrency },
) {
  const world = await openScaleWorld(place, {
    count,
    hanging: count / 5,
    spreadMs,
  });
  try {
    await world.startReplica({ idleConnections, concurrency });
    const upFromMs = await world.now();
    await sleep(HANGING_MS);
    return [name, ...describeStarts(await world.starts({ upFromMs }))];
  } finally {
    await world.close();
  }
}

async function untilKept(world, count, withinMs) {
  const deadline = performance.now() + withinMs;
  let kept = 0;
  while (performance.now() < deadline) {
    kept = [...(await world.keptBy()).values()].reduce((a, b) => a + b, 0);
    if (kept >= count) {
      return kept;
    }
    await sleep(1_000);
  }
  return kept;
}

async function measureKept(place, count, idleConnections = count) {
  const world = await openScaleWorld(place, { count });
  try {
    const replica = await world.startReplica({ idleConnections });
    await sleep(2_000);
    const idleMb = memoryOf(replica.pid);
    const openingAt = performance.now();
    const kept = await untilKept(world, idleConnections, 5 * INTERVAL_MS);
    const opening = performance.now() - openingAt;
    if (idleConnections === 0) {
      await sleep(INTERVAL_MS);
    }
    const { rows } = await world.db.raw(
      'SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint AS now',
    );
    const [cpu, databaseCpu] = await costsOf(world, replica, () =>
      sleep(MEASURED_MS),
    );
    const memory = memoryOf(replica.pid);
    const starts = await world.starts({ sinceMs: rows[0].now });
    const visited = new Set(starts.map(one => one.subject_id)).size;
    const stopped = replica.hear('stopped');
    await replica.end();
    const { stoppingMs } = await stopped;
    return [
      String(count),
      String(kept),
      idleConnections === 0 ? '' : seconds(opening),
      percent(cpu),
      percent(databaseCpu),
      `${Math.round(memory)} MB`,
      idleConnections === 0
        ? ''
        : `${Math.round(((memory - idleMb) * 1024) / count)} kB`,
      ...describeStarts(starts),
      String(count - visited),
      seconds(stoppingMs),
    ];
  } finally {
    await world.close();
  }
}

async function measureReplicas(place, count, idleConnections) {
  const world = await openScaleWorld(place, { count });
  try {
    const replicas = [];
    for (let n = 0; n < 3; n += 1) {
      replicas.push(await world.startReplica({ idleConnections }));
    }
    await sleep(4 * INTERVAL_MS);
    const now = async () => {
      const { rows } = await world.db.raw(
        'SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint AS now',
      );
      return Number(rows[0].now);
    };
    const since = (await now()) - 2 * INTERVAL_MS;
    const starts = await world.starts({ sinceMs: since });
    const shares = replicas.map(
      ({ holder }) =>
        starts.filter(one => one.holder === holder).length / starts.length,
    );
    const [dead, ...living] = replicas;
    const orphans = new Set(
      (
        await world
          .db('leases')
          .where({ kind: 'poll', holder: dead.holder })
          .select('subject_id')
      ).map(row => row.subject_id),
    );
    const diedAt = await now();
    process.kill(dead.pid, 'SIGKILL');
    let takenOver;
    while (!takenOver && (await now()) - diedAt < 3 * INTERVAL_MS) {
      await sleep(1_000);
      const { rows } = await world.db.raw(
        `SELECT subject_id, min(started_at) AS at FROM bench_starts
         WHERE started_at > ? AND holder IN (?, ?) GROUP BY subject_id`,
        [diedAt, ...living.map(({ holder }) => holder)],
      );
      const taken = rows.filter(row => orphans.has(row.subject_id));
      if (taken.length === orphans.size) {
        takenOver = Math.max(...taken.map(row => Number(row.at))) - diedAt;
      }
    }
    return [
      String(count),
      String(idleConnections),
      ...shares.map(percent),
      ...describeStarts(starts).slice(1),
      String(orphans.size),
      takenOver === undefined ? 'not' : seconds(takenOver),
    ];
  } finally {
    await world.close();
  }
}

const STARTS = ['visits', 'late p50', 'p99', 'most'];

await runMain(async () => {
  await ensureSetUp();
  if (process.platform !== 'linux') {
    throw new PlainError('What processes cost is read as Linux tells it.');
  }
  const wanted = new Set(args.only.split(','));
  const databases = await openDatabases();
  const server = await startScaleServer();
  const place = { databases, server };
  try {
    if (wanted.has('hanging')) {
      const rows = await Promise.all(
        [
          { name: 'polled, first due within a minute', idleConnections: 0 },
          { name: 'polled, all due at once', spreadMs: 0, idleConnections: 0 },
          {
            name: 'a fifth kept, within a minute',
            idleConnections: Number(args.mailboxes) / 5,
          },
        ].map(setting =>
          measureHanging(place, {
            ...setting,
            count: Number(args.mailboxes),
            concurrency: args.concurrency && Number(args.concurrency),
          }),
        ),
      );
      console.log(
        `\n${args.mailboxes} mailboxes, a fifth on hosts that hang\n`,
      );
      console.log(toTable(['how', ...STARTS], rows));
    }
    if (wanted.has('kept')) {
      const rows = [];
      for (const count of numbers(args.kept)) {
        rows.push(await measureKept(place, count));
      }
      for (const count of numbers(args.polled)) {
        rows.push(await measureKept(place, count, 0));
      }
      console.log('\nOne replica, every mailbox each 60 s\n');
      console.log(
        toTable(
          [
            'mailboxes',
            'kept',
            'opened in',
            'CPU of a core',
            'database',
            'memory',
            'each',
            ...STARTS,
            'not visited',
            'stop',
          ],
          rows,
        ),
      );
    }
    if (wanted.has('replicas')) {
      const count = Number(args.shared);
      // Side by side, as neither is about what it costs.
      const rows = await Promise.all([
        measureReplicas(place, count, count),
        measureReplicas(place, count, 0),
      ]);
      console.log('\nThree replicas, then one is killed\n');
      console.log(
        toTable(
          [
            'mailboxes',
            'kept at most',
            'first',
            'second',
            'third',
            ...STARTS.slice(1),
            'of the dead one',
            'taken over within',
          ],
          rows,
        ),
      );
    }
    return 0;
  } finally {
    await server.stop();
    await databases.stop();
  }
});
