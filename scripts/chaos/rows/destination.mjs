// SPDX-License-Identifier: Apache-2.0
import { shortVisits } from '../crashPoints.mjs';
import { handedOver } from '../moments.mjs';

// What happens where mail goes to a service elsewhere, over HTTP.

const HIT_DEADLINE_MS = 30_000;

/** @returns the channel whose mail goes there */
async function channelElsewhere(world) {
  const channel = await world.channel('elsewhere');
  if (!channel.elsewhere) {
    await channel.handleElsewhere();
  }
  return channel;
}

/** Something is done, so many times, when the service has made something. */
async function whenMade(world, { row, times, mails, onHit }) {
  const channel = await channelElsewhere(world);
  const callsBefore = world.elsewhere.calls;
  for (let n = 0; n < times; n += 1) {
    const watch = world.watch(handedOver('answered'), {
      // Not always at the first mail of those that wait.
      occurrence: world.random.between(1, mails),
      onHit,
    });
    await channel.deliverMany(row, mails);
    await world
      .pokeUntil(watch.hit, [channel], {
        timeoutMs: HIT_DEADLINE_MS,
        what: 'a mail to be handed over',
      })
      .finally(watch.disarm);
    await world.drain([channel]);
  }
  const calls = world.elsewhere.calls - callsBefore;
  // Its control: each time somebody had to come again.
  if (calls < times * mails + times) {
    throw new Error(`${times * mails} mails were handed over ${calls} times`);
  }
  return [channel];
}

/** R49 */
const killedBehindIt = {
  id: 'R49.1',
  title: 'a service elsewhere: killed when it has made something',
  run: (world, { night }) =>
    whenMade(world, {
      row: 'R49.1',
      times: night ? 50 : 3,
      mails: night ? 20 : 3,
      onHit: replica => world.kill(replica),
    }),
};

/** R49 */
const answerLost = {
  id: 'R49.2',
  title: 'a service elsewhere: it has made something, its answer is lost',
  run: (world, { night }) =>
    whenMade(world, {
      row: 'R49.2',
      times: night ? 20 : 2,
      mails: night ? 5 : 2,
      onHit: async () => {
        world.cuts += 1;
      },
    }),
};

export const destinationRows = [killedBehindIt, answerLost].map(row => ({
  ...row,
  visits: shortVisits,
}));
