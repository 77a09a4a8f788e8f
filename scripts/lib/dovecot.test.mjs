// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { withoutService } from './dovecot.mjs';

const onUnix = { skip: process.platform === 'win32' };

describe('the policy while Dovecot is installed', onUnix, () => {
  let folder;
  let policy;
  const ask = (...args) => spawnSync(policy, args).status;
  const write = text => writeFileSync(policy, text, { mode: 0o755 });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postroom-policy-'));
    policy = join(folder, 'policy-rc.d');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps Dovecot from starting, nothing else, and is gone afterwards', () => {
    const answers = [];
    const made = withoutService(() => {
      answers.push(ask('dovecot.service', 'start'));
      answers.push(ask('dovecot', 'start', '2'));
      answers.push(ask('ssh.service', 'restart'));
    }, policy);

    assert.equal(made, true);
    assert.deepEqual(answers, [101, 101, 0]);
    assert.equal(existsSync(policy), false);
  });

  it('is gone after a failure', () => {
    assert.throws(() => {
      withoutService(() => {
        throw new Error('no');
      }, policy);
    }, /no/);
    assert.equal(existsSync(policy), false);
    assert.equal(process.listenerCount('SIGINT'), 0);
  });

  it('leaves the policy of the machine alone, and obeys it', () => {
    let calls = 0;
    const call = () => {
      calls += 1;
    };
    const denies = '#!/bin/sh\nexit 101\n';
    write(denies);
    assert.equal(withoutService(call, policy), true);
    assert.equal(calls, 1);
    assert.equal(readFileSync(policy, 'utf8'), denies);

    write('#!/bin/sh\nexit 0\n');
    assert.equal(withoutService(call, policy), false);
    assert.equal(calls, 1);
    assert.equal(existsSync(policy), true);
  });
});
