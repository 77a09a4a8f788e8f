// SPDX-License-Identifier: Apache-2.0
import { ask, pause } from '../waiting.mjs';

// What becomes old, and what must not be forgotten all the same.

const DAY_MS = 86_400_000;
/** Longer than anything is kept. */
const JUMP_MS = 400 * DAY_MS;
const REMOVED_DEADLINE_MS = 30_000;

/** What the database's clock was asked for, by table. */
const AGED = {
  inbox_messages: ['received_at', 'accepted_at', 'finished_at'],
  known_sources: ['listed_at'],
  mailbox_cursors: ['created_at'],
  journal_entries: ['at'],
  account_gates: ['entered_at'],
};

/** As if the database's clock had jumped by so much, either way. */
async function jump(world, byMs) {
  for (const [table, columns] of Object.entries(AGED)) {
    const earlier = columns.map(column => `${column} = ${column} - $1`);
    await world.query(`UPDATE ${table} SET ${earlier.join(', ')}`, [byMs]);
  }
}

async function bytesLeft(world, { address }) {
  const [{ n }] = await world.query(
    `SELECT count(*)::int AS n FROM inbox_chunks
      JOIN inbox_messages ON inbox_messages.id = inbox_chunks.message_id
      JOIN mailboxes ON mailboxes.id = inbox_messages.mailbox_id
      WHERE mailboxes.address = $1`,
    [address],
  );
  return n;
}

async function untilSweptUp(world, channels) {
  await world.runTask('retention');
  const isSwept = await ask(
    async () => {
      const left = await Promise.all(
        channels.map(channel => bytesLeft(world, channel)),
      );
      return left.every(count => count === 0);
    },
    { timeoutMs: REMOVED_DEADLINE_MS, everyMs: 200 },
  );
  if (!isSwept) {
    throw new Error('Nobody removes what is old');
  }
}

/**
 * Mail from before a mailbox is read, which is known by its name alone: it is
 * stored nowhere, and is to become nothing.
 */
async function deliverOldMail(channel) {
  const mails = await channel.deliverMany('R52', 4);
  mails.forEach(mail => {
    mail.copies = 0;
  });
}

/** R52 */
const clockJumps = {
  id: 'R52',
  title: 'more than a year passes at once: bytes go, no mail comes again',
  async run(world, { night }) {
    const imap = await world.channel('kept-imap');
    const pop3 = await world.channel('kept-pop3', {
      server: 'pop3',
      before: deliverOldMail,
    });
    const channels = [imap, pop3];
    for (let n = 0; n < (night ? 20 : 1); n += 1) {
      for (const channel of channels) {
        await channel.deliverMany('R52', 4);
      }
      await world.drain(channels);
      await jump(world, JUMP_MS);
      await untilSweptUp(world, channels);
      // Nothing is left to compare with but the keys.
      await imap.renumber();
      for (let visit = 0; visit < 3; visit += 1) {
        await world.poke(channels);
        await pause(500);
      }
      await jump(world, -JUMP_MS);
    }
    for (const channel of channels) {
      await channel.deliverMany('R52', 2);
    }
    return channels;
  },
};

export const retentionRows = [clockJumps];
