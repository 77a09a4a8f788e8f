// SPDX-License-Identifier: Apache-2.0
import { MailboxOwner } from '../MailboxOwner.mjs';
import { renewed } from '../moments.mjs';
import { sandboxLibrary } from '../sandboxLibrary.mjs';
import { ask, pause, within } from '../waiting.mjs';

// What mail servers answer when they would rather be left alone, and how often
// they are asked again.

const ODD = 'odd-imap';
const SPARE = 'spare-imap';
const VISIT_DEADLINE_MS = 15_000;
const MAIL_DEADLINE_MS = 15_000;
const SECOND_MS = 1_000;

const onWire = (wire, bytes, direction) => ({
  ...{ wire, direction, at: 'before' },
  bytes: [bytes],
});

/** Whatever is open ends, so that the next visit has to sign in. */
function hangUp(world, wire) {
  world.replicas.forEach(({ wires }) => wires.proxy(wire).cutAll());
}

/** @param {string} command @param {string} [reply] - none: the connection ends */
async function answer(world, command, reply) {
  await world.misbehave({ imapAnswer: { command, reply } });
  hangUp(world, ODD);
}

/** Has a mailbox visited, and waits until that was recorded. */
async function visitOnce(world, channel) {
  const { lastVisitAt: before } = await channel.read();
  const visited = await channel.until(
    ({ lastVisitAt }) => lastVisitAt !== before,
    VISIT_DEADLINE_MS,
  );
  if (!visited) {
    throw new Error(`Nobody visits ${channel.name}`);
  }
  return visited;
}

/** Has everybody want a mailbox visited, again and again. */
async function insist(world, channels, forMs) {
  const until = performance.now() + forMs;
  while (performance.now() < until) {
    await world.poke(channels);
    await pause(150);
  }
}

/** A person's test that goes well ends a server's wish to be left alone. */
async function endPatience(world, channel) {
  await world.api.call('POST', `${channel.path}/checks`);
}

function expectState({ state }, good) {
  if (!good.includes(state)) {
    throw new Error(`The channel is ${state}, not ${good.join(' or ')}`);
  }
}

/** R32 */
const notConnected = {
  id: 'R32',
  title: 'a server that signs in and has no mailbox: nobody has to consent',
  async run(world, { night }) {
    const channel = await world.channel('not-connected', { server: ODD });
    await answer(
      world,
      'SELECT',
      'BAD User is authenticated but not connected.',
    );
    const renewals = world.tally(renewed('before'));
    await channel.deliverMany('R32', 4);
    for (let n = 0; n < (night ? 20 : 5); n += 1) {
      const visited = await visitOnce(world, channel);
      expectState(visited, ['degraded', 'mailbox-unavailable']);
    }
    renewals.end();
    if (renewals.count > 0) {
      throw new Error(
        `Tokens were renewed ${renewals.count} times for nothing`,
      );
    }
    await world.misbehave({ imapAnswer: null });
    await world.drain([channel]);
    expectState(await channel.read(), ['active']);
    return [channel];
  },
};

/** The shortest wait that one of the replies asks for. */
const SUGGESTED_MS = 2_000;
const PATIENCE = [
  `NO [THROTTLED] Request is throttled. Suggested Backoff Time: ${SUGGESTED_MS} milliseconds`,
  'NO [UNAVAILABLE] Temporary failure',
  'NO [ALERT] Too many simultaneous connections. (Failure)',
  'NO [OVERQUOTA] Account exceeded command or bandwidth limits',
  'NO [LIMIT] Too many sessions',
];

/** R33: answered so when somebody signs in, whoever wants what. */
const patience = {
  id: 'R33.1',
  // It counts what comes within seconds, on a machine that does nothing else.
  nightOnly: true,
  title:
    'a server that asks for patience is not asked again, however many want it',
  async run(world, { night }) {
    const channel = await world.channel('patience', { server: ODD });
    for (const reply of night ? PATIENCE : PATIENCE.slice(0, 2)) {
      // Nobody is about to sign in for another reason.
      await visitOnce(world, channel);
      await world.misbehave({ imapAnswer: { command: 'AUTHENTICATE', reply } });
      const attempts = world.tally(onWire(ODD, 'AUTHENTICATE', 'toServer'));
      hangUp(world, ODD);
      await channel.deliverMany('R33.1', 2);
      const visited = await visitOnce(world, channel);
      expectState(visited, ['degraded']);
      const forMs = night ? 50 * SECOND_MS : 4 * SECOND_MS;
      await insist(world, [channel], forMs);
      attempts.end();
      // A connection that breaks in the middle of a visit is made once more,
      // and on a slow machine another visit may be about to sign in by then.
      if (attempts.count > 3 + forMs / SUGGESTED_MS) {
        throw new Error(`After “${reply}”: ${attempts.count} attempts`);
      }
      await world.misbehave({ imapAnswer: null });
      await endPatience(world, channel);
      await world.drain([channel]);
    }
    return [channel];
  },
};

/** A Dovecot that lets an account be connected once. */
async function startSparingServer(world) {
  const { startDovecot } = sandboxLibrary();
  const server = await startDovecot({
    program: world.dovecotProgram,
    introspection: world.introspection,
    connectionsPerAccount: 1,
  });
  world.closeLater(() => server.close());
  await world.laySpareWire(server.imapPort);
  return server;
}

async function signInElsewhere(world, server, { address }) {
  const { SandboxApplication } = sandboxLibrary();
  const application = new SandboxApplication(
    world.sandbox.issuer,
    world.introspection,
  );
  return MailboxOwner.signIn({
    address,
    port: server.imapPort,
    accessToken: await application.accessToken(address),
  });
}

/** While this does something, no replica reaches the server. */
async function withoutReplicas(world, wire, work) {
  const proxies = world.replicas.map(({ wires }) => wires.proxy(wire));
  await Promise.all(proxies.map(proxy => proxy.setPlan({ refuse: true })));
  proxies.forEach(proxy => proxy.cutAll());
  const result = await work();
  await Promise.all(proxies.map(proxy => proxy.setPlan({})));
  return result;
}

/** R33 */
const oneConnection = {
  id: 'R33.2',
  title: 'a server that allows one connection, two mailboxes of one account',
  async run(world, { night }) {
    const server = await startSparingServer(world);
    const address = 'sparing@corp.test';
    const options = { server: SPARE, mail: server.mail, address };
    const inbox = await world.channel('sparing', options);
    await server.mail.createFolder(address, 'Other');
    const other = await world.channel('sparing-other', {
      ...options,
      folder: 'Other',
    });
    const refused = world.tally(
      onWire(SPARE, 'Maximum number of connections', 'toClient'),
    );
    for (let n = 0; n < (night ? 20 : 2); n += 1) {
      await inbox.deliverMany('R33.2', 3);
      await insist(world, [inbox, other], SECOND_MS);
      await world.drain([inbox]);
    }
    const ofOurOwn = refused.count;
    if (ofOurOwn > 0) {
      throw new Error(`Refused ${ofOurOwn} times for connections of our own`);
    }
    // The owner's program has the one connection.
    const owner = await withoutReplicas(world, SPARE, () =>
      signInElsewhere(world, server, inbox),
    );
    await inbox.deliverMany('R33.2', 2);
    await insist(world, [inbox, other], night ? 50 * SECOND_MS : 3_000);
    refused.end();
    await owner.leave();
    if (refused.count !== 1) {
      throw new Error(`Refused ${refused.count} times, and not once`);
    }
    await endPatience(world, inbox);
    return [inbox];
  },
};

const INTERVAL_S = 10;
const JITTER = 0.2;
/** Between a visit's record and our question. */
const LATE_S = 1.5;

function usualWaitS(failures) {
  return Math.min(INTERVAL_S * 2 ** (failures - 1), 3_600);
}

function isWaitAfter(failures, waitS) {
  const usualS = usualWaitS(failures);
  return (
    waitS > usualS * (1 - JITTER) - LATE_S &&
    waitS < usualS * (1 + JITTER) + LATE_S
  );
}

/** R34 */
const growingWaits = {
  id: 'R34',
  nightOnly: true,
  title:
    'waits grow until a visit is completed; to have signed in is not enough',
  async run(world, { night }) {
    const channel = await world.channel('waits', { server: ODD });
    /** @returns how many failures the product has counted */
    const failAfter = async counted => {
      const { nextVisitAt } = await visitOnce(world, channel);
      const waitS = (Date.parse(nextVisitAt) - Date.now()) / SECOND_MS;
      // On a slow machine it may have been visited by itself in between.
      const now = [1, 2].find(more => isWaitAfter(counted + more, waitS));
      if (now === undefined) {
        throw new Error(
          `After ${counted + 1} failures: ${waitS.toFixed(
            1,
          )} s, not ${usualWaitS(counted + 1)} s`,
        );
      }
      return counted + now;
    };
    for (const failures of night ? [12, 5] : [5, 2]) {
      await answer(world, 'SELECT');
      await channel.deliverMany('R34', 2);
      for (let counted = 0; counted < failures; ) {
        counted = await failAfter(counted);
      }
      await world.misbehave({ imapAnswer: null });
      await world.drain([channel]);
      // The visit that completes, and not the one that reads, ends the waits.
      await visitOnce(world, channel);
    }
    return [channel];
  },
};

/** As many as it takes until a replica takes a host for dead. */
const OPENS_AFTER = 10;

/** R35 */
const deadHost = {
  id: 'R35',
  title: 'many mailboxes on a dead host: it is left alone, others are read',
  async run(world, { night }) {
    const names = Array.from(
      { length: night ? 100 : 12 },
      (_, n) => `dead-${n}`,
    );
    const channels = [];
    for (const name of names) {
      channels.push(await world.channel(name, { server: ODD }));
    }
    const other = await world.channel('wire');
    const proxies = world.replicas.map(({ wires }) => wires.proxy(ODD));
    await Promise.all(
      proxies.map(proxy => proxy.setPlan({ toClient: { cutAfterBytes: 0 } })),
    );
    hangUp(world, ODD);
    for (const channel of channels) {
      await channel.deliverMany('R35', 1);
    }
    const tried = () => proxies.map(proxy => proxy.counts().connections);
    const before = tried();
    const isDead = await ask(
      async () => {
        await world.poke(channels);
        return tried().some((count, n) => count - before[n] >= OPENS_AFTER);
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
    if (!isDead) {
      throw new Error('No replica has tried the host often enough');
    }
    // Visits that had begun end.
    await pause(SECOND_MS);
    const since = tried();
    const forMs = night ? 120 * SECOND_MS : 3 * SECOND_MS;
    await other.deliverMany('R35', 4);
    const reading = within(
      world.drain([other], { timeoutMs: MAIL_DEADLINE_MS }),
      2 * MAIL_DEADLINE_MS,
      'mail of another host',
    );
    await insist(world, channels, forMs);
    if (!(await reading)) {
      throw new Error('Mail of another host waits for the dead one');
    }
    const probes = tried().map((count, n) => count - since[n]);
    // Whoever has not tried it so often yet has not found it dead, and may try
    // with many mailboxes at a time.
    const most = since.map((count, n) => {
      const isOpen = count - before[n] >= OPENS_AFTER;
      return isOpen ? Math.ceil(forMs / 60_000) : OPENS_AFTER + channels.length;
    });
    if (probes.some((count, n) => count > most[n])) {
      throw new Error(`The dead host was tried ${probes.join(', ')} times`);
    }
    await Promise.all(proxies.map(proxy => proxy.setPlan({})));
    // Replicas that know nothing of it need not wait for a minute to pass.
    await world.restartAll();
    return [...channels, other];
  },
};

export const serverAnswerRows = [
  notConnected,
  patience,
  oneConnection,
  growingWaits,
  deadHost,
];
