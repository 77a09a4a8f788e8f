// SPDX-License-Identifier: Apache-2.0
// Usage: npm run bench [-- --quick] [-- --json <file>] [-- --only <id,…>]
// How fast mail is read, beside programs that read mail as well, on the same
// mailboxes of one Dovecot. A benchmark and not a test: it judges nothing.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { openDatabases } from './bench/databases.mjs';
import { installPeers } from './bench/installPeers.mjs';
import { startMailServer } from './bench/mailServer.mjs';
import { measureProgram } from './bench/measureProgram.mjs';
import { measureReader } from './bench/measureReader.mjs';
import { peers, unmeasured } from './bench/peers.mjs';
import { toRatios, toRow, toTable } from './bench/report.mjs';
import { ensureDovecot } from './lib/dovecot.mjs';
import { PlainError, runMain } from './lib/plainly.mjs';
import { ensureSetUp } from './setup.mjs';

const FULL = { count: 10_000, rounds: 3, peers };
// In less than three minutes: without the one that takes longest.
const QUICK = {
  count: 2_000,
  rounds: 1,
  peers: peers.filter(({ id }) => id !== 'getmail6'),
};

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

function readArguments() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string' },
    },
  });
  const plan = { ...(values.quick ? QUICK : FULL) };
  if (values.rounds) {
    plan.rounds = Number(values.rounds);
  }
  const only = values.only?.split(',');
  const isWanted = ({ id }) => !only || only.includes(id);
  return {
    json: values.json,
    ...plan,
    peers: plan.peers.filter(isWanted),
    readers: readers.filter(isWanted),
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
    for (const peer of plan.installed) {
      const count = Math.min(plan.count, peer.limit);
      const place = { ...world, count };
      note(await measure(peer, round, () => measureProgram(peer, place)));
    }
    for (const reader of plan.readers) {
      const run = { ...reader.run, count: plan.count };
      note(await measure(reader, round, () => measureReader(run, world)));
    }
  }
  return results;
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
  const machine = describeMachine();
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
    const world = { mail, databases };
    const results = await measureAll({ ...plan, installed }, world);
    const rows = [...installed, ...plan.readers]
      .filter(({ id }) => results.has(id))
      .map(contestant => toRow(contestant, results.get(contestant.id)));
    const report = {
      machine: {
        ...machine,
        loadAfter: loadavg()[0],
        corpus: { mails: plan.count, megabytes: Math.round(mail.bytes / 1e6) },
      },
      rows,
      ratios: toRatios(rows),
      absent: [
        ...unmeasured,
        ...absent,
        ...installed.filter(({ id }) => !results.has(id)).map(({ id }) => id),
      ],
    };
    console.log(`\n${toTable(report)}`);
    if (plan.json) {
      writeFileSync(plan.json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
    return 0;
  } finally {
    await removeAll();
  }
});
