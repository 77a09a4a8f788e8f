// SPDX-License-Identifier: Apache-2.0
import { shortVisits } from '../crashPoints.mjs';
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
  // Many transactions, and so many chances to be in each other's way.
  visits: shortVisits,
  async run(world, { night }) {
    const names = ['one', 'two', 'three', 'four'];
    const channels = await Promise.all(names.map(name => world.channel(name)));
    for (let n = 0; n < (night ? 50 : 8); n += 1) {
      await Promise.all(channels.map(channel => channel.deliverMany('R50', 3)));
      await world.poke(channels);
      await pause(world.random.between(0, 200));
      if (n % 8 === 5) {
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
