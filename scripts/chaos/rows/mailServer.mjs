// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { fetching } from '../moments.mjs';
import { ask, pause, within } from '../waiting.mjs';

// What a mail server, the wire to it, and the people at the mailbox do.

const HIT_DEADLINE_MS = 20_000;

const eachImapWire = (world, plan) =>
  Promise.all(
    world.replicas.map(({ wires }) => wires.proxy('imap').setPlan(plan())),
  );

/** R12 */
const renumbered = {
  id: 'R12',
  title: 'UIDVALIDITY changes, the mail is the same',
  async run(world, { night }) {
    const channel = await world.channel('renumbered');
    await channel.deliverMany('R12', night ? 2_000 : 20);
    await world.drain([channel]);
    await channel.renumber();
    await world.poke([channel]);
    await pause(1_500);
    return [channel];
  },
};

/** R13 */
const renumberedWithMail = {
  id: 'R13',
  title: 'UIDVALIDITY changes, with new mail in between',
  async run(world, { night }) {
    const channel = await world.channel('renumbered');
    await channel.renumber();
    await channel.deliverMany('R13', night ? 50 : 8);
    await world.poke([channel]);
    // In the middle of it, once more.
    await channel.renumber();
    await channel.deliverMany('R13', 2);
    return [channel];
  },
};

/** R14 */
const recreated = {
  id: 'R14',
  title: 'mailbox deleted, made again, filled again',
  async run(world) {
    const channel = await world.channel('recreated');
    await channel.deliverMany('R14', 5);
    await world.drain([channel]);
    // Nobody may be signed in to it.
    await world.whileDown(async () => {
      await world.dovecot.hungUp();
      await world.dovecot.mail.remove(channel.address);
      // Dovecot takes the second for UIDVALIDITY, and none is to be used twice.
      await pause(1_100);
    });
    await channel.deliverMany('R14', 5);
    return [channel];
  },
};

/** R19 */
const splitBytes = {
  id: 'R19',
  title: 'bytes come in segments of three',
  async run(world) {
    const channel = await world.channel('wire');
    const plan = { segmentBytes: 3 };
    await eachImapWire(world, () => ({ toClient: plan, toTarget: plan }));
    await channel.deliverMany('R19', 4);
    await world.drain([channel]);
    await expectSameBytes(world, channel);
    return [channel];
  },
};

const digest = bytes => createHash('sha256').update(bytes).digest('hex');

/** Every stored mail is, byte for byte, one that was sent. */
async function expectSameBytes(world, channel) {
  await world.drain([channel]);
  const sent = new Set(channel.mails.map(({ raw }) => digest(raw)));
  for (const { id } of await world.api.list(`${channel.project}/messages`)) {
    const path = `${channel.project}/messages/${id}/raw`;
    if (!sent.has(digest(await world.api.download(path)))) {
      throw new Error(`The mail ${id} is none that was sent`);
    }
  }
}

/** R20 */
const cutMails = {
  id: 'R20',
  title: 'connections cut within mails, at any byte',
  async run(world, { night }) {
    const channel = await world.channel('wire');
    for (let n = 0; n < (night ? 50 : 5); n += 1) {
      await eachImapWire(world, () => ({
        toClient: { cutAfterBytes: world.random.between(1_000, 60_000) },
        maxCuts: 1,
      }));
      await channel.deliverMany('R20', 6);
      await world.poke([channel]);
      await world.drain([channel]);
    }
    world.cuts += world.replicas
      .map(({ wires }) => wires.proxy('imap').counts().cuts)
      .reduce((sum, cuts) => sum + cuts, 0);
    await eachImapWire(world, () => ({}));
    await expectSameBytes(world, channel);
    return [channel];
  },
};

/** R21 */
const silence = {
  id: 'R21',
  title: 'the server falls silent within a mail',
  nightOnly: true,
  async run(world) {
    const channel = await world.channel('wire');
    await channel.deliverMany('R21', 6);
    await eachImapWire(world, () => ({
      toClient: { blackHole: true },
    }));
    await world.poke([channel]);
    await pause(75_000);
    await eachImapWire(world, () => ({}));
    return [channel];
  },
};

/** R22 */
const slowServer = {
  id: 'R22',
  title: 'a server so slow that a visit outlasts many leases',
  async run(world) {
    const channel = await world.channel('slow');
    const plan = { toClient: { bytesPerSecond: 30_000 } };
    await eachImapWire(world, () => plan);
    const large = channel.compose('R22', 0);
    await channel.deliver({
      ...large,
      raw: Buffer.concat([
        large.raw,
        Buffer.from(`${'x'.repeat(76)}\r\n`.repeat(1_800)),
      ]),
    });
    const others = [1, 2].map(index => channel.compose('R22', index));
    await Promise.all(others.map(mail => channel.deliver(mail)));
    await world.drain([channel]);
    return [channel];
  },
};

/** R42 */
const changedMeanwhile = {
  id: 'R42',
  title: 'settings changed within a visit: nothing of the former is stored',
  async run(world) {
    const channel = await world.channel('changed');
    await world.dovecot.mail.createFolder(channel.address, 'Elsewhere');
    let release;
    const released = new Promise(resolve => {
      release = resolve;
    });
    let begun;
    const hasBegun = new Promise(resolve => {
      begun = resolve;
    });
    const watch = world.watch(fetching, {
      onHit: async () => {
        begun();
        await released;
        return 'go on';
      },
    });
    await channel.deliverMany('R42', 8);
    await world.poke([channel]);
    await within(hasBegun, HIT_DEADLINE_MS, 'a visit').finally(watch.disarm);
    await channel.update({ folder: 'Elsewhere' });
    release();
    await pause(1_500);
    const messages = await world.api.list(`${channel.project}/messages`);
    if (messages.length > 0) {
      throw new Error(
        `${messages.length} mails were stored with settings that were gone`,
      );
    }
    await channel.update({ folder: 'INBOX' });
    return [channel];
  },
};

/** R43 */
const peopleAtWork = {
  id: 'R43',
  title: 'people read, and take away, mail before it is fetched',
  async run(world, { night }) {
    const channel = await world.channel('people');
    const person = await channel.signInAsOwner();
    try {
      for (let n = 0; n < (night ? 50 : 4); n += 1) {
        const mails = await channel.deliverMany('R43', 5);
        // The last one is taken away, the others are read.
        mails[4].mayVanish = true;
        await person.readAllAndDeleteLast();
        await world.poke([channel]);
        await pause(world.random.between(0, 200));
      }
    } finally {
      await person.leave();
    }
    return [channel];
  },
};

/** R44 */
const twoChannels = {
  id: 'R44',
  title: 'one mail in the mailboxes of two channels',
  async run(world) {
    const one = await world.channel('people');
    const other = await world.channel('slow');
    for (let index = 0; index < 8; index += 1) {
      const mail = one.compose('R44', index);
      await Promise.all([one.deliver(mail), other.deliver({ ...mail })]);
    }
    return [one, other];
  },
};

/** R45 */
const sameMailTwice = {
  id: 'R45',
  title: 'the same mail twice in a mailbox: both are shown',
  async run(world) {
    const channel = await world.channel('copies');
    const mails = await channel.deliverMany('R45', 6);
    for (const mail of mails.slice(0, 3)) {
      await channel.deliverAgain(mail);
    }
    await world.drain([channel]);
    for (const mail of mails.slice(3)) {
      await channel.deliverAgain(mail);
    }
    return [channel];
  },
};

/** R46 */
const readOnly = {
  id: 'R46',
  title: 'a mailbox that may only be read',
  async run(world) {
    const channel = await world.channel('read-only');
    await world.dovecot.mail.makeReadOnly(channel.address, 'INBOX');
    await channel.deliverMany('R46', 6);
    await world.drain([channel]);
    const { state } = await channel.read();
    if (state !== 'active') {
      throw new Error(`The channel is ${state}`);
    }
    return [channel];
  },
};

/** R36 */
const poison = {
  id: 'R36',
  title: 'poison among the mails, one in ten',
  async run(world, { night }) {
    const channel = await world.channel('poison');
    const kinds = poisons(channel.address);
    for (let n = 0; n < (night ? 50 : 4); n += 1) {
      await channel.deliverMany('R36', 9);
      const uuid = world.random.uuid();
      const raw = Buffer.from(kinds[n % kinds.length](uuid), 'latin1');
      await channel.deliver({
        ...{ uuid, raw, row: 'R36' },
        ...{ copies: 1, mayVanish: false },
      });
      await world.poke([channel]);
    }
    const drained = await ask(() => channel.isDrained(), {
      timeoutMs: 30_000,
      everyMs: 200,
    });
    if (!drained) {
      throw new Error('Poison delays other mail');
    }
    return [channel];
  },
};

/** Mails that want to be too much for whoever reads them. */
function poisons(to) {
  const head = `From: p@example.com\r\nTo: ${to}\r\nSubject: poison\r\n`;
  return [
    uuid => `\x00\xff\xfe\r\n\r\nCase ${uuid} \x00\x01`,
    uuid => {
      const depth = 300;
      const open = Array.from(
        { length: depth },
        (_, n) =>
          `Content-Type: multipart/mixed; boundary="b${n}"\r\n\r\n--b${n}\r\n`,
      );
      return `${head}${open.join('')}\r\nCase ${uuid}\r\n`;
    },
    uuid => `${head}${'X-Much: more\r\n'.repeat(20_000)}\r\nCase ${uuid}\r\n`,
    uuid =>
      `${head}References: ${'<a@b> '.repeat(
        20_000,
      )}\r\nContent-Type: text/plain; charset=no-such-charset\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!Case ${uuid}\r\n`,
  ];
}

export const mailServerRows = [
  renumbered,
  renumberedWithMail,
  recreated,
  splitBytes,
  cutMails,
  silence,
  slowServer,
  poison,
  changedMeanwhile,
  peopleAtWork,
  twoChannels,
  sameMailTwice,
  readOnly,
];
