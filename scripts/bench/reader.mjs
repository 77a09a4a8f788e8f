// SPDX-License-Identifier: Apache-2.0
// The plugin's two loops in a process of their own, as the plugin wires them
// (createLoops), without Backstage around them. Reads one mailbox until it is
// empty. Ends at once where anything fails: what fails is no figure.
import { createInterface } from 'node:readline';
import { openReplica, say } from './replica.mjs';

const { database, server, processes, count, warmUp } = JSON.parse(
  process.env.BENCH_SETTINGS,
);

const replica = await openReplica({ database, processes });
const lines = createInterface({ input: process.stdin });
lines.once('close', () => process.exit(0));
const nextLine = () => new Promise(resolve => lines.once('line', resolve));

// A backend that runs has its compiler warm; a process that has just been
// started has not.
const first = await replica.addChannel({ ...server, user: warmUp.user });
await replica.visit(first);
say('begun');
await nextLine();
await replica.read(first, warmUp.count);

const channel = await replica.addChannel(server);
await replica.visit(channel);
say('ready');
await nextLine();
await replica.read(channel, count);
say('done');
await nextLine();
await replica.stop();
process.exit(0);
