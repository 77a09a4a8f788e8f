// SPDX-License-Identifier: Apache-2.0
import {
  imapPoints,
  MAILS_PER_CASE,
  MAILS_PER_VISIT,
  occurrencesOf,
} from '../crashPoints.mjs';
import { within } from '../waiting.mjs';

const HIT_DEADLINE_MS = 20_000;

/**
 * Delivers mail and kills whichever replica comes to a point, the n-th time
 * that one does.
 *
 * @param {import('../World.mjs').World} world
 */
export async function dieAt(world, channel, { row, point, occurrence }) {
  const watch = world.watch(point.moment, {
    occurrence,
    onHit: replica => world.kill(replica),
  });
  try {
    await channel.deliverMany(row, MAILS_PER_CASE);
    await world.poke([channel]);
    await within(
      watch.hit,
      HIT_DEADLINE_MS,
      `${point.name}, occurrence ${occurrence}`,
    );
  } finally {
    watch.disarm();
  }
  await world.drain([channel]);
}

function rowOf({ id, protocol, point }) {
  return {
    id,
    title: `killed: ${point.name}`,
    mailsPerVisit: MAILS_PER_VISIT,
    async run(world) {
      const channel = await world.channel(`points-${protocol}`, { protocol });
      for (const occurrence of occurrencesOf(point)) {
        await dieAt(world, channel, { row: id, point, occurrence });
      }
      return [channel];
    },
  };
}

/** R2: one row for each point, and in it a case for each position. */
export const imapCrashRows = imapPoints.map((point, n) =>
  rowOf({ id: `R2.${n + 1}`, protocol: 'imap', point }),
);
