// SPDX-License-Identifier: Apache-2.0
import { noticed, noticeNoted } from '../moments.mjs';
import { ask, within } from '../waiting.mjs';

// What people are told, and how often.

const HIT_DEADLINE_MS = 40_000;
const TOLD_DEADLINE_MS = 40_000;
const TASK = 'notices';

/** Notices about a channel's project, by the name that each is known by. */
function toldOf(world, channel) {
  const to = `component:default/${channel.name}`;
  const byScope = new Map();
  for (const notice of world.notices.arrived) {
    if (notice.to === to) {
      byScope.set(notice.scope, [
        ...(byScope.get(notice.scope) ?? []),
        notice.title,
      ]);
    }
  }
  return byScope;
}

/**
 * Has notices be sent that somebody has died with: the task is another's at
 * once, and so is the notice, for which all wait two minutes at night.
 */
async function sendSoon(world, { night }) {
  if (!night) {
    await world.query(
      'UPDATE notices SET taken_until = 0 WHERE taken_until IS NOT NULL',
    );
  }
  await world.runTask(TASK);
}

async function stopReading(world, channel) {
  await world.misbehave({
    revokeGrants: { account: channel.address },
    expireAccessTokensNow: true,
  });
  await world.query(
    `UPDATE oauth_grants SET access_expires_at = 0, access_refresh_at = 0,
        next_refresh_at = 0
      FROM mailboxes WHERE mailboxes.id = oauth_grants.mailbox_id
        AND mailboxes.address = $1`,
    [channel.address],
  );
  const stopped = await channel.until(
    ({ state }) => state === 'needs-consent',
    HIT_DEADLINE_MS,
  );
  if (!stopped) {
    throw new Error('The channel does not say that it needs consent');
  }
}

/** @param {(told: string[][]) => boolean} isGood */
async function untilTold(world, channel, isGood, what) {
  const told = await ask(() => isGood([...toldOf(world, channel).values()]), {
    timeoutMs: TOLD_DEADLINE_MS,
  });
  if (!told) {
    throw new Error(`Nobody was told that ${what}`);
  }
}

/** R48: killed at a point of sending; then everybody is told all the same. */
const killedWhileTelling = [
  ['R48.1', 'before a notice is sent', noticed('before'), 1],
  ['R48.2', 'a notice sent, the answer lost', noticed('answered'), 2],
  ['R48.3', 'a notice sent, before that is noted', noticeNoted('before'), 2],
].map(([id, what, moment, most]) => ({
  id,
  title: `killed, ${what}`,
  nightOnly: id !== 'R48.1',
  async run(world, size) {
    const channel = await world.channel(id.toLowerCase().replace('.', '-'));
    await channel.deliverMany(id, 2);
    await world.drain([channel]);
    const watch = world.watch(moment, {
      onHit: replica => world.kill(replica),
    });
    try {
      await stopReading(world, channel);
      // A replica that was killed before may have been about it.
      await world.runTask(TASK);
      await within(watch.hit, HIT_DEADLINE_MS, 'a notice');
    } finally {
      watch.disarm();
    }
    await world.allUp();
    await sendSoon(world, size);
    await untilTold(world, channel, told => told.length === 1, 'it stopped');
    await world.consent(channel.path, channel.address);
    await channel.deliverMany(id, 2);
    await world.drain([channel]);
    await untilTold(world, channel, told => told.length === 2, 'it goes on');
    for (const [scope, titles] of toldOf(world, channel)) {
      if (!scope || titles.length > most) {
        throw new Error(`Told ${titles.length} times: ${titles[0]}`);
      }
    }
    return [channel];
  },
}));

export const noticeRows = killedWhileTelling;
