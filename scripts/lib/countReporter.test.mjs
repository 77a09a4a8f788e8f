// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fromRoot } from './repository.mjs';

const SUITE = `
  import { describe, it } from 'node:test';
  describe('outer', () => {
    it('passes', () => {});
    describe('inner', () => {
      it('fails', () => { throw new Error('on purpose'); });
      it.skip('is skipped', () => {});
      it.todo('is to be written');
    });
  });
  it('passes too', () => {});
`;

it('countReporter counts tests, and a file that cannot be loaded as failed', t => {
  const dir = mkdtempSync(join(tmpdir(), 'postroom-reporter-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'suite.test.mjs'), SUITE);
  writeFileSync(join(dir, 'broken.test.mjs'), "import './missing.mjs';");
  // Node marks the runs below a runner; this one is to be a run of its own.
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT;

  spawnSync(
    process.execPath,
    [
      '--test',
      `--test-reporter=${fromRoot('scripts', 'lib', 'countReporter.mjs')}`,
      `--test-reporter-destination=${join(dir, 'counts.json')}`,
      join(dir, 'suite.test.mjs'),
      join(dir, 'broken.test.mjs'),
    ],
    { env },
  );

  assert.deepEqual(JSON.parse(readFileSync(join(dir, 'counts.json'), 'utf8')), {
    passed: 2,
    failed: 2,
    skipped: 2,
  });
});
