// SPDX-License-Identifier: Apache-2.0
// Usage: node scripts/bench/push.mjs [--rounds 40]
// How long it takes from the delivery of a mail at Dovecot until its request
// is there. A benchmark and not a test: it judges nothing.
import { parseArgs } from 'node:util';
import { ensureDovecot } from '../lib/dovecot.mjs';
import { PlainError, runMain } from '../lib/plainly.mjs';
import { ensureSetUp } from '../setup.mjs';
import { openDatabases } from './databases.mjs';
import { runTypeScript } from './runTypeScript.mjs';

const { values: args } = parseArgs({
  options: { rounds: { type: 'string', default: '40' } },
});

await runMain(async () => {
  await ensureSetUp();
  const program = ensureDovecot();
  if (!program) {
    throw new PlainError('This measurement needs Dovecot 2.3.');
  }
  process.env.POSTROOM_DOVECOT = program;
  const databases = await openDatabases();
  try {
    const rows = [];
    for (const engine of ['pg', 'sqlite']) {
      const database = await databases.open(engine);
      const reader = runTypeScript('pushReplica.mjs', {
        database: database.config,
        rounds: Number(args.rounds),
      });
      const { latencies } = await reader.hear('done');
      await reader.end();
      await database.remove();
      const sorted = latencies.sort((a, b) => a - b);
      const at = q =>
        Math.round(
          sorted[Math.min(sorted.length - 1, (sorted.length * q) | 0)],
        );
      rows.push(
        `| ${engine} | ${sorted.length} | ${[0, 0.5, 0.95, 1]
          .map(at)
          .join(' | ')} |`,
      );
    }
    console.log('\nFrom delivery to request, in milliseconds\n');
    console.log('| database | mails | least | p50 | p95 | most |');
    console.log('| --- | --- | --- | --- | --- | --- |');
    console.log(rows.join('\n'));
    return 0;
  } finally {
    await databases.stop();
  }
});
