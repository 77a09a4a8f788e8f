// SPDX-License-Identifier: Apache-2.0
import { renewed } from '../moments.mjs';
import { pause, within } from '../waiting.mjs';

// What happens to tokens and to the provider that gives them.

const HIT_DEADLINE_MS = 30_000;

/** R23 */
const expiring = {
  id: 'R23',
  title: 'access tokens end in the middle of visits',
  async run(world, { night }) {
    const channel = await world.channel('tokens');
    const states = new Set();
    for (let n = 0; n < (night ? 60 : 4); n += 1) {
      await channel.deliverMany('R23', 6);
      await world.poke([channel]);
      await pause(world.random.between(0, 250));
      await world.misbehave({ expireAccessTokensNow: true });
      await world.poke([channel]);
      await pause(300);
      states.add((await channel.read()).state);
    }
    await world.drain([channel]);
    states.delete('active');
    if (states.size > 0) {
      throw new Error(`The channel was ${[...states].join(', ')}`);
    }
    return [channel];
  },
};

/** Kills whoever has been given new tokens and has not stored them. */
async function dieWithNewTokens(world, channel, { row, night }) {
  const watch = world.watch(renewed('answered'), {
    onHit: replica => world.kill(replica),
  });
  await channel.deliverMany(row, 4);
  // As if an hour had passed for this channel alone: of a renewal's bytes
  // nobody could tell whose it is.
  await world.query(
    `UPDATE oauth_grants SET access_expires_at = 0, access_refresh_at = 0
      FROM mailboxes
      WHERE mailboxes.id = oauth_grants.mailbox_id AND mailboxes.address = $1`,
    [channel.address],
  );
  await world.poke([channel]);
  await within(watch.hit, HIT_DEADLINE_MS, 'a renewal').finally(watch.disarm);
  // The right to renew is the dead one's for half a minute, which is waited for
  // at night only.
  if (!night) {
    await world.query(
      `UPDATE oauth_grants SET refreshing_until = 0
        WHERE refreshing_until IS NOT NULL`,
    );
  }
}

/** R25 */
const rotatedThenKilled = [
  {
    id: 'R25.1',
    title: 'killed with new tokens, former ones stay good',
    async run(world, { night }) {
      const channel = await world.channel('tokens');
      await world.misbehave({ refreshRotation: 'lenient' });
      await dieWithNewTokens(world, channel, { row: 'R25.1', night });
      await world.drain([channel], { timeoutMs: 60_000 });
      await world.misbehave({ refreshRotation: 'strict' });
      return [channel];
    },
  },
  {
    id: 'R25.2',
    title: 'killed with new tokens, former ones end: authorized again',
    async run(world, { night }) {
      const channel = await world.channel('rotated');
      await dieWithNewTokens(world, channel, { row: 'R25.2', night });
      const stopped = await channel.until(
        ({ state }) => state === 'needs-consent',
        60_000,
      );
      if (!stopped) {
        throw new Error('The channel does not say that it needs consent');
      }
      await world.consent(channel.path, channel.address);
      return [channel];
    },
  },
];

export const tokenRows = [expiring, ...rotatedThenKilled];
