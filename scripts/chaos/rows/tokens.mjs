// SPDX-License-Identifier: Apache-2.0
import { shortVisits } from '../crashPoints.mjs';
import { endClaims, expectState, renew } from '../grants.mjs';
import { pause } from '../waiting.mjs';
import { LEASE_MS } from '../World.mjs';

// What happens to tokens and to the provider that gives them.

/** Longer than a lease. */
const OUTAGE_MS = 2 * LEASE_MS;

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
  await renew(world, channel, {
    row,
    onHit: replica => world.kill(replica),
  });
  // The right to renew is the dead one's for half a minute, which is waited for
  // at night only.
  if (!night) {
    await endClaims(world);
  }
}

/** R26 */
const databaseAway = {
  id: 'R26',
  title: 'nobody reaches PostgreSQL just when new tokens come',
  async run(world) {
    const channel = await world.channel('tokens-kept');
    await renew(world, channel, {
      row: 'R26',
      onHit: async ({ wires }) => {
        const proxy = wires.proxy('database');
        await proxy.setPlan({ paused: true });
        setTimeout(() => void proxy.setPlan({}), OUTAGE_MS);
        return 'go on';
      },
    });
    await pause(OUTAGE_MS);
    await world.drain([channel]);
    await expectState(channel, 'active');
    return [channel];
  },
};

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

/** Each visit signs in: kept connections need no token. */
export const tokenRows = [expiring, ...rotatedThenKilled, databaseAway].map(
  row => ({ ...row, visits: shortVisits }),
);
