// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { ensureDovecot } from '../lib/dovecot.mjs';
import { fromRoot } from '../lib/repository.mjs';

const SEED = 'short';
const RUN_TIMEOUT_MS = 240_000;

// With CI set it is to fail, not to be skipped.
const skip = !ensureDovecot() && !process.env.CI;

/** Runs the short size; what it lost and doubled, and how it ended. */
async function runShort(...args) {
  const child = spawn(
    process.execPath,
    [fromRoot('scripts', 'chaos.mjs'), '--short', '--seed', SEED, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: RUN_TIMEOUT_MS },
  );
  const said = [];
  child.stdout.on('data', chunk => said.push(chunk));
  child.stderr.on('data', chunk => said.push(chunk));
  const [code] = await once(child, 'close');
  const output = Buffer.concat(said).toString();
  const [, lost, doubled, mails] =
    /^chaos: (\d+) lost, (\d+) doubled of (\d+) mails under/m
      .exec(output)
      ?.map(Number) ?? [];
  return { code, lost, doubled, mails, output };
}

describe('the chaos suite', { skip, timeout: 4 * RUN_TIMEOUT_MS }, () => {
  it('is green with the product as it is', async () => {
    const { code, lost, doubled, mails, output } = await runShort();
    assert.deepEqual(
      { code, lost, doubled },
      { code: 0, lost: 0, doubled: 0 },
      output,
    );
    assert.ok(mails > 15);
  });

  it('turns red where no transaction proves its ticket', async () => {
    const run = await runShort('--break', 'no-ticket');
    assert.equal(run.code, 1, run.output);
    assert.ok(run.doubled > 0, run.output);
  });

  it('turns red where the server is told, and the cursor moved, before the mail is stored', async () => {
    const run = await runShort('--break', 'ack-before-commit');
    assert.equal(run.code, 1, run.output);
    assert.ok(run.lost > 0, run.output);
  });

  it('turns red where no unique key recognizes a mail', async () => {
    const run = await runShort('--break', 'no-unique-key');
    assert.equal(run.code, 1, run.output);
    assert.ok(run.doubled > 0, run.output);
  });
});
