// SPDX-License-Identifier: Apache-2.0
import { shortVisits } from '../crashPoints.mjs';
import {
  endClaims,
  expectState,
  failBefore,
  makeDue,
  renew,
  runOut,
} from '../grants.mjs';
import { claimsRenewal } from '../moments.mjs';
import { clientRefused, ended, late, passing } from '../tokenAnswers.mjs';
import { ask, pause, within } from '../waiting.mjs';

// What the provider does while tokens are renewed, and what becomes of the
// channels: which of its answers end a consent, and which do not.

const HIT_DEADLINE_MS = 20_000;
const STATE_DEADLINE_MS = 60_000;
/** How long a replica has the right to renew, and a bit. */
const CLAIM_MS = 32_000;
const MINUTE_MS = 60_000;

/** @throws unless a channel's tokens were asked for so many times since */
function expectRenewals(world, channel, { since, times, what }) {
  const asked = world.desk.renewalsOf(channel.address) - since;
  if (asked !== times) {
    throw new Error(`${what}: ${asked} renewals, not ${times}`);
  }
}

/** Resolves when every replica has asked for the right to renew a grant. */
function untilAllClaim(world) {
  const watches = world.watchEach(claimsRenewal('before'), {
    onHit: async () => 'go on',
  });
  return within(
    Promise.all(watches.map(({ hit }) => hit)),
    HIT_DEADLINE_MS,
    'all replicas to want the same token',
  ).finally(() => watches.forEach(({ disarm }) => disarm()));
}

/** R24 */
const stampede = {
  id: 'R24',
  title: 'three replicas with many callers whose token has run out',
  async run(world, { night }) {
    const channel = await world.channel('stampede');
    const callers = (night ? 50 : 5) * world.replicas.length;
    for (let n = 0; n < (night ? 10 : 3); n += 1) {
      await channel.deliverMany('R24', 2);
      await world.drain([channel]);
      const since = world.desk.renewalsOf(channel.address);
      const all = untilAllClaim(world);
      // The first is not answered before the others want the same.
      world.desk.answer(channel.address, async () => {
        await all;
        return undefined;
      });
      await runOut(world, channel);
      await Promise.all([
        all,
        ...Array.from({ length: callers }, (_, caller) =>
          world.api.call('POST', `${channel.path}/folders`, undefined, {
            // Each person may do so a few times in a minute.
            as: `user:default/caller-${n}-${caller}`,
          }),
        ),
      ]);
      expectRenewals(world, channel, { since, times: 1, what: 'One expiry' });
    }
    await expectState(channel, 'active');
    return [channel];
  },
};

/**
 * Has a replica stall when it has been given new tokens, on its way to store
 * them, and its right to renew run out.
 *
 * @returns what has it go on
 */
async function stallWithNewTokens(world, channel, { row, night }) {
  let slow;
  await renew(world, channel, {
    row,
    onHit: async replica => {
      slow = replica;
      await replica.wires.proxy('database').setPlan({ paused: true });
      return 'go on';
    },
  });
  // Time to take the answer in and to send what is to be stored.
  await pause(300);
  slow.freeze();
  if (night) {
    await pause(CLAIM_MS);
  } else {
    await endClaims(world);
  }
  return async () => {
    slow.resume();
    await slow.wires.heal();
  };
}

async function untilRenewed(world, channel, { since, times }) {
  const isRenewed = await ask(
    async () => {
      await world.poke([channel]);
      return world.desk.renewalsOf(channel.address) >= since + times;
    },
    { timeoutMs: STATE_DEADLINE_MS, everyMs: 300 },
  );
  if (!isRenewed) {
    throw new Error(`Nobody took over the renewal of ${channel.name}`);
  }
}

const unlessNewest = ({ isNewest }) =>
  isNewest ? undefined : ended.invalid_grant();

/** R27 */
const overtaken = {
  id: 'R27.1',
  nightOnly: true,
  title: 'a renewal so slow that another one is stored before it',
  async run(world, { night }) {
    const channel = await world.channel('overtaken');
    for (let n = 0; n < (night ? 3 : 1); n += 1) {
      const since = world.desk.renewalsOf(channel.address);
      await world.misbehave({ refreshRotation: 'lenient' });
      const goOn = await stallWithNewTokens(world, channel, {
        row: 'R27.1',
        night,
      });
      await untilRenewed(world, channel, { since, times: 2 });
      await world.drain([channel]);
      await goOn();
      // Time to store what came too late.
      await pause(1_000);
      // Whoever uses a token that was not the last one loses all of them.
      await world.misbehave({ refreshRotation: 'strict' });
      world.desk.answer(channel.address, unlessNewest);
      await channel.deliverMany('R27.1', 2);
      await runOut(world, channel);
      await untilRenewed(world, channel, { since, times: 3 });
      await world.drain([channel]);
      await expectState(channel, 'active');
      world.desk.heal(channel.address);
    }
    return [channel];
  },
};

/** R27 */
const refusedForTheFormer = {
  id: 'R27.2',
  title: 'a renewal so slow that another one is refused for the used token',
  async run(world, { night }) {
    const channel = await world.channel('overtaken');
    for (let n = 0; n < (night ? 3 : 1); n += 1) {
      const since = world.desk.renewalsOf(channel.address);
      const goOn = await stallWithNewTokens(world, channel, {
        row: 'R27.2',
        night,
      });
      // One that remembers used tokens, and ends nothing for them.
      world.desk.answer(channel.address, unlessNewest);
      await untilRenewed(world, channel, { since, times: 2 });
      await goOn();
      await world.drain([channel]);
      await expectState(channel, 'active');
      world.desk.heal(channel.address);
    }
    return [channel];
  },
};

/** R28 */
const unwellAhead = {
  id: 'R28.1',
  title: 'no tokens from the provider, while there is one: mail flows',
  async run(world, { night }) {
    const channel = await world.channel('unwell');
    const answers = Object.entries(passing);
    for (const [what, answer] of night
      ? [...answers, ['a late answer', late]]
      : answers) {
      const since = world.desk.renewalsOf(channel.address);
      world.desk.answer(channel.address, answer);
      await makeDue(world, channel);
      await channel.deliverMany('R28.1', 1);
      await world.drain([channel]);
      await expectState(channel, 'active');
      await world.poke([channel]);
      expectRenewals(world, channel, { since, times: 1, what });
    }
    return [channel];
  },
};

/** R28 */
const unwell = {
  id: 'R28.2',
  title: 'no tokens from the provider, and none left: degraded, then mail',
  async run(world, { night }) {
    const answers = Object.entries(passing);
    const chosen = night ? answers : answers.filter((_, n) => n % 6 === 0);
    const channels = [];
    for (const [what, answer] of chosen) {
      const channel = await world.channel(`unwell-${channels.length}`);
      channels.push(channel);
      world.desk.answer(channel.address, answer);
      await runOut(world, channel);
      await channel.deliverMany('R28.2', 2);
      await untilState(channel, ['degraded'], what);
    }
    const since = channels.map(({ address }) => world.desk.renewalsOf(address));
    // As after five failures: for the next minute nobody asks, or once.
    for (const channel of channels) {
      await failBefore(world, channel, 5);
      await runOut(world, channel);
    }
    await pokeFor(world, channels, night ? 3 * MINUTE_MS : 3_000);
    const most = night ? 3 : 1;
    for (const [n, channel] of channels.entries()) {
      const asked = world.desk.renewalsOf(channel.address) - since[n];
      if (asked < 1 || asked > most) {
        throw new Error(`${chosen[n][0]}: ${asked} renewals, not 1 to ${most}`);
      }
      await expectState(channel, 'degraded');
      world.desk.heal(channel.address);
      // Nobody waits out the minutes that came together.
      await runOut(world, channel);
    }
    await world.drain(channels);
    for (const channel of channels) {
      await untilState(channel, ['active'], 'A provider that is well again');
    }
    return channels;
  },
};

async function pokeFor(world, channels, durationMs) {
  const end = Date.now() + durationMs;
  while (Date.now() < end) {
    await world.poke(channels);
    await pause(500);
  }
}

async function untilState(channel, states, what) {
  if (
    !(await channel.until(
      ({ state }) => states.includes(state),
      STATE_DEADLINE_MS,
    ))
  ) {
    const { state } = await channel.read();
    throw new Error(`${what}: the channel is ${state}, not ${states}`);
  }
}

/** What the owners of a channel's project were told so far. */
function noticesOf(world, { name }) {
  return world.notices.arrived
    .filter(({ to }) => to === `component:default/${name}`)
    .map(({ title }) => title);
}

/** Has what waits be told, and whatever would be told again. */
async function tellAll(world, channels, count) {
  await ask(
    async () => {
      await world.runTask('notices');
      return channels.every(
        channel => noticesOf(world, channel).length >= count,
      );
    },
    { timeoutMs: STATE_DEADLINE_MS, everyMs: 1_000 },
  );
  for (const channel of channels) {
    const told = noticesOf(world, channel);
    if (told.length !== count) {
      throw new Error(
        `The owners of ${channel.name} were told ${told.length} times, not ${count}: ${told}`,
      );
    }
  }
}

/** R29 */
const consentsEnded = {
  id: 'R29',
  title: 'consents ended by the provider: told once, over kills; given again',
  async run(world, { night }) {
    const refusals = Object.entries(ended).slice(0, night ? undefined : 2);
    const channels = [];
    for (const [what, answer] of refusals) {
      const channel = await world.channel(`ended-${what.toLowerCase()}`);
      channels.push(channel);
      await channel.deliverMany('R29', 1);
      world.desk.answer(channel.address, answer);
    }
    await world.drain(channels);
    const since = channels.map(({ address }) => world.desk.renewalsOf(address));
    for (const channel of channels) {
      await runOut(world, channel);
      await channel.deliverMany('R29', 2);
    }
    await Promise.all(
      channels.map((channel, n) =>
        untilState(channel, ['needs-consent'], refusals[n][0]),
      ),
    );
    await world.kill(world.random.pick(world.serving()));
    await pokeFor(world, channels, 2_000);
    await tellAll(world, channels, 1);
    await world.kill(world.random.pick(world.serving()));
    await pokeFor(world, channels, 2_000);
    // The one that the browser comes back to may be down yet.
    await world.allUp();
    for (const [n, channel] of channels.entries()) {
      const asked = world.desk.renewalsOf(channel.address) - since[n];
      // Once, and once more to be sure.
      if (asked > 2) {
        throw new Error(`${refusals[n][0]}: ${asked} renewals, not 2`);
      }
      world.desk.heal(channel.address);
      await world.consent(channel.path, channel.address);
    }
    await world.drain(channels);
    await tellAll(world, channels, 2);
    return channels;
  },
};

/** What the API tells of an integration and does not take. */
const ONLY_TOLD = [
  ...['id', 'redirectUrl', 'clientSecret', 'clientKey', 'fault', 'ready'],
  ...['channelCount', 'mailServerCount', 'createdAt', 'updatedAt'],
];

/** Enters a client secret for an integration. */
async function enterSecret(world, { id }, clientSecret) {
  const path = `/integrations/${id}`;
  const told = Object.entries(await world.api.call('GET', path));
  const settings = Object.fromEntries(
    told.filter(([name]) => !ONLY_TOLD.includes(name)),
  );
  await world.api.call('PUT', path, { ...settings, clientSecret });
}

/** R30 */
const secretEnded = {
  id: 'R30',
  title: 'the client is refused: a fault of the integration, mended there',
  async run(world, { night }) {
    const client = await world.registerClient();
    const integration = await world.registerIntegration('Expiring', client);
    const channels = [
      await world.channel('secret-a', { integration }),
      await world.channel('secret-b', { integration }),
    ];
    const refusals = Object.entries(clientRefused);
    for (const [what, answer] of night ? refusals : refusals.slice(0, 1)) {
      await expectMendedBySecret(world, {
        ...{ what, integration, channels },
        begin: () =>
          channels.forEach(({ address }) => world.desk.answer(address, answer)),
        mend: async () => {
          world.desk.heal();
          await enterSecret(world, integration, client.clientSecret);
        },
      });
    }
    await expectMendedBySecret(world, {
      ...{ what: 'another secret', integration, channels },
      begin: () => enterSecret(world, integration, 'not-the-secret'),
      mend: () => enterSecret(world, integration, client.clientSecret),
    });
    return channels;
  },
};

async function expectMendedBySecret(
  world,
  { what, integration, channels, begin, mend },
) {
  await begin();
  const since = channels.map(({ address }) => world.desk.renewalsOf(address));
  for (const channel of channels) {
    await runOut(world, channel);
    await channel.deliverMany('R30', 2);
  }
  for (const channel of channels) {
    await untilState(channel, ['integration-fault'], what);
  }
  await pokeFor(world, channels, 1_500);
  const { fault } = await world.api.call(
    'GET',
    `/integrations/${integration.id}`,
  );
  if (fault?.code !== 'client-refused') {
    throw new Error(`${what}: the integration says ${fault?.code}`);
  }
  for (const [n, channel] of channels.entries()) {
    expectRenewals(world, channel, { since: since[n], times: 1, what });
    await expectState(channel, 'integration-fault');
  }
  await mend();
  // Nobody asks for a visit.
  for (const channel of channels) {
    const isRead = await ask(
      async () => (await channel.read()).state === 'active',
      { timeoutMs: STATE_DEADLINE_MS, everyMs: 300 },
    );
    if (!isRead) {
      throw new Error(`${what}: ${channel.name} does not go on by itself`);
    }
  }
}

/** R31 */
const goodTokenRefused = {
  id: 'R31',
  title: 'the mail server refuses a token that the provider stands by',
  async run(world, { night }) {
    const channel = await world.channel('not-believed');
    await channel.deliverMany('R31', 2);
    await world.drain([channel]);
    const { address } = channel;
    const renewals = world.desk.renewalsOf(address);
    const signIns = world.desk.signInsOf(address);
    world.desk.disown(address);
    await channel.deliverMany('R31', 2);
    await world.poke([channel]);
    const stopped = await ask(
      async () => (await channel.read()).state !== 'active',
      { timeoutMs: STATE_DEADLINE_MS, everyMs: 200 },
    );
    if (!stopped) {
      throw new Error('Nobody sees that the channel cannot be read');
    }
    expectRenewals(world, channel, {
      ...{ since: renewals, times: 1 },
      what: 'A token that is refused',
    });
    // By themselves visits come every ten seconds here, at the most.
    const steps = night ? 7 : 1;
    await pause(night ? MINUTE_MS : 2_000);
    const tried = world.desk.signInsOf(address) - signIns;
    // On a slow machine one is wanted again while it is under way.
    const [{ failed_visits: visits }] = await world.query(
      'SELECT failed_visits FROM mailboxes WHERE address = $1',
      [address],
    );
    if (tried < 2 || tried > 2 * Math.min(visits, steps + 1)) {
      throw new Error(`${tried} sign-ins in ${visits} visits`);
    }
    world.desk.heal(address);
    await world.drain([channel]);
    await untilState(channel, ['active'], 'A token that is believed again');
    return [channel];
  },
};

/** Each visit signs in: kept connections need no token. */
export const providerRows = [
  stampede,
  overtaken,
  refusedForTheFormer,
  unwellAhead,
  unwell,
  consentsEnded,
  secretEnded,
  goodTokenRefused,
].map(row => ({ ...row, visits: shortVisits }));
