// SPDX-License-Identifier: Apache-2.0
import { MailboxOwner } from '../MailboxOwner.mjs';
import { ask } from '../waiting.mjs';

// Servers that move mail by copying and deleting it, and fail in between; and
// what the mailbox's owner has marked as deleted meanwhile, which is not ours
// to remove.

const ODD = 'odd-imap';
const DONE = 'Done';
const MOVED_DEADLINE_MS = 15_000;

/** Two mails of old, which the owner has marked and not removed. */
async function leaveMarkedMail(world, channel, row) {
  const mails = await channel.deliverMany(row, 2);
  mails.forEach(mail => {
    mail.copies = 0;
  });
  const owner = await MailboxOwner.signIn({
    address: channel.address,
    port: world.sandbox.imapPort,
    password: 'sandbox',
  });
  await owner.markAllAsDeleted();
  await owner.createFolder(DONE);
  await owner.leave();
}

async function uidsIn(world, { address }, mailbox) {
  const reply = await fetch(
    `${world.sandboxUrl}/api/mailboxes/${encodeURIComponent(
      address,
    )}/messages?mailbox=${mailbox}&limit=500`,
  );
  return (await reply.json()).map(({ uid }) => uid);
}

/** @throws where what the owner has marked is not there any more */
async function expectMarkedMail(world, channel) {
  const uids = await uidsIn(world, channel, 'INBOX');
  if (!uids.includes(1) || !uids.includes(2)) {
    throw new Error('Mail that only its owner has marked is gone');
  }
  return uids;
}

async function visitTimes(world, channel, times) {
  for (let n = 0; n < times; n += 1) {
    const { lastVisitAt: before } = await channel.read();
    await channel.until(
      ({ lastVisitAt }) => lastVisitAt !== before,
      MOVED_DEADLINE_MS,
    );
  }
}

/** @param {object} faults - of the sandbox */
async function moveUnder(world, channel, { row, faults }) {
  await world.misbehave(faults);
  world.replicas.forEach(({ wires }) => wires.proxy(ODD).cutAll());
  await channel.deliverMany(row, 3);
  await world.drain([channel]);
  await visitTimes(world, channel, 2);
  const uids = await expectMarkedMail(world, channel);
  if (uids.length !== 5) {
    throw new Error(`${uids.length} mails are there, and not all five`);
  }
}

/** They stand in both folders, once each: no visit makes another copy. */
async function expectOneCopyEach(world, channel, count) {
  const copies = (await uidsIn(world, channel, DONE)).length;
  if (copies !== count) {
    throw new Error(`${copies} copies of ${count} mails`);
  }
}

function heal(world) {
  world.replicas.forEach(({ wires }) => wires.proxy(ODD).cutAll());
  return world.misbehave({ imapHides: null, imapAnswer: null });
}

/** Those that were copied stay where they are; another one is moved. */
async function expectNextMoved(world, channel, row) {
  await visitTimes(world, channel, 2);
  await expectOneCopyEach(world, channel, 3);
  await heal(world);
  await channel.deliverMany(row, 1);
  await world.drain([channel]);
  const isMoved = await ask(
    async () => {
      await world.poke([channel]);
      return (await expectMarkedMail(world, channel)).length === 5;
    },
    { timeoutMs: MOVED_DEADLINE_MS, everyMs: 300 },
  );
  if (!isMoved) {
    throw new Error('Mail is not moved, now that it could be');
  }
  await expectOneCopyEach(world, channel, 4);
}

/** Then they are moved after all, and the owner's are not. */
async function expectMoved(world, channel) {
  await heal(world);
  const isMoved = await ask(
    async () => {
      await world.poke([channel]);
      return (await expectMarkedMail(world, channel)).length === 2;
    },
    { timeoutMs: MOVED_DEADLINE_MS, everyMs: 300 },
  );
  if (!isMoved) {
    throw new Error('Mail is not moved, now that it could be');
  }
}

const halfMoved = {
  id: 'R47.1',
  title: 'mail copied, and not removed: nothing else is',
  faults: {
    imapHides: ['MOVE'],
    imapAnswer: { command: 'UID EXPUNGE', reply: 'NO Not now' },
  },
  then: expectNextMoved,
};

const notSingle = {
  id: 'R47.2',
  title: 'a server that cannot remove single mails: all of it stays',
  faults: { imapHides: ['MOVE', 'UIDPLUS'] },
  refusal: 'not-single',
  then: expectMoved,
};

/** R47 */
export const movingRows = [halfMoved, notSingle].map(
  ({ id, title, faults, refusal, then }) => ({
    id,
    title,
    async run(world) {
      const channel = await world.channel(id.toLowerCase().replace('.', '-'), {
        server: ODD,
        afterStoring: { action: 'move', folder: DONE },
        before: each => leaveMarkedMail(world, each, id),
      });
      await moveUnder(world, channel, { row: id, faults });
      const { afterStoringRefusal } = await channel.read();
      if (refusal && afterStoringRefusal !== refusal) {
        throw new Error(`The channel says ${afterStoringRefusal}`);
      }
      await then(world, channel, id);
      return [channel];
    },
  }),
);
