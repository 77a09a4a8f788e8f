// SPDX-License-Identifier: Apache-2.0
// Usage: npm start [-- --watch]
// Runs the demo: mail sandbox, backend and portal, until Ctrl-C. The portal
// follows changes of its sources by itself, the backend with --watch.
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { demoAddresses, startDemo, untilDemoIsReady } from './lib/demo.mjs';
import { PlainError, runMain } from './lib/plainly.mjs';
import { checkPortsAreFree, readDemoPorts } from './lib/ports.mjs';
import { signalGroup, stop } from './lib/processes.mjs';
import { ensureSetUp } from './setup.mjs';

const COLORS = { sandbox: 35, backend: 36, app: 32 };
const NAME_WIDTH = 7;
const PARENT_CHECK_MS = 500;

function printLine(line, name) {
  const label = name.padEnd(NAME_WIDTH);
  process.stdout.write(
    process.stdout.isTTY
      ? `\u001b[${COLORS[name]}m${label}\u001b[0m │ ${line}\n`
      : `${label} │ ${line}\n`,
  );
}

function welcome(ports) {
  const { portal, sandbox } = demoAddresses(ports);
  return `
  Postroom is running:  ${portal}

  1. Sign in as "Ada Admin" and register an OAuth 2.0 integration:
     ${portal}/incoming-mail/oauth
     (client id and secret are made at ${sandbox}/apps)
  2. Sign out, sign in as "Olga Owner" and connect a project's mailbox:
     ${portal}/catalog/default/component/payments/email-requests
  3. Write a mail to it and watch it become a request:
     ${sandbox}/compose

  Data is kept in .demo, Ctrl-C ends it.

`;
}

/**
 * Resolves with the first signal that asks this process to end. npm runs scripts
 * in a shell, and a SIGTERM ends that shell without reaching us: its end counts
 * as the signal.
 */
function askedToEnd() {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(signal, () => resolve({ signal }));
    }
    if (process.env.npm_lifecycle_event) {
      const shell = process.ppid;
      setInterval(() => {
        if (process.ppid !== shell) {
          resolve({ signal: 'SIGTERM' });
        }
      }, PARENT_CHECK_MS).unref();
    }
  });
}

/** Resolves when one of the processes ends by itself, which none ever should. */
async function firstToEnd(processes) {
  const { name, tail, code } = await Promise.race(
    processes.map(async running => ({ ...running, ...(await running.ended) })),
  );
  return { failure: `The ${name} has ended (${code ?? 'killed'}):\n${tail()}` };
}

async function announce(ports, signal) {
  if (await untilDemoIsReady(ports, signal)) {
    process.stdout.write(welcome(ports));
  }
  // Nothing more to say: what ends the demo is decided elsewhere.
  return new Promise(() => {});
}

function readArguments() {
  try {
    return parseArgs({ options: { watch: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new PlainError(`${error.message}\nUsage: npm start [-- --watch]`);
  }
}

await runMain(async () => {
  const { watch } = readArguments();
  await ensureSetUp();
  const ports = readDemoPorts();
  await checkPortsAreFree(ports);

  console.log(
    'Starting the sandbox, the backend and the portal (about 30 s) …',
  );
  const end = askedToEnd();
  const waiting = new AbortController();
  const processes = startDemo({ ports, watch, onLine: printLine });
  try {
    const { signal, failure } = await Promise.race([
      end,
      firstToEnd(processes),
      announce(ports, waiting.signal),
    ]);
    if (failure) {
      throw new PlainError(`\n${failure}\n\nEverything else is stopped.`);
    }
    return 128 + constants.signals[signal];
  } finally {
    waiting.abort();
    // Somebody who asks a second time does not want to wait.
    process.once('SIGINT', () =>
      processes.forEach(running => signalGroup(running, 'SIGKILL')),
    );
    await Promise.all(processes.map(running => stop(running)));
  }
});
