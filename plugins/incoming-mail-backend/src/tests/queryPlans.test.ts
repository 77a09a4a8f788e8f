// SPDX-License-Identifier: Apache-2.0
import {
  mockServices,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { claimDue, LeaseKind, tables } from '../database';
import { createInboxStores } from '../inbox';
import { JournalStore } from '../journal';
import { RequestStore } from '../requests';

jest.setTimeout(300_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const MAILBOXES = 100_000;
const PROJECT = 'component:default/payments';
const BUSY = 'busy';

/** Of PostgreSQL: what was done, in fact, and with how many rows. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

// What a store asks is taken from the driver, and explained as it was asked.
describe.each(databases.eachSupportedId())('query plans (%s)', databaseId => {
  const isPostgres = databaseId.startsWith('POSTGRES');
  let db: Knex;

  /** Copies of a row under other ids; both engines know this way to count. */
  const fill = (
    table: string,
    count: number,
    columns: Record<string, string>,
    from = '',
  ) =>
    db.raw(
      `INSERT INTO ${table} (${Object.keys(columns).join(', ')})
       WITH RECURSIVE numbers(i) AS (
         SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${count})
       SELECT ${Object.values(columns).join(', ')} FROM numbers ${from}`,
    );

  const copyOf = (columns: readonly string[], changed: object) => ({
    ...Object.fromEntries(columns.map(column => [column, column])),
    ...changed,
  });

  beforeAll(async () => {
    db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const { id } = await aChannel(db);
    const [mailbox] = await db(tables.mailboxes).where({ id });
    const columns = Object.keys(mailbox);
    const from = `CROSS JOIN (SELECT * FROM mailboxes WHERE id = '${id}') AS one`;
    await fill(
      tables.mailboxes,
      MAILBOXES,
      copyOf(columns, { id: `'m' || i`, project_ref: 'NULL' }),
      from,
    );
    await db(tables.mailboxes).insert({
      ...mailbox,
      id: BUSY,
      project_ref: null,
    });
    // Far in the future, but for a few; handling is due nowhere else.
    for (const [kind, later] of [
      ['poll', '8000000000000 + i'],
      ['process', 'NULL'],
    ]) {
      await fill(tables.leases, MAILBOXES, {
        kind: `'${kind}'`,
        subject_id: `'m' || i`,
        ticket: '0',
        due_at: `CASE WHEN i <= 5 THEN i ELSE ${later} END`,
      });
    }
    const mail = (mailboxId: string, state: string) => ({
      id: `${mailboxId} || '-' || i`,
      mailbox_id: mailboxId,
      dedupe_key: 'i',
      size_bytes: '1',
      truncated: 'false',
      sha256: `'x'`,
      accepted_at: 'i',
      state,
      attempts: '0',
      next_attempt_at: `CASE WHEN ${state} = 'stored' THEN i ELSE NULL END`,
      trace: `'[]'`,
      finished_at: `CASE WHEN ${state} = 'stored' THEN NULL ELSE 8000000000000 - i END`,
    });
    await fill(
      tables.inboxMessages,
      2_000,
      mail(`'${BUSY}'`, `CASE WHEN i % 100 = 0 THEN 'stored' ELSE 'done' END`),
    );
    await fill(tables.inboxMessages, MAILBOXES, mail(`'m' || i`, `'done'`));
    await fill(tables.journalEntries, 50_000, {
      id: 'i',
      mailbox_id: `CASE WHEN i % 50 = 0 THEN '${BUSY}' ELSE 'm' || i END`,
      at: '8000000000000 - i',
      event: `'recovered'`,
    });
    await fill(tables.requests, 50_000, {
      id: 'i',
      project_ref: `CASE WHEN i % 50 = 0 THEN '${PROJECT}' ELSE 'p' || i END`,
      number: 'i',
      thread_id: 'i',
      message_id: 'i',
      subject: `'Printer on fire'`,
      text: `'It burns.'`,
      attachments: `'[]'`,
      sent_at: 'i',
      created_at: 'i',
      last_activity_at: 'i',
      comment_count: '0',
    });
    await db.raw(isPostgres ? 'VACUUM ANALYZE' : 'ANALYZE');
  });

  /** The statements about rows that `work` makes. */
  async function statementsOf(work: () => Promise<unknown>) {
    const statements: Array<{ sql: string; bindings: unknown[] }> = [];
    const note = (query: { sql: string; bindings?: unknown[] }) => {
      if (/^\s*(select|update|delete|with)/i.test(query.sql)) {
        statements.push({ sql: query.sql, bindings: query.bindings ?? [] });
      }
    };
    db.on('query', note);
    try {
      await work();
    } finally {
      db.removeListener('query', note);
    }
    expect(statements).not.toEqual([]);
    return statements;
  }

  /** How many rows are looked at, and what is done with all of them at once. */
  async function costOf(statement: { sql: string; bindings: unknown[] }) {
    if (!isPostgres) {
      const rows: Array<{ detail: string }> = await db.raw(
        `EXPLAIN QUERY PLAN ${statement.sql}`,
        statement.bindings as Knex.RawBinding[],
      );
      const details = rows.map(({ detail }) => detail);
      return {
        // An index of a part of the rows may be gone through.
        steps: details.filter(detail =>
          /^SCAN (?!CONSTANT|.* INDEX inbox_messages_oldest_idx)|TEMP B-TREE/.test(
            detail,
          ),
        ),
        looked: 0,
        plan: details.join('\n'),
      };
    }
    const tx = await db.transaction();
    try {
      // knex has `?` where the driver has `$1`; the event tells the latter.
      let n = 0;
      const sql = statement.sql.replace(/\$\d+/g, () => {
        n += 1;
        return '?';
      });
      expect(n).toBe(statement.bindings.length);
      const { rows } = await tx.raw(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
        statement.bindings as Knex.RawBinding[],
      );
      const root: PlanNode = rows[0]['QUERY PLAN'][0].Plan;
      const nodes = (node: PlanNode): PlanNode[] => [
        node,
        ...(node.Plans ?? []).flatMap(nodes),
      ];
      const all = nodes(root);
      return {
        steps: all
          .map(node => node['Node Type'])
          .filter(type => /^(Seq Scan|Sort|Incremental Sort)$/.test(type)),
        looked: Math.max(
          ...all.map(
            node => node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0),
          ),
        ),
        plan: JSON.stringify(root),
      };
    } finally {
      await tx.rollback();
    }
  }

  async function expectCheap(
    work: () => Promise<unknown>,
    {
      rows,
      index,
      mayPutInOrder = false,
    }: { rows: number; index?: string; mayPutInOrder?: boolean },
  ) {
    const plans: string[] = [];
    for (const statement of await statementsOf(work)) {
      const { steps, looked, plan } = await costOf(statement);
      const unwanted = mayPutInOrder
        ? steps.filter(step => !/Sort|ORDER BY/.test(step))
        : steps;
      expect({ plan, unwanted }).toMatchObject({ unwanted: [] });
      expect(looked).toBeLessThanOrEqual(rows);
      plans.push(plan);
    }
    expect(plans.join()).toContain(index ?? '');
  }

  it.each<LeaseKind>(['poll', 'process'])(
    'claims what is due of 100,000 mailboxes by an index, without looking at those that are not (%s)',
    async kind => {
      const claim = () =>
        claimDue(db, { kind, holder: 'a', limit: 8, durationMs: 60_000 });
      await expectCheap(claim, { rows: 8, index: 'leases_due_idx' });
    },
  );

  it('finds what waits in a mailbox, and how much waits anywhere, without looking at what is done', async () => {
    const { queue } = createInboxStores(db);
    await expectCheap(() => queue.listWaiting(BUSY, 200), {
      rows: 20,
      mayPutInOrder: true,
    });
    await expectCheap(() => queue.nextAttemptInMs(BUSY), { rows: 20 });
    await expectCheap(() => queue.readBacklog(), {
      rows: 20,
      index: 'inbox_messages_oldest_idx',
    });
  });

  it('lists what grows by the page, also far behind', async () => {
    const { messageLog } = createInboxStores(db);
    const journal = new JournalStore({
      db,
      logger: mockServices.logger.mock(),
    });
    const requests = new RequestStore(db);
    const lists: Array<
      [string, (page: { limit: number; cursor?: string }) => Promise<unknown>]
    > = [
      ['inbox_messages_list_idx', page => messageLog.list(BUSY, page)],
      ['journal_entries_list_idx', page => journal.list(BUSY, page)],
      ['requests_activity_idx', page => requests.list(PROJECT, page)],
    ];
    for (const [index, list] of lists) {
      const first = (await list({ limit: 20 })) as { nextCursor: string };
      await expectCheap(() => list({ limit: 20 }), { rows: 21, index });
      const page = { limit: 20, cursor: first.nextCursor };
      // Which index is best here depends on where the page lies.
      await expectCheap(() => list(page), { rows: 21 });
    }
  });

  it('finds what is old by an index, where nothing is', async () => {
    const journal = new JournalStore({
      db,
      logger: mockServices.logger.mock(),
    });
    const { rawMails } = createInboxStores(db);
    const removal = { ageMs: 1, limit: 50 };
    await expectCheap(() => journal.removeOld(removal), {
      rows: 1,
      index: 'journal_entries_age_idx',
    });
    await expectCheap(
      () => rawMails.removeOld({ ...removal, states: ['done'] }),
      { rows: 1, index: 'inbox_messages_raw_idx' },
    );
  });
});
