// SPDX-License-Identifier: Apache-2.0
import { pause } from '../waiting.mjs';

// A database that is a file. One process is what it is for; a second one, as
// while the first is still ending, must do no harm.

/** Kept waiting, as a file is one process's at a time; but never sent away. */
async function expectNobodyRefused(world) {
  for (const replica of world.replicas) {
    const times = await replica.timesSaid('SQLITE_BUSY');
    if (times > 0) {
      throw new Error(`${replica.name} was refused ${times} times`);
    }
  }
}

/** R50 */
const twoProcesses = {
  id: 'R50',
  title: 'two processes on one SQLite file, each killed now and then',
  apart: { engine: 'sqlite', replicas: 2 },
  async run(world, { night }) {
    const channels = [await world.channel('one'), await world.channel('two')];
    for (let n = 0; n < (night ? 50 : 12); n += 1) {
      await Promise.all(channels.map(channel => channel.deliverMany('R50', 5)));
      await world.poke(channels);
      await pause(world.random.between(0, 300));
      if (n % 5 === 4) {
        await world.kill(world.random.pick(world.serving()));
        await world.allUp();
      }
    }
    await world.drain(channels);
    await expectNobodyRefused(world);
    return channels;
  },
};

export const sqliteRows = [twoProcesses];
