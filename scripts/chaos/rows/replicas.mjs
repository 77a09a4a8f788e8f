// SPDX-License-Identifier: Apache-2.0
import { findFakeClock } from '../fakeClock.mjs';
import {
  attempted,
  fetched,
  stored,
  storedForGood,
  toldServer,
} from '../moments.mjs';
import { ask, pause, within } from '../waiting.mjs';
import { LEASE_MS } from '../World.mjs';

// What happens to replicas themselves: they are killed, they stall, they are
// asked to go, their clocks are wrong, their leases fail.

const HIT_DEADLINE_MS = 20_000;
const STORED_DEADLINE_MS = 20_000;
const GRACE_MS = 10_000;

/** Resolves when so many mails of a channel are stored, whoever stored them. */
async function untilStored(world, channel, count) {
  const isStored = await ask(
    async () => (await storedCount(world, channel)) >= count,
    { timeoutMs: STORED_DEADLINE_MS },
  );
  if (!isStored) {
    throw new Error(`Nobody took over the mailbox of ${channel.name}`);
  }
}

async function storedCount(world, channel) {
  const [{ n }] = await world.query(
    `SELECT count(*)::int AS n FROM inbox_messages
      JOIN mailboxes ON mailboxes.id = inbox_messages.mailbox_id
      WHERE mailboxes.address = $1`,
    [channel.address],
  );
  return n;
}

async function hitOf(watch, what, deadlineMs = HIT_DEADLINE_MS) {
  await within(watch.hit, deadlineMs, what).finally(watch.disarm);
}

/** R1 */
const randomKills = {
  id: 'R1',
  title: 'replicas killed at random',
  async run(world, { night }) {
    const kills = night ? 250 : 30;
    const mails = night ? 6_000 : 240;
    const channels = [
      await world.channel('storm-a'),
      await world.channel('storm-b'),
      await world.channel('storm-c'),
    ];
    let isKilling = true;
    const deliver = async () => {
      for (let n = 0; n < mails; n += 5) {
        await channels[(n / 5) % channels.length].deliverMany('R1', 5);
        await world.poke(channels);
        if (isKilling) {
          await pause((kills * 400) / (mails / 5));
        }
      }
    };
    const kill = async () => {
      for (let n = 0; n < kills; n += 1) {
        await pause(world.random.between(100, 900));
        const victim = await ask(() => world.random.pick(world.serving()), {
          timeoutMs: 60_000,
        });
        await world.kill(victim);
      }
      isKilling = false;
    };
    await Promise.all([deliver(), kill()]);
    await world.allUp();
    await world.drain(channels, { timeoutMs: night ? 15 * 60_000 : 60_000 });
    await Promise.all(
      channels.map(channel => runQuarantinedAgain(world, channel)),
    );
    return channels;
  },
};

/**
 * A mail at which several replicas died, one after the other, is kept for a
 * person, who has it handled again.
 */
async function runQuarantinedAgain(world, channel) {
  const path = `${channel.project}/messages`;
  for (const { id, state } of await world.api.list(path)) {
    if (state === 'quarantined') {
      await world.api.call('POST', `${path}/${id}/runs`);
    }
  }
  await world.drain([channel]);
  const left = await world.api.list(path);
  if (left.some(({ state }) => state === 'quarantined')) {
    throw new Error('A mail that was run again is quarantined again');
  }
}

/** R39 */
const burst = {
  id: 'R39',
  title: 'much mail at once, and its reader killed in the middle',
  async run(world, { night }) {
    const channel = await world.channel('burst');
    const mails = night ? 2_000 : 100;
    await channel.deliverMany('R39', mails);
    const watch = world.watch(storedForGood('answered'), {
      occurrence: 2,
      onHit: replica => world.kill(replica),
    });
    await world.poke([channel]);
    await hitOf(watch, 'the second portion to be stored');
    await world.drain([channel]);
    return [channel];
  },
};

/** R4 */
const withoutLeases = {
  id: 'R4',
  title: 'every replica reads at once, leases forced off',
  async run(world, { short }) {
    const channel = await world.channel('free-for-all');
    world.sabotage.push('no-poll-leases');
    try {
      await world.restartAll();
      // The one that comes first waits until another one has stored the same.
      const watch = world.watch(stored('before'), {
        onHit: async () => {
          await untilStored(world, channel, 6);
          return 'go on';
        },
      });
      await channel.deliverMany('R4', 6);
      await hitOf(watch, 'a replica that stores');
      for (let n = 0; n < (short ? 0 : 3); n += 1) {
        await channel.deliverMany('R4', 8);
        await pause(500);
      }
      await world.drain([channel]);
    } finally {
      world.sabotage.pop();
      // A short run has no row after this one.
      if (!short) {
        await world.restartAll();
      }
    }
    return [channel];
  },
};

/**
 * Freezes the replica that has fetched mail and is about to store it: with its
 * wire to the database standing still, so that it comes back in the middle.
 */
async function freezeBeforeStoring(world, channel, mails) {
  let zombie;
  const watch = world.watch(fetched, {
    occurrence: mails,
    onHit: async replica => {
      zombie = replica;
      await replica.wires.proxy('database').setPlan({ paused: true });
      return 'go on';
    },
  });
  await channel.deliverMany(channel.row, mails);
  await world.poke([channel]);
  await hitOf(watch, 'all mail to be fetched');
  // Time to take the bytes in and to ask for a transaction.
  await pause(300);
  zombie.freeze();
  return async () => {
    zombie.resume();
    await zombie.wires.heal();
    // Time to do what it was about to do.
    await pause(1_000);
  };
}

/** R5: taken over while it stalls, before it stores. */
const frozenBeforeStoring = {
  id: 'R5.1',
  title: 'stopped with fetched mail, taken over, resumed',
  async run(world) {
    const channel = await world.channel('zombie');
    channel.row = 'R5.1';
    const already = await storedCount(world, channel);
    const thaw = await freezeBeforeStoring(world, channel, 5);
    await world.poke([channel]);
    await untilStored(world, channel, already + 5);
    await thaw();
    return [channel];
  },
};

/**
 * R5 and R12: the mailbox is numbered anew while the holder stalls. Under the
 * new numbers no key recognizes what it stores under the old ones: the ticket
 * alone stands against it.
 */
const frozenAcrossRenumbering = {
  id: 'R5.2',
  title: 'stopped, the mailbox renumbered, taken over, resumed',
  async run(world) {
    const channel = await world.channel('zombie-renumbered');
    channel.row = 'R5.2';
    await channel.deliverMany('R5.2', 1);
    await world.drain([channel]);
    const thaw = await freezeBeforeStoring(world, channel, 5);
    await channel.renumber();
    await world.poke([channel]);
    await untilStored(world, channel, 6);
    await thaw();
    return [channel];
  },
};

/**
 * @param {object} options
 * @param {boolean} [options.isTakenOver] - whether others do its work meanwhile
 */
function frozenAt({ id, title, moment, isTakenOver = true }) {
  return {
    id,
    title,
    async run(world) {
      const channel = await world.channel('zombie');
      let zombie;
      const resumed = pausePoint();
      const watch = world.watch(moment, {
        onHit: async replica => {
          zombie = replica;
          replica.freeze();
          resumed.begun();
          await resumed.ended;
          return 'go on';
        },
      });
      await channel.deliverMany(id, 5);
      await world.poke([channel]);
      await within(resumed.hasBegun, HIT_DEADLINE_MS, title).finally(
        watch.disarm,
      );
      await pause(2 * LEASE_MS);
      if (isTakenOver) {
        await world.drain([channel], { timeoutMs: 20_000 });
      }
      zombie.resume();
      resumed.end();
      await pause(1_000);
      return [channel];
    },
  };
}

/** Two ends of a wait: somebody says that it has begun, and somebody ends it. */
function pausePoint() {
  const point = {};
  point.hasBegun = new Promise(resolve => {
    point.begun = resolve;
  });
  point.ended = new Promise(resolve => {
    point.end = resolve;
  });
  return point;
}

const frozenWhileTelling = frozenAt({
  id: 'R5.3',
  title: 'stopped before it tells the server, taken over, resumed',
  moment: toldServer('before'),
});

const frozenWhileHandling = frozenAt({
  id: 'R5.4',
  title: 'stopped with attempts begun, taken over, resumed',
  moment: attempted('answered'),
});

/** Its open transaction holds the lease: nobody can take over before it ends. */
const frozenWhileStoring = frozenAt({
  id: 'R5.5',
  title: 'stopped within the transaction that stores, resumed',
  moment: stored('before'),
  isTakenOver: false,
});

/** R6 */
const wrongClock = {
  id: 'R6',
  title: 'one clock 10 minutes ahead, then behind',
  async run(world) {
    const clock = findFakeClock();
    if (!clock && process.env.CI) {
      throw new Error('libfaketime is missing, and CI is set');
    }
    if (!clock) {
      return undefined;
    }
    const channel = await world.channel('clocks');
    const [replica] = world.replicas;
    try {
      for (const offset of ['+10m', '-10m']) {
        world.environments.set(replica.name, clock(offset));
        await world.kill(replica);
        await world.allUp();
        await channel.deliverMany('R6', 5);
        await world.poke([channel]);
        // Whoever holds leases now, by whatever clock, loses them.
        await world.kill(world.replicas[1]);
        await channel.deliverMany('R6', 5);
        await world.drain([channel]);
      }
    } finally {
      world.environments.delete(replica.name);
      await world.kill(replica);
      await world.allUp();
    }
    return [channel];
  },
};

/** R40 */
const askedToGo = {
  id: 'R40',
  title: 'asked to go (SIGTERM) under load, one after the other',
  async run(world) {
    const channels = [
      await world.channel('storm-a'),
      await world.channel('storm-b'),
    ];
    for (const replica of world.replicas) {
      await channels[0].deliverMany('R40', 5);
      await channels[1].deliverMany('R40', 5);
      await world.poke(channels);
      await pause(world.random.between(50, 300));
      const tookMs = await replica.terminate(GRACE_MS + 1_000);
      if (tookMs > GRACE_MS) {
        throw new Error(`${replica.name} took ${Math.round(tookMs)} ms to end`);
      }
      void replica.start();
    }
    await world.allUp();
    return channels;
  },
};

export const replicaRows = [
  randomKills,
  withoutLeases,
  frozenBeforeStoring,
  frozenAcrossRenumbering,
  frozenWhileTelling,
  frozenWhileHandling,
  frozenWhileStoring,
  wrongClock,
  askedToGo,
  burst,
];
