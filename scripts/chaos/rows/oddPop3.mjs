// SPDX-License-Identifier: Apache-2.0
import { pause } from '../waiting.mjs';

// POP3 servers that do not do what one would expect of them, and yet may.

/** Has a mailbox visited so many times, with mail arriving in between. */
async function readAgainAndAgain(world, channel, { row, times, mails }) {
  for (let n = 0; n < times; n += 1) {
    await channel.deliverMany(row, mails);
    await world.drain([channel]);
    await world.poke([channel]);
    await pause(200);
  }
}

/** R16 */
const withoutNames = [
  ['R16.1', 'absent', 'names its mails not at all'],
  ['R16.2', 'changing', 'names its mails anew in each session'],
].map(([id, pop3Uidl, what]) => ({
  id,
  title: `a POP3 server that ${what}`,
  async run(world, { night }) {
    const channel = await world.channel(`odd-${pop3Uidl}`, {
      server: 'odd-pop3',
    });
    await channel.deliverMany(id, 3);
    await world.drain([channel]);
    await world.misbehave({ pop3Uidl });
    await readAgainAndAgain(world, channel, {
      row: id,
      times: night ? 20 : 3,
      mails: night ? 25 : 3,
    });
    await world.misbehave({ pop3Uidl: null });
    return [channel];
  },
}));

/** R17 */
const sameNames = {
  id: 'R17',
  title: 'a POP3 server with one name for equal mails: both are shown',
  async run(world) {
    const channel = await world.channel('odd-duplicate', {
      server: 'odd-pop3',
    });
    await world.misbehave({ pop3Uidl: 'duplicate' });
    const mails = await channel.deliverMany('R17', 4);
    for (const mail of mails) {
      await channel.deliverAgain(mail);
    }
    await world.drain([channel]);
    return [channel];
  },
};

/** R18 */
const busyMaildrop = {
  id: 'R18',
  title: 'a POP3 server that is in use, asks for patience, or is unwell',
  waits: true,
  async run(world) {
    const channels = [];
    for (const pop3RefuseLogin of ['IN-USE', 'LOGIN-DELAY', 'SYS/TEMP']) {
      const channel = await world.channel(`odd-busy-${channels.length}`, {
        server: 'odd-pop3',
      });
      channels.push(channel);
      await world.misbehave({ pop3RefuseLogin });
      await channel.deliverMany('R18', 2);
      await world.poke([channel]);
      await pause(800);
      const { state } = await channel.read();
      if (!['active', 'degraded'].includes(state)) {
        throw new Error(`${pop3RefuseLogin} makes the channel ${state}`);
      }
      await world.misbehave({ pop3RefuseLogin: null });
    }
    return channels;
  },
};

export const oddPop3Rows = [...withoutNames, sameNames, busyMaildrop];
