// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { FakeMailServer } from '../__testUtils__/FakeMailSession';
import {
  claimDue,
  inTransaction,
  LeaseTicket,
  revokeLease,
  scheduleWork,
  tables,
} from '../database';
import { InboxStore } from '../inbox';
import { ImportStore, Mailbox, MailboxStore } from '../mailboxes';
import { Secret } from '../secrets';
import { CursorStore } from './CursorStore';
import { PollDeps, pollMailbox } from './pollMailbox';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

interface World {
  readonly db: Knex;
  readonly server: FakeMailServer;
  readonly deps: PollDeps;
  mailbox: Mailbox;
  ticket: LeaseTicket;
}

const signal = () => new AbortController().signal;

async function claim(db: Knex): Promise<LeaseTicket> {
  const [ticket] = await claimDue(db, {
    kind: 'poll',
    holder: 'test',
    limit: 1,
    durationMs: 60_000,
  });
  return ticket;
}

async function createWorld(
  db: Knex,
  policy: Partial<PollDeps['policy']> = {},
): Promise<World> {
  const mailbox = await aChannel(db);
  const server = new FakeMailServer();
  return {
    db,
    server,
    mailbox,
    ticket: await claim(db),
    deps: {
      db,
      cursors: new CursorStore(db),
      inbox: new InboxStore(db),
      mailboxes: new MailboxStore(db),
      imports: new ImportStore(db),
      openSession: server.openSession,
      accessToken: async () => new Secret('a token'),
      openPassword: async () => new Secret('a password'),
      policy: {
        intervalMs: 60_000,
        messagesPerVisit: 1_000,
        maxMessageBytes: 10_000,
        ...policy,
      },
    },
  };
}

async function visit(world: World, deps: Partial<PollDeps> = {}) {
  world.mailbox = await world.deps.mailboxes.getById(world.mailbox.id);
  return pollMailbox(
    world.mailbox,
    world.ticket,
    { ...world.deps, ...deps },
    signal(),
  );
}

async function stored(world: World): Promise<string[]> {
  const { inbox } = world.deps;
  const { items } = await inbox.list(world.mailbox.id, { limit: 100 });
  const raws = await Promise.all(items.map(item => inbox.readRaw(item.id)));
  return raws.map(raw => raw.toString('latin1')).sort();
}

describe.each(databases.eachSupportedId())('pollMailbox (%s)', databaseId => {
  const open = () => openTestDatabase(databases, databaseId as TestDatabaseId);

  it('imports nothing old at the first visit and everything that arrives from then on', async () => {
    const world = await createWorld(await open());
    const { server } = world;
    server.deliver('old');
    expect(await visit(world)).toMatchObject({ baseline: true, accepted: 0 });
    expect(await stored(world)).toEqual([]);
    expect(server.seenUids()).toEqual([]);

    const uid = server.deliver('new \xe9\x00');
    expect(await visit(world)).toEqual({
      kind: 'completed',
      accepted: 1,
      more: false,
      left: 0,
      baseline: false,
      renumbered: false,
    });
    expect(await stored(world)).toEqual([
      Buffer.from('new \xe9\x00').toString('latin1'),
    ]);
    expect(server.seenUids()).toEqual([uid]);
    expect(await visit(world)).toMatchObject({ accepted: 0 });
    expect(server.openSessionCount).toBe(0);
  });

  it('reads mail that a person has read before, and leaves out what was removed', async () => {
    const world = await createWorld(await open());
    await visit(world);
    const { server } = world;
    const [first, second] = [server.deliver('first'), server.deliver('second')];
    server.onNext('fetch', () => server.expunge(first));
    const reader = await server.openSession({
      server: world.mailbox.server,
      credentials: {
        method: 'oauth',
        user: 'a person',
        accessToken: new Secret('x'),
      },
      signal: signal(),
    });
    await reader.open('INBOX');
    await reader.acknowledge([second]);
    await reader.close();

    expect(await visit(world)).toMatchObject({ accepted: 1 });
    expect(await stored(world)).toEqual(['second']);
    expect(await visit(world)).toMatchObject({ accepted: 0 });
  });

  it('stops at its bound, says that there is more, and goes on there', async () => {
    const world = await createWorld(await open(), { messagesPerVisit: 3 });
    await visit(world);
    for (let n = 0; n < 5; n += 1) {
      world.server.deliver(`mail ${n}`);
    }
    expect(await visit(world)).toMatchObject({ accepted: 3, more: true });
    expect(await visit(world)).toMatchObject({ accepted: 2, more: false });
  });

  it('keeps the beginning of a mail that is too large, and goes on', async () => {
    const world = await createWorld(await open());
    await visit(world);
    world.server.deliver('x'.repeat(400_000));
    world.server.deliver('small');
    expect(await visit(world)).toMatchObject({ accepted: 2 });
    const { items } = await world.deps.inbox.list(world.mailbox.id, {
      limit: 10,
    });
    expect(
      items.map(({ truncated, sizeBytes }) => ({ truncated, sizeBytes })),
    ).toEqual([
      { truncated: false, sizeBytes: 5 },
      { truncated: true, sizeBytes: 400_000 },
    ]);
    expect((await stored(world))[1]).toHaveLength(262_144);
  });

  it('stores mail of several megabytes byte for byte', async () => {
    const world = await createWorld(await open(), {
      maxMessageBytes: 10_000_000,
    });
    await visit(world);
    const raw = Buffer.alloc(3_500_001, 'abc\xff\x00');
    world.server.deliver(raw);
    await visit(world);
    expect((await stored(world))[0] === raw.toString('latin1')).toBe(true);
  });

  it('neither loses nor doubles mail when the server numbers its mail anew', async () => {
    const world = await createWorld(await open());
    const { server } = world;
    server.deliver('from before the first visit');
    await visit(world);
    server.deliver('known', { receivedAt: new Date() });
    await visit(world);
    server.renumber();
    server.deliver('arrived in between', { receivedAt: new Date() });

    expect(await visit(world)).toMatchObject({ accepted: 1, renumbered: true });
    expect(await stored(world)).toEqual(['arrived in between', 'known']);
    server.deliver('afterwards', { receivedAt: new Date() });
    expect(await visit(world)).toMatchObject({
      accepted: 1,
      renumbered: false,
    });
    expect(await stored(world)).toHaveLength(3);
  });

  it('begins anew, with nothing old, in a folder that was chosen later', async () => {
    const world = await createWorld(await open());
    await visit(world);
    world.server.createFolder('Support');
    world.server.deliver('old', { folder: 'Support' });
    await world.db(tables.mailboxes).update({ folder: 'Support' });
    expect(await visit(world)).toMatchObject({ baseline: true, accepted: 0 });
  });

  it('is a failed visit, with what was stored before kept, when the server fails', async () => {
    const world = await createWorld(await open());
    await visit(world);
    world.server.deliver('x'.repeat(9_000));
    world.server.deliver('second');
    world.server.failNext('acknowledge', 'connection-lost');
    expect(await visit(world)).toEqual({
      kind: 'failed',
      failure: 'connection-lost',
      accepted: 2,
      detail: undefined,
      retryAfterMs: undefined,
    });
    expect(world.server.seenUids()).toEqual([]);
    // The server is told at the next visit.
    expect(await visit(world)).toMatchObject({ accepted: 0 });
    expect(world.server.seenUids()).toHaveLength(2);
    expect(await stored(world)).toHaveLength(2);
  });

  it('renews a refused token once, and takes the second refusal for an answer', async () => {
    const world = await createWorld(await open());
    const forced: unknown[] = [];
    const accessToken: PollDeps['accessToken'] = async (_, options) => {
      forced.push(options.forceRefreshOf?.reveal());
      return new Secret(options.forceRefreshOf ? 'fresh' : 'stale');
    };
    world.server.refusedTokens.add('stale');
    expect(await visit(world, { accessToken })).toMatchObject({
      kind: 'completed',
    });
    expect(forced).toEqual([undefined, 'stale']);

    world.server.refusedTokens.add('fresh');
    expect(await visit(world, { accessToken })).toMatchObject({
      kind: 'failed',
      failure: 'login-refused',
    });
    expect(forced).toHaveLength(4);
  });

  it('stores nothing once the lease went to someone else', async () => {
    const world = await createWorld(await open());
    await visit(world);
    world.server.deliver('mail');
    world.server.onNext('fetch', () =>
      inTransaction(world.db, tx => revokeLease(tx, 'poll', world.mailbox.id)),
    );
    expect(await visit(world)).toEqual({ kind: 'aborted' });
    expect(await stored(world)).toEqual([]);
    expect(world.server.seenUids()).toEqual([]);

    await scheduleWork(world.db, 'poll', world.mailbox.id);
    world.ticket = await claim(world.db);
    expect(await visit(world)).toMatchObject({ accepted: 1 });
  });

  it('ends as aborted, without a word about the mailbox, when it is stopped', async () => {
    const world = await createWorld(await open());
    const stopping = new AbortController();
    world.server.hangNext('open');
    const running = pollMailbox(
      world.mailbox,
      world.ticket,
      world.deps,
      stopping.signal,
    );
    setImmediate(() => stopping.abort());
    expect(await running).toEqual({ kind: 'aborted' });
    expect(world.server.openSessionCount).toBe(0);
  });

  it('loses and doubles nothing wherever the process dies', async () => {
    const db = await open();
    let point = 0;
    let survived = false;
    // Each round the process dies one step later, until it dies no more.
    for (; !survived && point < 100; point += 1) {
      await db(tables.mailboxes).delete();
      await db(tables.leases).delete();
      survived = await diesAt(point, await createWorld(db));
    }
    // Every server command and both sides of every commit were met.
    expect(point).toBeGreaterThan(12);
    expect(survived).toBe(true);
  });

  async function diesAt(point: number, world: World): Promise<boolean> {
    await visit(world);
    const uids = ['first', 'second', 'third'].map(raw =>
      world.server.deliver(raw),
    );
    const crash = createCrash(point);
    const survived = await visit(world, {
      db: dyingDatabase(world.db, crash.step),
      openSession: async options => {
        crash.step();
        const session = await world.server.openSession(options);
        return new Proxy(session, {
          get: (target, name: keyof typeof session) =>
            typeof target[name] !== 'function'
              ? target[name]
              : async (...args: unknown[]) => {
                  if (name === 'close') {
                    return target.close();
                  }
                  crash.step();
                  const result = await (
                    target[name] as (...a: unknown[]) => Promise<unknown>
                  )(...args);
                  crash.step();
                  return result;
                },
        });
      },
    }).then(
      () => true,
      error => {
        expect(error).toBe(crash.error);
        return false;
      },
    );
    // The next process.
    expect(await visit(world)).toMatchObject({ kind: 'completed' });
    expect(await stored(world)).toEqual(['first', 'second', 'third']);
    expect(world.server.seenUids()).toEqual(uids);
    return survived;
  }
});

function createCrash(point: number) {
  let steps = 0;
  const error = new Error('the process dies');
  return {
    error,
    step: () => {
      steps += 1;
      if (steps > point) {
        throw error;
      }
    },
  };
}

// Dies before a commit, and after one whose answer never arrives.
function dyingDatabase(db: Knex, step: () => void): Knex {
  return new Proxy(db, {
    get: (target, name) =>
      name === 'transaction'
        ? async (work: Parameters<Knex['transaction']>[0]) => {
            const result = await target.transaction(async tx => {
              const made = await work(tx);
              step();
              return made;
            });
            step();
            return result;
          }
        : target[name as keyof Knex],
  });
}
