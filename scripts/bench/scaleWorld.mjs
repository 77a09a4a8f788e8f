// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fromRoot } from '../lib/repository.mjs';
import { runTypeScript } from './runTypeScript.mjs';

const requireFromPlugin = createRequire(
  fromRoot('plugins', 'incoming-mail-backend', 'package.json'),
);

export const INTERVAL_MS = 60_000;
const TICK_MS = 1_000;
const CONCURRENCY = 64;

/** A mail server that answers, and hosts that do not. */
export async function startScaleServer() {
  const child = spawn(
    process.execPath,
    [fromRoot('scripts', 'bench', 'scaleServer.mjs')],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    ...JSON.parse(line),
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

// Each beginning of a visit moves a due time that has passed into the future.
const NOTE_STARTS = `
  CREATE UNLOGGED TABLE bench_starts (
    subject_id text, holder text, due_at bigint, started_at bigint
  );
  CREATE FUNCTION bench_note() RETURNS trigger AS $$
  BEGIN
    INSERT INTO bench_starts VALUES (
      NEW.subject_id, NEW.holder, OLD.due_at,
      (extract(epoch from clock_timestamp()) * 1000)::bigint
    );
    RETURN NULL;
  END $$ LANGUAGE plpgsql;
  CREATE TRIGGER bench_starts AFTER UPDATE ON leases FOR EACH ROW
  WHEN (OLD.kind = 'poll' AND NEW.holder IS NOT NULL
    AND NEW.due_at > OLD.due_at
    AND OLD.due_at <= (extract(epoch from clock_timestamp()) * 1000)::bigint)
  EXECUTE FUNCTION bench_note();
`;

/**
 * Mailboxes in a fresh database, and replicas that visit them.
 *
 * @param {object} setting
 * @param {number} setting.count - mailboxes
 * @param {number} [setting.hanging] - of them, on hosts that hang, each on its own
 * @param {number} [setting.spreadMs] - within what time they are due first
 */
export async function openScaleWorld(
  { databases, server },
  { count, hanging = 0, spreadMs = INTERVAL_MS },
) {
  const database = await databases.open('pg');
  const db = requireFromPlugin('knex')(database.config);
  const replicas = [];
  const setUp = runTypeScript('scaleTables.mjs', { database: database.config });
  await setUp.hear('done');
  await setUp.end();
  const seed = async (from, to, host, port) =>
    db.raw(
      `INSERT INTO mailboxes SELECT (jsonb_populate_record(m, jsonb_build_object(
         'id', gen_random_uuid()::text,
         'project_ref', 'component:default/project-' || n,
         'address', 'project-' || n || '@corp.test',
         'auth_method', 'password', 'integration_id', null,
         'host', ${host}, 'port', ?::int, 'security', 'none'))).*
       FROM mailboxes m, generate_series(?::int, ?::int) n
       WHERE m.project_ref = 'component:default/template'`,
      [port, from, to],
    );
  await seed(1, count - hanging, `'127.0.0.1'`, server.port);
  if (hanging > 0) {
    const host = `'127.1.' || n / 200 || '.' || (n % 200 + 1)`;
    await seed(count - hanging + 1, count, host, server.hangingPort);
  }
  await db('mailboxes')
    .where({ project_ref: 'component:default/template' })
    .delete();
  await db('leases').delete();
  await db.raw(
    `INSERT INTO leases (kind, subject_id, ticket, due_at)
     SELECT 'poll', id, 0,
       (extract(epoch from clock_timestamp()) * 1000 + random() * ?)::bigint
     FROM mailboxes`,
    [spreadMs],
  );
  await db.raw('ANALYZE');
  await db.raw(NOTE_STARTS);
  const world = {
    db,
    databasePid: database.pid,
    async startReplica({ idleConnections, concurrency = CONCURRENCY }) {
      const replica = runTypeScript('scaleReplica.mjs', {
        database: { ...database.config, pool: { min: 2, max: 10 } },
        intervalMs: INTERVAL_MS,
        tickMs: TICK_MS,
        concurrency,
        idleConnections,
      });
      const { holder } = await replica.hear('ready');
      const made = { ...replica, holder };
      replicas.push(made);
      return made;
    },
    /**
     * How late visits of mailboxes that answer began. What was due before
     * `upFromMs`, when nobody was there, counts from then.
     */
    async starts({ sinceMs = 0, upFromMs = 0 } = {}) {
      const { rows } = await db.raw(
        `SELECT s.holder, s.subject_id,
           s.started_at - GREATEST(s.due_at, ?::bigint) AS late
         FROM bench_starts s JOIN mailboxes m ON m.id = s.subject_id
         WHERE m.host = '127.0.0.1' AND s.started_at >= ?`,
        [upFromMs, sinceMs],
      );
      return rows.map(row => ({ ...row, late: Number(row.late) }));
    },
    async now() {
      const { rows } = await db.raw(
        'SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint AS now',
      );
      return Number(rows[0].now);
    },
    async keptBy() {
      const rows = await db('leases')
        .whereNotNull('kept_by')
        .whereRaw('kept_by = holder')
        .groupBy('kept_by')
        .select('kept_by', db.raw('count(*)::int AS n'));
      return new Map(rows.map(row => [row.kept_by, row.n]));
    },
    async close() {
      for (const replica of replicas) {
        await replica.end();
      }
      await db.destroy();
      await database.remove();
    },
  };
  return world;
}
