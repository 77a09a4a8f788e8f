// SPDX-License-Identifier: Apache-2.0
import { handledForGood, storedForGood, toldServer } from '../moments.mjs';
import { pause, within } from '../waiting.mjs';
import { LEASE_MS } from '../World.mjs';

// What happens to the database, and to the wire that leads there.

const HIT_DEADLINE_MS = 20_000;

/** R7 */
const crashes = {
  id: 'R7',
  title: 'PostgreSQL crashed and started again, mid-batch',
  async run(world, { night }) {
    const channel = await world.channel('database');
    for (let n = 0; n < (night ? 20 : 3); n += 1) {
      await channel.deliverMany('R7', 20);
      await world.poke([channel]);
      await pause(world.random.between(50, 600));
      await world.postgres.crash();
      await pause(300);
      await world.postgres.restart();
      world.restarts += 1;
      await world.drain([channel]);
    }
    return [channel];
  },
};

/** Cuts the connection on which a moment comes, so many times. */
async function cutAt(world, channel, { row, moment, times }) {
  for (let n = 0; n < times; n += 1) {
    const watch = world.watch(moment, {
      onHit: () => {
        world.cuts += 1;
      },
    });
    await channel.deliverMany(row, 4);
    await world.poke([channel]);
    await channel.deliverMany(row, 2);
    await world.poke([channel]);
    await within(watch.hit, HIT_DEADLINE_MS, 'a commit').finally(watch.disarm);
    await world.drain([channel]);
  }
}

/** R8 */
const ambiguousCommits = [
  {
    id: 'R8.1',
    title: 'cut after COMMIT of stored mail, before the answer',
    moment: storedForGood('answered'),
    times: 4,
    night: 150,
  },
  {
    id: 'R8.2',
    title: 'cut before COMMIT of stored mail',
    moment: storedForGood('before'),
    times: 2,
    night: 20,
  },
  {
    id: 'R8.3',
    title: 'cut after COMMIT of an effect, before the answer',
    moment: handledForGood('answered'),
    times: 2,
    night: 50,
  },
].map(({ id, title, moment, times, night: atNight }) => ({
  id,
  title,
  async run(world, { night }) {
    const channel = await world.channel('database');
    await cutAt(world, channel, {
      row: id,
      moment,
      times: night ? atNight : times,
    });
    return [channel];
  },
}));

/** R9, shortened. */
const blackHole = {
  id: 'R9',
  title: 'nobody reaches PostgreSQL for longer than a lease',
  async run(world, { night }) {
    const channel = await world.channel('database');
    const outageMs = night ? 5 * 60_000 : 4_000;
    await channel.deliverMany('R9', 10);
    await world.poke([channel]);
    await pause(world.random.between(50, 300));
    const plan = { blackHole: true };
    const proxies = world.replicas.map(({ wires }) => wires.proxy('database'));
    await Promise.all(proxies.map(proxy => proxy.setPlan(plan)));
    // Whoever cannot prove his lease any more tells no server anything.
    await pause(LEASE_MS);
    let told = 0;
    const watch = world.watch(toldServer('before'), {
      onHit: async () => {
        told += 1;
        return 'go on';
      },
    });
    await channel.deliverMany('R9', 10);
    await pause(outageMs - LEASE_MS);
    watch.disarm();
    await Promise.all(proxies.map(proxy => proxy.setPlan({})));
    // What a network that comes back has for connections that lost bytes.
    proxies.forEach(proxy => proxy.cutAll());
    if (told > 0) {
      throw new Error('A server was told something after the lease had ended');
    }
    await world.drain([channel]);
    return [channel];
  },
};

export const databaseRows = [crashes, ...ambiguousCommits, blackHole];
