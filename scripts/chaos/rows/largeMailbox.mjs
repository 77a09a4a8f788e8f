// SPDX-License-Identifier: Apache-2.0
import { storedForGood } from '../moments.mjs';
import { readVitals } from '../Vitals.mjs';
import { ask, pause, within } from '../waiting.mjs';

// A mailbox that holds much when it is connected.

const INTERVAL_MS = 10_000;
const KILL_DEADLINE_MS = 60_000;
const MAX_MORE_MB = 120;
const SAMPLE_MS = 500;

/** Small, as there are many of them, and each a case of its own. */
function aSmallMail(world, channel, index) {
  const uuid = world.random.uuid();
  const raw = Buffer.from(
    [
      `From: Person ${index} <person${index}@example.com>`,
      `To: ${channel.address}`,
      `Subject: Old matter ${index}`,
      `Message-ID: <${uuid}@example.com>`,
      'Date: Mon, 5 Jan 2026 10:00:00 +0000',
      '',
      `Case ${uuid}`,
      '',
    ].join('\r\n'),
  );
  // As long as nobody asks for it, it is to become nothing.
  return { uuid, raw, row: 'R38', copies: 0, mayVanish: false };
}

async function fill(world, channel, count) {
  for (let index = 0; index < count; index += 1) {
    await channel.deliver(aSmallMail(world, channel, index));
  }
}

/** Asks for the newest so many, from now on expected. */
async function importNewest(world, channel, last) {
  channel.mails.slice(-last).forEach(mail => {
    mail.copies = 1;
  });
  await world.api.call('POST', `${channel.path}/imports`, { last });
}

/** Mail of another mailbox, again and again, until an import has ended. */
async function readOtherMail(world, other, isOver) {
  while (!isOver()) {
    await other.deliverMany('R38', 1);
    const inTime = await world.drain([other], { timeoutMs: 2 * INTERVAL_MS });
    if (!inTime) {
      throw new Error('New mail of another mailbox waits for the old mail');
    }
    await pause(SAMPLE_MS);
  }
}

/** @returns the most resident memory of any replica, in MB */
async function mostMemory(world) {
  const all = await Promise.all(
    world.serving().map(({ pid }) =>
      // It may be killed just now.
      readVitals(pid).then(
        ({ residentMb }) => residentMb,
        () => 0,
      ),
    ),
  );
  return Math.max(...all);
}

/** @throws where a replica takes much more memory than before */
async function watchMemory(world, before, isOver) {
  while (!isOver()) {
    const more = (await mostMemory(world)) - before;
    if (more > MAX_MORE_MB) {
      throw new Error(`A replica takes ${Math.round(more)} MB more`);
    }
    await pause(SAMPLE_MS);
  }
}

/** R38 */
const largeMailbox = {
  id: 'R38',
  title:
    'a large mailbox connected, its newest mail imported, the reader killed',
  async run(world, { night }) {
    const { held, wanted } = night
      ? { held: 50_000, wanted: 10_000 }
      : { held: 300, wanted: 100 };
    const other = await world.channel('wire');
    const channel = await world.channel('large', {
      before: each => fill(world, each, held),
    });
    // A replica that has just been started takes more in any case.
    await other.deliverMany('R38', night ? 200 : 10);
    await world.drain([other]);
    const before = await mostMemory(world);
    const watch = world.watch(storedForGood('answered'), {
      occurrence: night ? 40 : 3,
      onHit: replica => world.kill(replica),
    });
    let isOver = false;
    const isDone = async () => {
      await world.poke([channel]);
      const { lastImport } = await channel.read();
      return lastImport?.state === 'done';
    };
    const waiting = Promise.all([
      readOtherMail(world, other, () => isOver),
      watchMemory(world, before, () => isOver),
    ]);
    waiting.catch(() => {});
    try {
      await importNewest(world, channel, wanted);
      await within(watch.hit, KILL_DEADLINE_MS, 'old mail to be stored');
      const done = await ask(isDone, {
        timeoutMs: night ? 30 * 60_000 : 60_000,
        everyMs: 300,
      });
      if (!done) {
        throw new Error('The import does not come to its end');
      }
    } finally {
      watch.disarm();
      isOver = true;
    }
    await waiting;
    await world.allUp();
    await channel.deliverMany('R38', 3);
    return [channel, other];
  },
};

export const largeMailboxRows = [largeMailbox];
