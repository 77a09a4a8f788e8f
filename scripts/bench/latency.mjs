// SPDX-License-Identifier: Apache-2.0
// How long it takes from the delivery of a mail until its request stands, where
// the connection is kept and the server tells of it (IDLE). A process of its
// own; see reader.mjs.
import { createInterface } from 'node:readline';
import { openReplica, say } from './replica.mjs';

const { database, server } = JSON.parse(process.env.BENCH_SETTINGS);

const replica = await openReplica({
  database,
  processes: true,
  keepsConnections: true,
});
const { loops, config } = replica;
const lines = createInterface({ input: process.stdin });
lines.once('close', () => process.exit(0));

const channel = await replica.addChannel(server);
await loops.tick();
await replica.visit(channel);
const tick = setInterval(() => loops.tick(), config.polling.tickMs);
// Told how many mails there will have been; says when the last one is handled.
lines.on('line', async line => {
  if (line === 'end') {
    clearInterval(tick);
    await replica.stop();
    process.exit(0);
  }
  const handled = replica.untilHandled(channel, Number(line));
  say('waiting');
  await handled;
  say('handled');
});
say('ready');
