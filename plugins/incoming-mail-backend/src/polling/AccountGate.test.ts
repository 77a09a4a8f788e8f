// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { FakeMailServer } from '../__testUtils__/FakeMailSession';
import { oauth } from '../__testUtils__/pollingWorld';
import { dbNowPlus, tables } from '../database';
import { MailSession, SessionOptions } from '../transport';
import { AccountBusyError } from './AccountBusyError';
import { AccountGate } from './AccountGate';
import { AccountGateStore } from './AccountGateStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const HOUR_MS = 3_600_000;

describe.each(databases.eachSupportedId())('AccountGate (%s)', databaseId => {
  const sessions: MailSession[] = [];
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map(session => session.close()));
  });

  const setUp = async (leaseMs = 60_000) => {
    const db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    const server = new FakeMailServer();
    const store = new AccountGateStore(db);
    let most = 0;
    const replica = (holder: string) => {
      const gate = new AccountGate({
        store,
        holder,
        leaseMs,
        random: () => 0.5,
      });
      const openWith =
        (guarded: ReturnType<AccountGate['guard']>) =>
        async (changes: Partial<SessionOptions> = {}) => {
          const session = await guarded({
            server: {
              protocol: 'imap',
              host: 'imap.corp.test',
              port: 993,
              security: 'tls',
            },
            credentials: oauth('token'),
            signal: new AbortController().signal,
            ...changes,
          });
          most = Math.max(most, server.openSessionCount);
          sessions.push(session);
          return session;
        };
      return {
        gate,
        visit: openWith(gate.guard(server.openSession)),
        test: (waitMs: number) =>
          openWith(gate.guardPatiently(server.openSession, { waitMs }))(),
      };
    };
    const expire = () =>
      db(tables.accountGates).update({ lease_until: dbNowPlus(db, -1) });
    const waitMs = async (attempt: Promise<unknown>) =>
      attempt.then(
        () => 0,
        error => (error instanceof AccountBusyError ? error.waitMs : error),
      );
    return {
      ...{ db, server, store, expire, waitMs },
      a: replica('a'),
      b: replica('b'),
      most: () => most,
    };
  };

  it('lets one connection per account in, over all replicas (R33)', async () => {
    const { a, b, most, server } = await setUp();
    const attempts = await Promise.allSettled(
      [a, b, a, b, a, b].map(({ visit }) => visit()),
    );
    expect(
      attempts.filter(({ status }) => status === 'fulfilled'),
    ).toHaveLength(1);
    expect(
      attempts.flatMap(one =>
        one.status === 'rejected' ? one.reason.name : [],
      ),
    ).toEqual(Array(5).fill('AccountBusyError'));
    // Nobody else has so much as connected.
    expect(
      server.calls.filter(({ operation }) => operation === 'connect'),
    ).toHaveLength(1);
    await sessions.splice(0)[0].close();
    await b.visit();
    expect(most()).toBe(1);
  });

  it('tells accounts apart by host, port and user, and not by case', async () => {
    const { a, b, waitMs } = await setUp();
    const server = {
      protocol: 'imap',
      host: 'IMAP.corp.test',
      port: 993,
      security: 'tls',
    } as const;
    await a.visit();
    expect(await waitMs(b.visit({ server }))).toBe(5_000);
    expect(
      await waitMs(
        b.visit({
          credentials: { ...oauth('token'), user: 'Support@Corp.test' },
        }),
      ),
    ).toBe(5_000);
    await b.visit({ server: { ...server, port: 143 } });
    await b.visit({
      credentials: { ...oauth('token'), user: 'other@corp.test' },
    });
  });

  it('takes over from a holder that died, whose late leaving changes nothing', async () => {
    const { a, b, expire, waitMs } = await setUp();
    const dead = await a.visit();
    await expire();
    await b.visit();
    await dead.close();
    expect(await waitMs(a.visit())).toBe(5_000);
  });

  it('keeps a stay for as long as its session is open, and cuts one that was lost', async () => {
    const { a, b, server, db, waitMs } = await setUp(400);
    const kept = await a.visit();
    await kept.open('INBOX');
    for (let n = 0; n < 8; n += 1) {
      await new Promise(resolve => setTimeout(resolve, 100));
      expect(await waitMs(b.visit())).toBe(5_000);
    }
    server.hangNext('list');
    const listing = waitMs(kept.list({ after: 0, limit: 1 }));
    await db(tables.accountGates).update({ ticket: 99 });
    expect(await listing).toBe(5_000);
    expect(await waitMs(kept.list({ after: 0, limit: 1 }))).not.toBe(0);
  });

  it('renews many stays with one statement', async () => {
    const { store, db, b } = await setUp();
    const accounts = Array.from({ length: 120 }, (_, n) => `account ${n}`);
    for (const account of accounts) {
      await store.enter(account, { holder: 'a', durationMs: 60_000 });
    }
    await b.visit();
    let statements = 0;
    db.on('query', () => {
      statements += 1;
    });
    const kept = await store.renew([...accounts, 'not in'], {
      holder: 'a',
      durationMs: 60_000,
    });
    expect(kept.size).toBe(120);
    expect(statements).toBe(1);
    expect(kept.get('account 7')).toBe(1);
  });

  it('ends the wait for news of a session that somebody else wants the account of', async () => {
    const { a, b, server, waitMs } = await setUp(200);
    server.offersNews = true;
    const kept = await a.visit();
    await kept.open('INBOX');
    const calledOff = AbortSignal.timeout(300);
    await kept.waitForNews!(calledOff);
    const waiting = kept.waitForNews!(new AbortController().signal);
    waiting.catch(() => {});
    expect(await waitMs(b.visit())).toBe(5_000);
    await expect(waiting).rejects.toThrow(AccountBusyError);
    await kept.close();
    const next = await b.visit();
    await next.open('INBOX');
    await next.waitForNews!(AbortSignal.timeout(300));
  });

  it('has all mailboxes of an account wait where the server asks for patience (R33)', async () => {
    const { a, b, server, db, waitMs } = await setUp();
    const refuse = (retryAfterMs?: number) =>
      server.onNext('connect', () => {
        throw new MailFailure('throttled', 'Too many connections', {
          retryAfterMs,
        });
      });
    const due = () =>
      db(tables.accountGates).update({ retry_at: dbNowPlus(db, -1) });
    refuse(30 * 60_000);
    expect(await waitMs(a.visit())).toMatchObject({ code: 'throttled' });
    const wait = await waitMs(b.visit());
    expect(wait).toBeGreaterThan(29 * 60_000);
    expect(wait).toBeLessThanOrEqual(30 * 60_000);

    // At most one attempt for each wait, which grows: seven within an hour.
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      await due();
      refuse();
      await waitMs(a.visit());
      waits.push(Math.round((await waitMs(b.visit())) / 60_000));
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
    await due();
    refuse(9 * HOUR_MS);
    await waitMs(a.visit());
    expect(await waitMs(b.visit())).toBeLessThanOrEqual(HOUR_MS);

    // A session that goes well ends it; so does a person's test.
    await (await a.test(0)).close();
    await b.visit();
  });

  it('takes a throttled command of an open session for the same', async () => {
    const { a, b, server, waitMs } = await setUp();
    const session = await a.visit();
    server.failNext('open', 'throttled');
    await expect(session.open('INBOX')).rejects.toMatchObject({
      code: 'throttled',
    });
    await session.close();
    expect(await waitMs(b.visit())).toBeGreaterThan(30_000);
  });

  it('has a person wait for the gate, and then go on without', async () => {
    const { a, b, server } = await setUp();
    const visit = await a.visit();
    const test = b.test(20_000);
    setTimeout(() => visit.close(), 300);
    await (await test).close();

    await a.visit();
    await (await b.test(0)).close();
    server.failNext('connect', 'throttled');
    await expect(b.test(0)).rejects.toMatchObject({
      code: 'throttled',
      detail: 'Another connection to this account was open meanwhile',
    });
  });

  it('forgets accounts that nobody connects to', async () => {
    const { a, db, store } = await setUp();
    await (await a.visit()).close();
    const old = { ageMs: HOUR_MS, limit: 10 };
    expect(await store.removeOld(old)).toBe(0);
    await db(tables.accountGates).update({
      entered_at: dbNowPlus(db, -2 * HOUR_MS),
    });
    expect(await store.removeOld(old)).toBe(1);
    expect(await db(tables.accountGates)).toEqual([]);
  });
});
