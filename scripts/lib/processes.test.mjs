// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { signalGroup, startNode, stop } from './processes.mjs';
import { fromRoot, ROOT } from './repository.mjs';

/** Prints its child's pid; both live on until they are ended. */
const PARENT_OF_ONE = `
  const child = require('node:child_process').spawn(process.execPath, [
    '-e', 'setInterval(() => {}, 1000)',
  ]);
  console.log(child.pid);
  setInterval(() => {}, 1000);
`;

const DEAF_TO_SIGTERM = `
  process.on('SIGTERM', () => {});
  console.log('ready');
  setInterval(() => {}, 1000);
`;

/** Says each error, as Backstage does, and ends once there is nothing to say. */
const TALKATIVE = `
  let end = () => {};
  process.on('uncaughtException', error => {
    console.error(error);
    end();
  });
  process.on('SIGTERM', () => {
    let ending;
    end = () => {
      clearTimeout(ending);
      ending = setTimeout(() => process.exit(), 100);
    };
    end();
  });
  console.log(process.pid);
  setInterval(() => console.error('still here'), 10);
`;

function startSource(source) {
  let running;
  const firstLine = new Promise(resolve => {
    running = startNode({
      name: 'test',
      args: ['-e', source],
      cwd: ROOT,
      onLine: resolve,
    });
  });
  return { running, firstLine };
}

/** A script that starts a process and says what that one says. */
function startScript(source) {
  const processes = fromRoot('scripts', 'lib', 'processes.mjs');
  return spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { startNode } from '${processes}';
       startNode({
         name: 'orphan',
         args: ['-e', ${JSON.stringify(source)}],
         cwd: '.',
         onLine: line => console.log(line),
       });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilDead(pid) {
  while (isAlive(pid)) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

describe('processes', { skip: process.platform === 'win32' }, () => {
  it('are ended with all that they have started', async () => {
    const { running, firstLine } = startSource(PARENT_OF_ONE);
    const grandchild = Number(await firstLine);
    assert.ok(isAlive(grandchild));

    await stop(running);

    assert.deepEqual(await running.ended, { code: null, signal: 'SIGTERM' });
    await untilDead(grandchild);
    assert.equal(signalGroup(running, 0), false);
    await stop(running);
  });

  it('are killed where they do not listen', async () => {
    const { running, firstLine } = startSource(DEAF_TO_SIGTERM);
    await firstLine;

    await stop(running, { graceMs: 100 });

    assert.deepEqual(await running.ended, { code: null, signal: 'SIGKILL' });
  });

  for (const [kind, source] of [
    ['even a killed one', PARENT_OF_ONE],
    ['which nobody hears any more', TALKATIVE],
  ]) {
    it(`do not outlive the script that started them, ${kind}`, async () => {
      const script = startScript(source);
      const lines = createInterface({ input: script.stdout });
      const [pid] = await once(lines, 'line');
      assert.ok(isAlive(Number(pid)));

      script.kill('SIGKILL');

      await untilDead(Number(pid));
    });
  }

  it('tell how they ended and what they said last', async () => {
    const { running } = startSource("console.log('bye'); process.exit(3)");
    assert.deepEqual(await running.ended, { code: 3, signal: null });
    assert.equal(running.tail(), 'bye');
  });
});
