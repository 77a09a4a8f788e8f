// SPDX-License-Identifier: Apache-2.0
import { judgeVitals, readVitals } from '../Vitals.mjs';
import { pause } from '../waiting.mjs';

// Many mailboxes for a long time, with a fault each minute, and replicas that
// are never started anew: what leaks adds up.

const MINUTE_MS = 60_000;
const CHANNELS = 50;
const AT_ONCE = 5;
const MAIL_EACH_MS = 2_000;

/** Over less, the slope of resident memory is that of V8's moods. */
const JUDGED_FROM_MINUTES = 60;

const onWires = wire => (world, plan) =>
  Promise.all(
    world.replicas.map(({ wires }) => wires.proxy(wire).setPlan(plan)),
  );

async function forAWhile(world, wire, plan, ms) {
  await onWires(wire)(world, plan);
  await pause(ms);
  await onWires(wire)(world, {});
}

const cutAll = wire => async world =>
  world.replicas.forEach(({ wires }) => wires.proxy(wire).cutAll());

/** One after the other, a minute each. */
const FAULTS = [
  ['all connections to the mail server cut', cutAll('imap')],
  [
    'the mail server silent for 10 s',
    world =>
      forAWhile(world, 'imap', { blackHole: true }, 10_000).then(() =>
        cutAll('imap')(world),
      ),
  ],
  ['all connections to the database cut', cutAll('database')],
  [
    'PostgreSQL crashed and started again',
    async world => {
      await world.postgres.crash();
      await pause(500);
      await world.postgres.restart();
      world.restarts += 1;
    },
  ],
  [
    'all access tokens ended',
    world => world.misbehave({ expireAccessTokensNow: true }),
  ],
  [
    'the provider out of order for 15 s',
    async world => {
      await world.misbehave({ tokenError: { status: 503 } });
      await world.misbehave({ expireAccessTokensNow: true });
      await cutAll('imap')(world);
      await pause(15_000);
      await world.misbehave({ tokenError: null });
    },
  ],
  [
    'one replica stopped for 5 s',
    async world => {
      const replica = world.random.pick(world.serving());
      replica.freeze();
      await pause(5_000);
      replica.resume();
    },
  ],
  [
    'a mailbox renumbered',
    world => world.random.pick(world.channels()).renumber(),
  ],
  [
    'connections to the mail server refused for 10 s',
    async world => {
      await cutAll('imap')(world);
      await forAWhile(world, 'imap', { refuse: true }, 10_000);
    },
  ],
];

async function openChannels(world) {
  const names = Array.from({ length: CHANNELS }, (_, n) => `soak-${n}`);
  const channels = [];
  while (names.length > 0) {
    channels.push(
      ...(await Promise.all(
        names.splice(0, AT_ONCE).map(name => world.channel(name)),
      )),
    );
  }
  return channels;
}

/** @param {number} until - on the monotonic clock, in milliseconds */
async function deliverUntil(world, channels, until) {
  while (performance.now() < until) {
    await world.random.pick(channels).deliverMany('R51', 1);
    await pause(MAIL_EACH_MS);
  }
}

/** A fault, and then what each replica holds, each minute. */
async function breakAndMeasure(world, minutes) {
  const measured = new Map(world.replicas.map(({ name }) => [name, []]));
  for (let minute = 0; minute < minutes; minute += 1) {
    const startedAt = performance.now();
    const [what, makeFault] = FAULTS[minute % FAULTS.length];
    await makeFault(world);
    await pause(Math.max(0, MINUTE_MS - (performance.now() - startedAt)));
    for (const { name, pid } of world.replicas) {
      measured.get(name).push({ minute, ...(await readVitals(pid)) });
    }
    sayMinute(measured, what);
  }
  return measured;
}

function sayMinute(measured, what) {
  const texts = [...measured].map(([name, vitals]) => {
    const { residentMb, handles, sockets } = vitals.at(-1);
    return `${name} ${residentMb.toFixed(
      0,
    )} MB ${handles} handles ${sockets} sockets`;
  });
  const minute = [...measured.values()][0].length;
  console.log(
    `           minute ${minute}: ${texts.join(', ')} (after: ${what})`,
  );
}

/** @throws where something grows */
function expectSteady(measured, minutes) {
  const faults = [];
  for (const [name, vitals] of measured) {
    const { slope, grows } = judgeVitals(vitals, {
      judgesMemory: minutes >= JUDGED_FROM_MINUTES,
    });
    console.log(`           ${name}: ${slope.toFixed(1)} MB/h, warmed up`);
    faults.push(...grows.map(text => `${name}: ${text}`));
  }
  if (faults.length > 0) {
    throw new Error(faults.join('; '));
  }
}

/** R51 */
const soak = {
  id: 'R51',
  title: 'fifty mailboxes for a long time, a fault each minute',
  apart: { replicas: 3 },
  nightOnly: true,
  deadlineMs: ({ soakMinutes }) => (soakMinutes + 30) * MINUTE_MS,
  async run(world, { soakMinutes }) {
    const channels = await openChannels(world);
    const pids = world.replicas.map(({ pid }) => pid);
    const until = performance.now() + soakMinutes * MINUTE_MS;
    const [measured] = await Promise.all([
      breakAndMeasure(world, soakMinutes),
      deliverUntil(world, channels, until),
    ]);
    if (world.replicas.some(({ pid }, n) => pid !== pids[n])) {
      throw new Error('A replica has ended by itself');
    }
    await world.drain(channels);
    expectSteady(measured, soakMinutes);
    return channels;
  },
};

export const soakRows = [soak];
