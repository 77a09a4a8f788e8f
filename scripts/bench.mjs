// SPDX-License-Identifier: Apache-2.0
// Usage: npm run bench [-- --quick] [-- --growth] [-- --large]
//   [-- --json <file>] [-- --only <id,…>] [-- --rounds <n>]
// How fast mail is read, beside programs that read mail as well, on the same
// mailboxes of one Dovecot. A benchmark and not a test: it judges nothing.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { openDatabases } from './bench/databases.mjs';
import { installPeers } from './bench/installPeers.mjs';
import { startMailServer } from './bench/mailServer.mjs';
import {
  measureCosts,
  measureGrowth,
  measureLatency,
} from './bench/measureCosts.mjs';
import { measureProgram } from './bench/measureProgram.mjs';
import { measureReader } from './bench/measureReader.mjs';
import { peers } from './bench/peers.mjs';
import { toMarkdown, toRatios, toRow } from './bench/report.mjs';
import { ensureDovecot } from './lib/dovecot.mjs';
import { PlainError, runMain } from './lib/plainly.mjs';
import { ensureSetUp } from './setup.mjs';

const FULL = {
  count: 10_000,
  rounds: 3,
  costs: { visits: 200, connections: 500, mails: 40 },
};
// In less than three minutes. Where a rate does not depend on the number of
// mails, fewer of them tell it.
const QUICK = {
  count: 2_000,
  rounds: 1,
  most: { getmail6: 200, fetchmail: 500, redmine: 150 },
  costs: { visits: 50, connections: 200, mails: 12 },
};
// The first one warms the compiler up and is not told.
const GROWTH = {
  channels: [10, 10, 100, 1_000, 10_000],
  mails: 500,
  visits: 20,
};
const LARGE = 50_000;

const readers = [
  {
    id: 'accept',
    name: 'Postroom: stored in PostgreSQL',
    run: { engine: 'pg', processes: false },
  },
  {
    id: 'endToEnd',
    name: 'Postroom: whole way, PostgreSQL',
    run: { engine: 'pg', processes: true },
  },
  {
    id: 'endToEndSqlite',
    name: 'Postroom: whole way, SQLite',
    run: { engine: 'sqlite', processes: true },
  },
];

const large = {
  id: 'endToEndLarge',
  name: 'Postroom: whole way, PostgreSQL',
  run: { engine: 'pg', processes: true, count: LARGE },
};

function readArguments() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string' },
    },
  });
  const plan = values.quick ? QUICK : FULL;
  const only = values.only?.split(',');
  const isWanted = ({ id }) => !only || only.includes(id);
  const limitOf = ({ id, limit }) =>
    Math.min(limit, plan.most?.[id] ?? plan.count);
  return {
    ...plan,
    json: values.json,
    rounds: values.rounds ? Number(values.rounds) : plan.rounds,
    peers: peers
      .filter(isWanted)
      .map(peer => ({ ...peer, count: limitOf(peer) })),
    readers: [...readers, ...(values.large ? [large] : [])].filter(isWanted),
    costs: isWanted({ id: 'costs' }) ? plan.costs : undefined,
    growth: values.growth ? GROWTH : undefined,
  };
}

function describeMachine() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: loadavg()[0],
  };
}

/** One measurement; says what came of it, or why nothing did. */
async function measure({ id, name }, round, work) {
  try {
    const result = await work();
    const rate = Math.round(result.count / result.seconds);
    console.log(`  round ${round}  ${name}: ${rate} mails/s`);
    return { id, result };
  } catch (error) {
    console.error(`  round ${round}  ${name}: ${error.message}`);
    return { id, failed: true };
  }
}

async function measureAll(plan, world) {
  const results = new Map();
  const note = ({ id, result }) => {
    if (result) {
      results.set(id, [...(results.get(id) ?? []), result]);
    }
  };
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const { peer, world: own } of plan.ready) {
      const place = { mail: world.mail, count: peer.count, world: own };
      note(await measure(peer, round, () => measureProgram(peer, place)));
    }
    for (const reader of plan.readers) {
      const run = { count: plan.count, ...reader.run };
      note(await measure(reader, round, () => measureReader(run, world)));
    }
  }
  return results;
}

/** Sets up those peers that need it. One that cannot be is left out. */
async function setUpPeers(installed, world) {
  const ready = [];
  for (const peer of installed) {
    try {
      ready.push({ peer, world: await peer.setUp?.(world) });
    } catch (error) {
      console.error(`  ${peer.name}: ${error.message}`);
    }
  }
  return ready;
}

/** What a measurement gives; undefined where it is not wanted, or failed. */
async function orAbsent(work) {
  try {
    return await work?.();
  } catch (error) {
    console.error(`  ${error.message}`);
    return undefined;
  }
}

/** All figures of a run; see docs/performance.md for the format. */
async function measureEverything(plan, world) {
  const machine = describeMachine();
  const { installed } = plan;
  const ready = await setUpPeers(installed, world);
  try {
    const results = await measureAll({ ...plan, ready }, world);
    const rows = [...installed, ...plan.readers]
      .filter(({ id }) => results.has(id))
      .map(contestant => toRow(contestant, results.get(contestant.id)));
    const costs = await orAbsent(
      plan.costs && (() => measureCosts(plan.costs, world)),
    );
    const latency = await orAbsent(
      plan.costs && (() => measureLatency(plan.costs, world)),
    );
    const growth = await orAbsent(
      plan.growth && (() => measureGrowth(plan.growth, world)),
    );
    return {
      machine: {
        ...machine,
        loadAfter: loadavg()[0],
        corpus: {
          mails: plan.count,
          megabytes: Math.round(world.mail.bytes / 1e6),
        },
      },
      rows,
      ratios: toRatios(rows),
      ...(plan.costs && {
        costs: [...(costs ?? []), ...(latency ? [latency] : [])],
      }),
      ...(growth && { growth }),
      absent: [
        ...plan.absent,
        ...[...installed, ...plan.readers]
          .map(({ id }) => id)
          .filter(id => !results.has(id)),
        ...(plan.costs && !costs ? ['costs'] : []),
        ...(plan.costs && !latency ? ['deliveryToRequest'] : []),
        ...(plan.growth && !growth ? ['growth'] : []),
      ],
    };
  } finally {
    for (const { world: own } of ready) {
      await own?.remove();
    }
  }
}

await runMain(async () => {
  const plan = readArguments();
  await ensureSetUp();
  const program = ensureDovecot();
  if (!program || process.getuid?.() !== 0) {
    throw new PlainError(
      'The benchmark needs Dovecot 2.3, and root, whom it runs under.',
    );
  }
  const { installed, absent } = installPeers(plan.peers);
  console.log(`Writing ${plan.count} mails …`);
  const mail = await startMailServer({ program, count: plan.count });
  const databases = await openDatabases();
  const removeAll = async () => {
    await databases.stop();
    await mail.stop();
  };
  const abandon = () => removeAll().finally(() => process.exit(130));
  process.once('SIGINT', abandon);
  process.once('SIGTERM', abandon);
  try {
    const report = await measureEverything(
      { ...plan, installed, absent },
      { mail, databases },
    );
    console.log(`\n${toMarkdown(report)}`);
    if (plan.json) {
      writeFileSync(plan.json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
    return 0;
  } finally {
    await removeAll();
  }
});
