// SPDX-License-Identifier: Apache-2.0
import {
  imapPoints,
  occurrencesOf,
  pop3Points,
  shortVisits,
} from '../crashPoints.mjs';
import { ask } from '../waiting.mjs';

/** After the mail has ended, for what comes behind that. */
const HIT_DEADLINE_MS = 8_000;
const TRIES = 3;
const EMPTY_DEADLINE_MS = 20_000;

/**
 * Delivers mail and kills whichever replica comes to a point, the n-th time
 * that one does.
 *
 * @param {import('../World.mjs').World} world
 * @throws where none does
 */
async function dieAt(world, channel, { row, point, occurrence }) {
  const { moment, delivery } = point;
  const watch = world.watch(moment, {
    occurrence,
    onHit: replica => world.kill(replica),
  });
  const deliver = async () => {
    await channel.deliverMany(row, delivery.mails);
    await world.drain([channel]);
  };
  const isHit = () =>
    world.pokeUntil(watch.hit, [channel], { timeoutMs: HIT_DEADLINE_MS }).then(
      () => true,
      () => false,
    );
  try {
    for (let n = 1; n < delivery.portions; n += 1) {
      await deliver();
    }
    // A visit may have come between the mails of a portion.
    for (let n = 0; n < TRIES; n += 1) {
      await deliver();
      if (await isHit()) {
        return;
      }
    }
    throw new Error(`No replica came to it, occurrence ${occurrence}`);
  } finally {
    watch.disarm();
    await world.drain([channel]);
  }
}

/** R3: the server deletes what is stored, at last all of it. */
async function expectEmptied(world, channel) {
  const isEmpty = await ask(
    async () => {
      await world.poke([channel]);
      const left = await world.dovecot.mail.uids(channel.address);
      return left.length === 0;
    },
    { timeoutMs: EMPTY_DEADLINE_MS, everyMs: 300 },
  );
  if (!isEmpty) {
    throw new Error('Stored mail stays on the server');
  }
}

function rowOf({ id, protocol, point }) {
  return {
    id,
    title: `killed, ${protocol.toUpperCase()}: ${point.name}`,
    visits: shortVisits,
    async run(world, { short }) {
      const channel = await world.channel(`points-${protocol}`, {
        server: protocol,
        deletes: protocol === 'pop3',
      });
      const [first, ...others] = occurrencesOf(point);
      for (const occurrence of short ? [first] : [first, ...others]) {
        await dieAt(world, channel, { row: id, point, occurrence });
      }
      if (protocol === 'pop3') {
        await expectEmptied(world, channel);
      }
      return [channel];
    },
  };
}

/** R2: one row for each point, and in it a case for each position. */
export const imapCrashRows = imapPoints.map((point, n) =>
  rowOf({ id: `R2.${n + 1}`, protocol: 'imap', point }),
);

/** R3 */
export const pop3CrashRows = pop3Points.map((point, n) =>
  rowOf({ id: `R3.${n + 1}`, protocol: 'pop3', point }),
);
