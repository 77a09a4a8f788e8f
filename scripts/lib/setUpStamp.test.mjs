// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { clearStamp, isUpToDate, writeStamp } from './setUpStamp.mjs';

describe('the stamp of the set-up', () => {
  let root;
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'postroom-stamp-'));
    write('package.json', '{}');
    write('yarn.lock', 'a');
    write('packages/app/package.json', '{}');
    write('plugins/mail/package.json', '{}');
    write('node_modules/x', '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('holds from one complete installation to the next change', () => {
    assert.equal(isUpToDate(root), false);
    writeStamp(root);
    assert.equal(isUpToDate(root), true);
    write('packages/app/src/App.tsx', 'not a manifest');
    assert.equal(isUpToDate(root), true);

    clearStamp(root);
    assert.equal(isUpToDate(root), false);
  });

  it('sees a change of the lockfile, of a manifest, of the settings of Yarn', () => {
    for (const path of [
      'yarn.lock',
      '.yarnrc.yml',
      'package.json',
      'packages/app/package.json',
      'plugins/new/package.json',
    ]) {
      writeStamp(root);
      write(path, '{ "changed": true }');
      assert.equal(isUpToDate(root), false, path);
    }
  });
});
