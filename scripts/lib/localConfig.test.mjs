// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { ensureLocalConfig } from './localConfig.mjs';

it('ensureLocalConfig writes a key of 32 bytes once, for its owner only', t => {
  const dir = mkdtempSync(join(tmpdir(), 'postroom-config-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'app-config.local.yaml');

  assert.equal(ensureLocalConfig(path), true);
  const written = readFileSync(path, 'utf8');
  const [, secret] = /secret: (\S+)/.exec(written);
  assert.equal(Buffer.from(secret, 'base64url').length, 32);
  assert.equal(statSync(path).mode & 0o077, 0);

  assert.equal(ensureLocalConfig(path), false);
  assert.equal(readFileSync(path, 'utf8'), written);
});
