// SPDX-License-Identifier: Apache-2.0
import { renewed } from './moments.mjs';

// What rows do with the tokens of one channel.

const HIT_DEADLINE_MS = 30_000;

/**
 * Has the tokens of a channel run out, as if an hour had passed for it alone:
 * of a renewal's bytes nobody could tell whose it is.
 */
export async function runOut(world, channel) {
  await setGrant(
    world,
    channel,
    'access_expires_at = 0, access_refresh_at = 0, next_refresh_at = 0',
  );
}

/** Has the tokens of a channel be due for renewal; they are good for a while. */
export async function makeDue(world, channel) {
  await setGrant(world, channel, 'access_refresh_at = 0, next_refresh_at = 0');
}

/** Has a channel's tokens fail to be renewed so many times in a row. */
export async function failBefore(world, channel, times) {
  await setGrant(world, channel, `failed_refreshes = ${times}`);
}

async function setGrant(world, channel, columns) {
  await world.query(
    `UPDATE oauth_grants SET ${columns} FROM mailboxes
      WHERE mailboxes.id = oauth_grants.mailbox_id AND mailboxes.address = $1`,
    [channel.address],
  );
}

/** The right to renew is nobody's any more, as after half a minute. */
export async function endClaims(world) {
  await world.query(
    `UPDATE oauth_grants SET refreshing_until = 0
      WHERE refreshing_until IS NOT NULL`,
  );
}

/** Has the tokens of a channel renewed, and something done at that moment. */
export async function renew(world, channel, { row, onHit }) {
  const watch = world.watch(renewed('answered'), { onHit });
  await channel.deliverMany(row, 4);
  await runOut(world, channel);
  await world
    .pokeUntil(watch.hit, [channel], {
      timeoutMs: HIT_DEADLINE_MS,
      what: 'a renewal',
    })
    .finally(watch.disarm);
}

/** @throws where a channel is anything else */
export async function expectState(channel, ...expected) {
  const { state } = await channel.read();
  if (!expected.includes(state)) {
    throw new Error(
      `The channel ${channel.name} is ${state}, not ${expected.join(' or ')}`,
    );
  }
}
