// SPDX-License-Identifier: Apache-2.0
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fromRoot } from '../../lib/repository.mjs';
import { pause } from '../waiting.mjs';

// Two versions of the product on one database.

const NEXT = '29991231000000_next_version.cjs';
const GRACE_MS = 11_000;

/** The present migrations and one more, as the next version has them. */
async function nextVersionIn(folder) {
  const migrations = join(folder, 'next-version');
  await cp(
    fromRoot('plugins', 'incoming-mail-backend', 'migrations'),
    migrations,
    {
      recursive: true,
    },
  );
  await cp(
    fromRoot('scripts', 'chaos', 'nextVersion', NEXT),
    join(migrations, NEXT),
  );
  return migrations;
}

/** Mail arrives, and is asked for, until it is told to stop. */
function underLoad(world, channels, row) {
  let isOver = false;
  const deliver = async () => {
    for (let n = 0; !isOver; n += 1) {
      await channels[n % channels.length].deliverMany(row, 2);
      await world.poke(channels);
      await pause(150);
    }
  };
  const delivering = deliver();
  // Whoever stops it hears of a failure; until then it waits.
  delivering.catch(() => {});
  return async () => {
    isOver = true;
    await delivering;
  };
}

/** Replaces a replica, as a deployment does: asked to go, and started anew. */
async function redeploy(world, replica, migrations) {
  if (migrations) {
    world.migrations.set(replica.name, migrations);
  } else {
    world.migrations.delete(replica.name);
  }
  await replica.terminate(GRACE_MS);
  await world.startOne(replica);
}

async function nextVersionIsApplied(world) {
  const rows = await world.query(
    'SELECT 1 FROM knex_migrations WHERE name = $1',
    [NEXT],
  );
  return rows.length > 0;
}

/** Has the schema be that of the present version, for the rows that follow. */
async function takeNextVersionBack(world) {
  world.migrations.clear();
  await world.restartAll();
  if (!(await nextVersionIsApplied(world))) {
    return;
  }
  for (const table of ['leases', 'inbox_messages', 'mailboxes']) {
    await world.query(`ALTER TABLE ${table} DROP COLUMN next_note`);
  }
  await world.query('DROP TABLE next_things');
  await world.query('DELETE FROM knex_migrations WHERE name = $1', [NEXT]);
}

/** R41 */
const rollingUpgrade = {
  id: 'R41',
  title:
    'the next version rolled out under load, restarts of this one, and back',
  async run(world, { night }) {
    const channels = [
      await world.channel('storm-a'),
      await world.channel('storm-b'),
    ];
    const togetherMs = night ? 10 * 60_000 : 1_500;
    const migrations = await nextVersionIn(world.folder);
    const [first, second, third] = world.replicas;
    const stop = underLoad(world, channels, 'R41');
    try {
      await pause(300);
      await redeploy(world, first, migrations);
      if (!(await nextVersionIsApplied(world))) {
        throw new Error('The next version has not migrated');
      }
      // Both together; this one is killed and comes back to the new schema.
      await second.kill();
      await world.startOne(second);
      await pause(togetherMs);
      // This one alone, and then only the next one.
      await first.terminate(GRACE_MS);
      await pause(500);
      await world.startOne(first);
      await redeploy(world, second, migrations);
      await redeploy(world, third, migrations);
      // Rolled back: the schema stays, and all of it is still understood.
      await redeploy(world, first);
      await redeploy(world, second);
    } finally {
      await stop();
      await takeNextVersionBack(world);
    }
    await world.drain(channels);
    return channels;
  },
};

export const versionRows = [rollingUpgrade];
