// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { AfterStoring } from '@postroom/plugin-incoming-mail-common';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { tables } from '../database';
import {
  createWorld,
  processAll,
  stored,
  visit,
  World,
} from '../__testUtils__/pollingWorld';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('settleStored (%s)', databaseId => {
  const choose = (world: World, afterStoring: AfterStoring) =>
    world.db(tables.mailboxes).update({
      after_storing: afterStoring.action,
      after_storing_folder:
        afterStoring.action === 'move' ? afterStoring.folder : null,
    });
  const setUp = async (afterStoring: AfterStoring) => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const world = await createWorld(db);
    await choose(world, afterStoring);
    world.server.createFolder('Archive');
    world.server.deliver('old');
    await visit(world);
    return world;
  };
  const pending = async (world: World) =>
    (await world.db(tables.acknowledgements)).length;

  it('moves what was stored, and leaves alone what was not', async () => {
    const world = await setUp({ action: 'move', folder: 'Archive' });
    const { server } = world;
    server.deliver('new');
    expect(await visit(world)).toMatchObject({ accepted: 1 });
    expect(server.texts('Archive')).toEqual(['new']);
    expect(server.texts()).toEqual(['old']);
    expect(await pending(world)).toBe(0);
  });

  it('deletes what has been processed whole, and nothing else (P51, P66)', async () => {
    const world = await setUp({ action: 'delete' });
    const { server } = world;
    server.deliver('one');
    server.deliver('two');
    server.deliver('x'.repeat(400_000));
    await visit(world);
    expect(await visit(world)).toMatchObject({ accepted: 0 });
    expect(server.texts()).toHaveLength(4);

    await processAll(world);
    await world
      .db(tables.inboxMessages)
      .where({ size_bytes: 3 })
      .orderBy('seq')
      .first()
      .then(({ id }) =>
        world.db(tables.inboxMessages).where({ id }).update({ state: 'held' }),
      );
    await visit(world);
    expect(server.texts().map(text => text.slice(0, 3))).toEqual([
      'old',
      'one',
      'xxx',
    ]);
    expect(await stored(world)).toHaveLength(3);
  });

  it('leaves mail alone where that is wanted, also what was noted before', async () => {
    const world = await setUp({ action: 'mark-read' });
    world.server.deliver('one');
    world.server.failNext('settle', 'connection-lost');
    await visit(world);
    expect(await pending(world)).toBe(1);

    await choose(world, { action: 'leave' });
    world.server.deliver('two');
    expect(await visit(world)).toMatchObject({ accepted: 1 });
    expect(world.server.seenUids()).toEqual([]);
    expect(await pending(world)).toBe(0);
    await choose(world, { action: 'mark-read' });
    await visit(world);
    expect(world.server.seenUids()).toEqual([]);
  });

  it('reads on where the server refuses, and asks again at each visit (R46)', async () => {
    const world = await setUp({ action: 'mark-read' });
    const { server } = world;
    server.settleRefusal = 'read-only';
    server.deliver('one');
    const refused = { kind: 'completed', refusal: 'read-only' };
    expect(await visit(world)).toMatchObject({ ...refused, accepted: 1 });
    server.deliver('two');
    expect(await visit(world)).toMatchObject({ ...refused, accepted: 1 });

    server.settleRefusal = undefined;
    expect(await visit(world)).toMatchObject({ refusal: undefined });
    expect(server.seenUids()).toHaveLength(2);
  });

  it('tells a server that numbers its mail anew nothing of the old numbers (R14)', async () => {
    const world = await setUp({ action: 'delete' });
    const { server } = world;
    server.deliver('one', { receivedAt: new Date() });
    server.deliver('two', { receivedAt: new Date() });
    await visit(world);
    await processAll(world);
    server.expunge(1);
    server.renumber();
    expect(await visit(world)).toMatchObject({ renumbered: true, accepted: 0 });
    expect(await pending(world)).toBe(0);
    await visit(world);
    expect(server.texts()).toEqual(['one', 'two']);
  });
});
