// SPDX-License-Identifier: Apache-2.0
// What a visit and a mail cost among more and more channels. A process of its
// own; see reader.mjs.
import { createInterface } from 'node:readline';
import { openReplica, say } from './replica.mjs';

const { database, server, users, channels, visits } = JSON.parse(
  process.env.BENCH_SETTINGS,
);
const COPIED_AT_ONCE = 50;

const replica = await openReplica({ database, processes: true });
const { db } = replica;
const lines = createInterface({ input: process.stdin });
lines.once('close', () => process.exit(0));
const nextLine = () => new Promise(resolve => lines.once('line', resolve));

const model = await replica.addChannel({ ...server, user: users[0] });
let present = 1 + users.length;

// The others have all rows that a channel has, and are due an hour from now.
async function addOthers(upTo) {
  const [mailbox] = await db('mailboxes').where({ id: model });
  const [binding] = await db('handler_bindings').where({ mailbox_id: model });
  const dueAt = Date.now() + 3_600_000;
  for (; present < upTo; present += COPIED_AT_ONCE) {
    const ids = Array.from(
      { length: Math.min(COPIED_AT_ONCE, upTo - present) },
      () => crypto.randomUUID(),
    );
    const each = toRow => ids.map(toRow);
    await db('mailboxes').insert(
      each(id => ({ ...mailbox, id, project_ref: `component:default/${id}` })),
    );
    await db('handler_bindings').insert(
      each(id => ({ ...binding, id: crypto.randomUUID(), mailbox_id: id })),
    );
    for (const kind of ['poll', 'process']) {
      await db('leases').insert(
        each(id => ({
          kind,
          subject_id: id,
          ticket: 0,
          due_at: kind === 'poll' ? dueAt : null,
        })),
      );
    }
  }
  present = upTo;
}

async function cpuMs(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const channelIds = [];
for (const user of users) {
  channelIds.push(await replica.addChannel({ ...server, user }));
}
for (const [at, upTo] of channels.entries()) {
  await addOthers(upTo);
  await replica.visit(channelIds[at]);
  say('ready');
  const { mails } = JSON.parse(await nextLine());
  const read = await cpuMs(() => replica.read(channelIds[at], mails));
  const visited = await cpuMs(async () => {
    for (let turn = 0; turn < visits; turn += 1) {
      await replica.visit(channelIds[at]);
    }
  });
  say('measured', {
    channels: upTo,
    cpuMsPerVisit: visited / visits,
    cpuMsPerMail: read / mails,
  });
  await nextLine();
}
await replica.stop();
process.exit(0);
