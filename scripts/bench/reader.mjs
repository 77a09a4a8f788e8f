// SPDX-License-Identifier: Apache-2.0
// The plugin's two loops in a process of their own, as the plugin wires them
// (createLoops), without Backstage around them. Reads one mailbox until it is
// empty. Ends at once where anything fails: what fails is no figure.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { openReplica, say } from './replica.mjs';

const { database, server, processes, count, warmUp, maxMessageBytes } =
  JSON.parse(process.env.BENCH_SETTINGS);
const DELAY_RESOLUTION_MS = 5;

const replica = await openReplica({ database, processes, maxMessageBytes });
const lines = createInterface({ input: process.stdin });
lines.once('close', () => process.exit(0));
const nextLine = () => new Promise(resolve => lines.once('line', resolve));

// A backend that runs has its compiler warm; a process that has just been
// started has not.
if (warmUp) {
  const first = await replica.addChannel({ ...server, user: warmUp.user });
  await replica.visit(first);
  say('begun');
  await nextLine();
  await replica.read(first, warmUp.count);
}

const channel = await replica.addChannel(server);
await replica.visit(channel);
say('ready');
// A line is told when there is mail: how much altogether, or `go` for all.
for (let line = await nextLine(); line !== 'end'; line = await nextLine()) {
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  await replica.read(channel, Number(line) || count);
  delays.disable();
  // For so long nobody else's turn came, at worst.
  say('done', { blockedMs: delays.max / 1e6 });
}
await replica.stop();
process.exit(0);
