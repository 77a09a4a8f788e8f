// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  dbNowPlus,
  inTransaction,
  revokeLease,
  scheduleWork,
  tables,
} from '../database';
import { Secret } from '../secrets';
import { secretOf } from '../transport';
import {
  claim,
  createWorld,
  oauth,
  stored,
  visit,
  visitDyingAt,
  World,
} from '../__testUtils__/pollingWorld';
import { pollMailbox } from './pollMailbox';
import { PollDeps } from './types';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

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
      refusal: undefined,
    });
    expect(await stored(world)).toEqual([
      Buffer.from('new \xe9\x00').toString('latin1'),
    ]);
    expect(server.seenUids()).toEqual([uid]);
    expect(await visit(world)).toMatchObject({ accepted: 0 });
    expect(server.openSessionCount).toBe(0);
  });

  it('reads mail that a person has read before, and leaves out what was moved or removed (R43)', async () => {
    const world = await createWorld(await open());
    await visit(world);
    const { server } = world;
    server.createFolder('Done');
    const [first, second, third] = ['first', 'second', 'third'].map(raw =>
      server.deliver(raw),
    );
    server.onNext('fetch', () => server.expunge(first));
    const reader = await server.openSession({
      server: world.mailbox.server,
      credentials: oauth('of a person'),
      signal: new AbortController().signal,
    });
    await reader.open('INBOX');
    await reader.settle([`${second}`], { action: 'mark-read' });
    await reader.settle([`${third}`], { action: 'move', folder: 'Done' });
    await reader.close();

    expect(await visit(world)).toMatchObject({ accepted: 1 });
    expect(await stored(world)).toEqual(['second']);
    expect(await visit(world)).toMatchObject({ accepted: 0 });
  });

  it('has a mail that came to two mailboxes handled for each (R44)', async () => {
    const world = await createWorld(await open());
    const other = await aChannel(world.db, 'component:default/orders');
    const mail = 'Message-ID: <1@customer.test>\r\n\r\nHello.';
    const both = [
      world,
      { ...world, mailbox: other, ticket: await claim(world.db) },
    ];
    for (const one of both) {
      await visit(one);
    }
    world.server.deliver(mail);
    for (const one of both) {
      expect(await visit(one)).toMatchObject({ accepted: 1 });
      expect(await stored(one)).toEqual([mail]);
    }
    expect(
      await world.db(tables.inboxMessages).where({ state: 'stored' }),
    ).toHaveLength(2);
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
    const { items } = await world.deps.messageLog.list(world.mailbox.id, {
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
    world.server.failNext('settle', 'connection-lost');
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

  it('renews a refused token once, and takes the second refusal for an answer (R31)', async () => {
    const world = await createWorld(await open());
    const forced: unknown[] = [];
    const credentials: PollDeps['credentials'] = async (_, { refused }) => {
      forced.push(refused && secretOf(refused).reveal());
      return oauth(refused ? 'fresh' : 'stale');
    };
    world.server.refusedSecrets.add('stale');
    expect(await visit(world, { credentials })).toMatchObject({
      kind: 'completed',
    });
    expect(forced).toEqual([undefined, 'stale']);

    world.server.refusedSecrets.add('fresh');
    expect(await visit(world, { credentials })).toMatchObject({
      kind: 'failed',
      failure: 'login-refused',
    });
    expect(forced).toHaveLength(4);
  });

  it('leaves a refusal to an administrator where the application signs in in its own name', async () => {
    const world = await createWorld(await open());
    world.server.refusedSecrets.add('good-token');
    const actsAlone = jest.fn(async () => true);
    expect(await visit(world, { actsAlone })).toMatchObject({
      kind: 'failed',
      failure: 'application-refused',
    });
    // An owner who authorized is asked to do it again.
    actsAlone.mockResolvedValue(false);
    expect(await visit(world, { actsAlone })).toMatchObject({
      failure: 'login-refused',
    });
    world.server.refusedSecrets.clear();
    expect(await visit(world, { actsAlone })).toMatchObject({
      kind: 'completed',
    });
    expect(actsAlone).toHaveBeenCalledTimes(2);
  });

  it('tries a refused password once only', async () => {
    const world = await createWorld(await open());
    const credentials = jest.fn<
      ReturnType<PollDeps['credentials']>,
      Parameters<PollDeps['credentials']>
    >(async () => ({
      method: 'password',
      user: 'support@corp.test',
      password: new Secret('hunter2'),
    }));
    world.server.refusedSecrets.add('hunter2');
    expect(await visit(world, { credentials })).toMatchObject({
      kind: 'failed',
      failure: 'password-refused',
    });
    expect(credentials).toHaveBeenCalledTimes(1);

    world.server.refusedSecrets.clear();
    expect(await visit(world, { credentials })).toMatchObject({
      kind: 'completed',
    });
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

  describe('with mail that the server does not deliver', () => {
    const makeDue = (world: World) =>
      world.db(tables.fetchGaps).update({ due_at: dbNowPlus(world.db, -1) });
    const setUp = async () => {
      const world = await createWorld(await open());
      await visit(world);
      const { server } = world;
      server.deliver('first');
      const bad = server.deliver('bad');
      server.deliver('third');
      server.undeliverable.add(bad);
      return { world, server, bad };
    };
    const askedFor = (world: World) =>
      world.server.calls
        .filter(({ operation }) => operation === 'fetch')
        .flatMap(({ uids }) => uids);

    it('reads the others, and asks for it again at later visits (P45, P63)', async () => {
      const { world, server, bad } = await setUp();
      expect(await visit(world)).toMatchObject({
        kind: 'completed',
        accepted: 2,
      });
      expect(await stored(world)).toEqual(['first', 'third']);
      server.deliver('fourth');
      expect(await visit(world)).toMatchObject({ accepted: 1 });
      expect(askedFor(world).filter(uid => uid === bad)).toHaveLength(1);

      await makeDue(world);
      server.undeliverable.clear();
      expect(await visit(world)).toMatchObject({ accepted: 1 });
      expect(await stored(world)).toContain('bad');
      expect(server.seenUids()).toContain(bad);
      await makeDue(world);
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(askedFor(world).filter(uid => uid === bad)).toHaveLength(2);
    });

    it('shows it to people after three times, and asks no more (P62)', async () => {
      const { world, server, bad } = await setUp();
      await visit(world);
      for (const _ of [2, 3, 4]) {
        await makeDue(world);
        expect(await visit(world)).toMatchObject({ kind: 'completed' });
      }
      expect(askedFor(world).filter(uid => uid === bad)).toHaveLength(3);
      const { items } = await world.deps.messageLog.list(world.mailbox.id, {
        limit: 10,
      });
      expect(items.find(({ state }) => state === 'quarantined')).toMatchObject({
        failure: 'message-not-delivered',
        sizeBytes: 3,
        truncated: true,
        trace: [{ step: 'fetch', verdict: 'failed' }],
      });
      expect(items).toHaveLength(3);
      expect(server.seenUids()).not.toContain(bad);
      expect(await world.db(tables.fetchGaps)).toEqual([]);
    });

    it('forgets it when it is removed', async () => {
      const { world, server, bad } = await setUp();
      await visit(world);
      server.expunge(bad);
      await makeDue(world);
      expect(await visit(world)).toMatchObject({ accepted: 0 });
      expect(await world.db(tables.fetchGaps)).toEqual([]);
    });
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
    const survived = await visitDyingAt(point, world);
    // The next process.
    expect(await visit(world)).toMatchObject({ kind: 'completed' });
    expect(await stored(world)).toEqual(['first', 'second', 'third']);
    expect(world.server.seenUids()).toEqual(uids);
    return survived;
  }
});
