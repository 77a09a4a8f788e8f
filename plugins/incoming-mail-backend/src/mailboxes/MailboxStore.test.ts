// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { ConflictError, NotFoundError } from '@backstage/errors';
import { Knex } from 'knex';
import { aChannel, anIntegration } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  claimDue,
  dbNowPlus,
  holdLease,
  inTransaction,
  LeaseLostError,
  tables,
} from '../database';
import { MailboxSettings, MailboxStore } from './MailboxStore';
import { Mailbox } from './types';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const settingsOf = (integrationId: string): MailboxSettings => ({
  address: 'support@corp.test',
  server: {
    protocol: 'imap',
    host: 'imap.corp.test',
    port: 993,
    security: 'tls',
  },
  folder: 'INBOX',
  authentication: { method: 'oauth', integrationId },
});

const integrationIdOf = ({ authentication }: Mailbox) =>
  authentication.method === 'oauth' ? authentication.integrationId : '';

describe.each(databases.eachSupportedId())('MailboxStore (%s)', databaseId => {
  const open = () => openTestDatabase(databases, databaseId as TestDatabaseId);
  const claim = (db: Knex) =>
    claimDue(db, { kind: 'poll', holder: 'a', limit: 9, durationMs: 60_000 });

  it('S59: gives a project one channel, also when many ask at the same moment', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const settings = settingsOf(await anIntegration(db));
    const create = () =>
      store.createChannel({
        projectRef: 'component:default/payments',
        settings,
        handlerId: 'request-tracker',
        userRef: 'user:default/olga',
      });
    const results = await Promise.allSettled(Array.from({ length: 8 }, create));
    const created = results.filter(result => result.status === 'fulfilled');
    const refused = results.filter(result => result.status === 'rejected');
    expect(created).toHaveLength(1);
    refused.forEach(({ reason }) => {
      expect(reason).toBeInstanceOf(ConflictError);
      expect(reason.message).not.toContain('support@corp.test');
    });
    expect(await db(tables.mailboxes)).toHaveLength(1);
    expect(await db(tables.handlerBindings)).toHaveLength(1);
    expect(await db(tables.leases)).toHaveLength(2);
  });

  it('reads back what was stored, and visits a draft never', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const settings = settingsOf(await anIntegration(db));
    const mailbox = await store.createChannel({
      projectRef: 'component:default/payments',
      settings,
      handlerId: 'request-tracker',
      userRef: 'user:default/olga',
    });
    expect(mailbox).toMatchObject({ ...settings, version: 1, state: 'draft' });
    expect(await store.getByProject('component:default/payments')).toEqual(
      mailbox,
    );
    expect(await store.listBindings(mailbox.id)).toEqual([
      { id: expect.any(String), handlerId: 'request-tracker', settings: {} },
    ]);
    expect(await claim(db)).toEqual([]);
    await inTransaction(db, tx => store.activate(tx, mailbox.id));
    expect(await claim(db)).toHaveLength(1);
    await expect(store.getByProject('component:default/x')).rejects.toThrow(
      NotFoundError,
    );
  });

  it('refuses a change on a stale version, and takes the lease away with a good one', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const mailbox = await aChannel(db);
    const [ticket] = await claim(db);
    const update = (version: number, folder: string) =>
      inTransaction(db, tx =>
        store.update(tx, {
          id: mailbox.id,
          version,
          settings: { ...mailbox, folder },
        }),
      );
    await update(1, 'Support');
    await expect(update(1, 'Elsewhere')).rejects.toThrow(ConflictError);
    expect(await store.getById(mailbox.id)).toMatchObject({
      version: 2,
      folder: 'Support',
      state: 'active',
    });
    await expect(
      inTransaction(db, tx => holdLease(tx, ticket)),
    ).rejects.toThrow(LeaseLostError);
    expect(await claim(db)).toHaveLength(1);
  });

  it('does not visit a mailbox whose change needs a new consent', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const mailbox = await aChannel(db);
    await inTransaction(db, tx =>
      store.update(tx, {
        id: mailbox.id,
        version: 1,
        settings: { ...mailbox, address: 'other@corp.test' },
        state: 'draft',
      }),
    );
    expect(await claim(db)).toEqual([]);
    expect(await store.nextVisitAt(mailbox.id)).toBeUndefined();
  });

  it('remembers since when a failure stands, and forgets it after success', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const { id } = await aChannel(db);
    const fail = (code: 'connection-refused' | 'tls-failed') =>
      inTransaction(db, tx =>
        store.recordVisit(tx, id, {
          state: 'degraded',
          failure: { code, detail: 'what came back' },
        }),
      );
    await fail('connection-refused');
    const hourAgo = dbNowPlus(db, -3_600_000);
    await db(tables.mailboxes).update({ failure_since: hourAgo });
    await fail('connection-refused');
    const failing = await store.getById(id);
    expect(failing).toMatchObject({
      state: 'degraded',
      failedVisits: 2,
      failure: { code: 'connection-refused', detail: 'what came back' },
      lastSuccessAt: undefined,
    });
    const age = (since?: string) => Date.now() - new Date(since!).getTime();
    expect(age(failing.failure?.since)).toBeGreaterThan(3_000_000);
    await fail('tls-failed');
    const other = await store.getById(id);
    expect(age(other.failure?.since)).toBeLessThan(3_000_000);

    await inTransaction(db, tx =>
      store.recordVisit(tx, id, { state: 'active' }),
    );
    expect(await store.getById(id)).toMatchObject({
      state: 'active',
      failedVisits: 0,
      failure: undefined,
      lastSuccessAt: expect.any(Date),
    });
  });

  it('removes a mailbox with all that hangs on it', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const { id } = await aChannel(db);
    const other = await aChannel(db, 'component:default/other');
    await inTransaction(db, tx => store.delete(tx, id));
    await inTransaction(db, tx => store.delete(tx, id));
    expect(await store.findById(id)).toBeUndefined();
    expect(await store.findById(other.id)).toBeDefined();
    expect(await db(tables.leases)).toHaveLength(2);
    expect(await db(tables.handlerBindings)).toHaveLength(1);
  });

  it('visits soon what uses a changed integration, but no draft', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const mailbox = await aChannel(db);
    await db(tables.leases).update({ due_at: null });
    await store.scheduleByIntegration('another');
    expect(await claim(db)).toEqual([]);
    await store.scheduleByIntegration(integrationIdOf(mailbox));
    expect(await claim(db)).toHaveLength(1);
  });
});
