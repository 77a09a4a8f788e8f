// SPDX-License-Identifier: Apache-2.0
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fromRoot } from '../../lib/repository.mjs';
import { pause } from '../waiting.mjs';

// Two versions of the product on one database.

const NEXT = '29991231000000_next_version.cjs';
const GRACE_MS = 11_000;
/** At night. */
const TOGETHER_MS = 10 * 60_000;

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
  world.migrations.set(replica.name, migrations);
  await replica.terminate(GRACE_MS);
  await world.startOne(replica);
}

/** All versions together, and at night whoever is killed comes back. */
async function runTogether(world, { night }) {
  const until = performance.now() + (night ? TOGETHER_MS : 1_000);
  do {
    await pause(1_000);
    if (night) {
      await world.kill(world.random.pick(world.serving()));
      await world.allUp();
    }
  } while (performance.now() < until);
}

async function nextVersionIsApplied(world) {
  const rows = await world.query(
    'SELECT 1 FROM knex_migrations WHERE name = $1',
    [NEXT],
  );
  return rows.length > 0;
}

/**
 * Rolls back to the present version, on the schema of the next one; and then,
 * for the rows that follow, the schema as well.
 */
async function rollBack(world) {
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
  title: 'the next version rolled out under load, and back',
  async run(world, size) {
    const channels = [
      await world.channel('storm-a'),
      await world.channel('storm-b'),
    ];
    const [first, second, third] = world.replicas;
    const migrations = await nextVersionIn(world.folder);
    const stop = underLoad(world, channels, 'R41');
    try {
      await pause(300);
      // Two of them find that there is something to migrate.
      await Promise.all(
        [first, second].map(each => redeploy(world, each, migrations)),
      );
      if (!(await nextVersionIsApplied(world))) {
        throw new Error('The next version has not migrated');
      }
      await runTogether(world, size);
      // The present one alone, which comes to the new schema for the first time.
      await Promise.all([first.kill(), second.kill(), third.kill()]);
      world.kills += 3;
      await world.startOne(third);
      await Promise.all([world.startOne(first), world.startOne(second)]);
    } finally {
      await stop();
      await rollBack(world);
    }
    await world.drain(channels);
    return channels;
  },
};

export const versionRows = [rollingUpgrade];
