// SPDX-License-Identifier: Apache-2.0
import poisonThreads from '../poisonThreads.cjs';
import { ask } from '../waiting.mjs';

// Mails that are the end of the thread that reads them.

const QUARANTINE_DEADLINE_MS = 40_000;
/** Two seconds, half a minute and five minutes lie between attempts. */
const NIGHT_DEADLINE_MS = 10 * 60_000;
const GOOD_MAILS = 6;

/** Has what was postponed be tried again at once. */
async function hurryAttempts(world, { address }) {
  await world.query(
    `UPDATE inbox_messages SET next_attempt_at = 0 FROM mailboxes
      WHERE mailboxes.id = inbox_messages.mailbox_id AND address = $1
        AND inbox_messages.state = 'stored' AND next_attempt_at IS NOT NULL`,
    [address],
  );
  await world.query(
    `UPDATE leases SET due_at = 0 FROM mailboxes
      WHERE kind = 'process' AND subject_id = mailboxes.id AND address = $1
        AND lease_until IS NULL`,
    [address],
  );
}

function poisonOf(world, channel, kind) {
  const uuid = world.random.uuid();
  const raw = Buffer.from(
    `From: p@example.com\r\nTo: ${channel.address}\r\nSubject: ${kind}\r\n${poisonThreads.HEADER}${kind}\r\n\r\nCase ${uuid}\r\n`,
  );
  return { uuid, raw, row: 'R37', copies: 1, mayVanish: false };
}

/** R37 */
const dyingThreads = {
  id: 'R37',
  title:
    'mails that end the thread that reads them: set aside, nobody restarts',
  async run(world, { night }) {
    const channel = await world.channel('dying-threads');
    const before = world.replicas.map(({ pid }) => pid);
    for (let n = 0; n < (night ? 10 : 1); n += 1) {
      for (const kind of night ? poisonThreads.kinds : ['gone']) {
        await channel.deliver(poisonOf(world, channel, kind));
        await channel.deliverMany('R37', GOOD_MAILS / 2);
      }
    }
    await world.poke([channel]);
    const isSetAside = await ask(
      async () => {
        if (!night) {
          await hurryAttempts(world, channel);
        }
        return channel.isDrained();
      },
      {
        timeoutMs: night ? NIGHT_DEADLINE_MS : QUARANTINE_DEADLINE_MS,
        everyMs: 500,
      },
    );
    if (!isSetAside) {
      throw new Error('A mail is tried for ever');
    }
    if (world.replicas.some(({ pid }, n) => pid !== before[n])) {
      throw new Error('A replica has ended with a thread');
    }
    const messages = await world.api.list(`${channel.project}/messages`);
    const aside = messages.filter(
      ({ state }) => state === 'quarantined',
    ).length;
    const poisons = channel.mails.filter(({ raw }) =>
      raw.includes(poisonThreads.HEADER),
    ).length;
    if (aside !== poisons) {
      throw new Error(`${aside} mails were set aside, and not ${poisons}`);
    }
    return [channel];
  },
};

export const readerRows = [dyingThreads];
