// SPDX-License-Identifier: Apache-2.0
import { handledForGood, storedForGood, toldServer } from '../moments.mjs';
import { ask, pause, within } from '../waiting.mjs';
import { LEASE_MS } from '../World.mjs';

// What happens to the database, and to the wire that leads there.

const HIT_DEADLINE_MS = 20_000;
/** How long a slow mail server takes for an answer. */
const SLOW_MS = 3_000;
/** Since there is room again on the disk. */
const ROOM_DEADLINE_MS = 60_000;

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

/** Where the cursor of a channel's mailbox stands. */
async function readCursor(world, { address }) {
  const [{ last_uid: cursor }] = await world.query(
    `SELECT last_uid FROM mailbox_cursors
      JOIN mailboxes ON mailboxes.id = mailbox_cursors.mailbox_id
      WHERE address = $1`,
    [address],
  );
  return Number(cursor);
}

/** Empties the disk. @throws where mail does not flow then */
async function expectFlowWithRoom(world, channel, disk) {
  disk.empty();
  const isRead = await world.drain([channel], {
    timeoutMs: ROOM_DEADLINE_MS,
  });
  if (!isRead) {
    throw new Error('Mail does not flow again within a minute');
  }
}

/** R10 */
const fullDisks = [
  {
    id: 'R10.1',
    title: 'PostgreSQL has no room for another row (53100)',
    needsRoom: /^insert /i,
  },
  {
    id: 'R10.2',
    title: 'PostgreSQL has no room for any change (53100)',
    needsRoom: /^(insert|update|delete|with) /i,
  },
].map(({ id, title, needsRoom }) => ({
  id,
  title,
  async run(world, { night }) {
    const channel = await world.channel('full-disk');
    await channel.deliverMany(id, 3);
    await world.drain([channel]);
    const cursor = await readCursor(world, channel);
    const told = world.tally(toldServer('before'));
    const disk = world.fillDisk(needsRoom);
    await channel.deliverMany(id, 6);
    const end = Date.now() + (night ? 60_000 : 3_000);
    while (Date.now() < end) {
      await world.poke([channel]);
      await pause(300);
    }
    told.end();
    if (!disk.refused.some(statement => /^insert |^update /i.test(statement))) {
      throw new Error('Nothing wanted room on the disk');
    }
    if (told.count > 0 || (await readCursor(world, channel)) !== cursor) {
      throw new Error('The cursor moved, or the server was told, without room');
    }
    if (world.serving().length < world.replicas.length) {
      throw new Error('A replica died of a full disk');
    }
    await expectFlowWithRoom(world, channel, disk);
    return [channel];
  },
}));

/** R10, between two mails' handling: what was begun is not held against them. */
const fullAmidHandling = {
  id: 'R10.3',
  title: 'PostgreSQL has no room for what mail is made into (53100)',
  async run(world, { night }) {
    const channel = await world.channel('full-disk');
    const disk = world.fillDisk(/^insert into "(deliveries|request)/i);
    await channel.deliverMany('R10.3', 4);
    const isWanted = await ask(
      async () => {
        await world.poke([channel]);
        return disk.refused.length > 0;
      },
      { timeoutMs: HIT_DEADLINE_MS, everyMs: 300 },
    );
    if (!isWanted) {
      throw new Error('Nothing wanted room on the disk');
    }
    await pause(night ? 60_000 : 500);
    await expectFlowWithRoom(world, channel, disk);
    return [channel];
  },
};

/**
 * R11: a mail server takes seconds for each of its answers, and replicas have
 * fewer connections to the database than mailboxes to read.
 */
const fewConnections = {
  id: 'R11',
  title: 'two connections to PostgreSQL, ten mailboxes on a slow server',
  apart: { connections: 2 },
  nightOnly: true,
  async run(world) {
    const channels = [];
    for (let n = 0; n < 10; n += 1) {
      channels.push(await world.channel(`slow-${n}`));
    }
    await Promise.all(
      world.replicas.map(({ wires }) =>
        wires.proxy('imap').setPlan({ toClient: { latencyMs: SLOW_MS } }),
      ),
    );
    for (const channel of channels) {
      await channel.deliverMany('R11', 5);
    }
    await world.poke(channels);
    const end = Date.now() + 60_000;
    while (Date.now() < end) {
      for (const channel of channels) {
        // Whoever held a connection meanwhile would have others wait in vain.
        await world.api.call('GET', channel.path, undefined, {
          deadlineMs: 0,
        });
      }
      await pause(500);
    }
    await world.drain(channels, { timeoutMs: 5 * 60_000 });
    return channels;
  },
};

export const databaseRows = [
  crashes,
  ...ambiguousCommits,
  blackHole,
  ...fullDisks,
  fullAmidHandling,
  fewConnections,
];
