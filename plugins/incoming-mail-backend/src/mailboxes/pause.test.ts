// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { aChannel, anIntegration } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  claimDue,
  DbLeaseRow,
  holdLease,
  inTransaction,
  LeaseKind,
  LeaseLostError,
  scheduleWork,
  tables,
} from '../database';
import { MailboxStore } from './MailboxStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())('pausing (%s)', databaseId => {
  const open = () => openTestDatabase(databases, databaseId as TestDatabaseId);
  const claim = (db: Knex, kind: LeaseKind) =>
    claimDue(db, { kind, holder: 'a', limit: 9, durationMs: 60_000 });

  it('R42: when it is acknowledged, nothing of the mailbox takes effect any more', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const { id } = await aChannel(db);
    await scheduleWork(db, 'process', id);
    const [poll] = await claim(db, 'poll');
    const [process] = await claim(db, 'process');
    const ended: string[] = [];
    let begun = () => {};
    const isHeld = new Promise<void>(resolve => {
      begun = resolve;
    });
    // An effect that is being committed while somebody pauses.
    const effect = inTransaction(db, async tx => {
      await holdLease(tx, process);
      begun();
      await new Promise(resolve => setTimeout(resolve, 100));
      await tx(tables.mailboxes).where({ id }).update({ failed_visits: 7 });
    }).then(() => ended.push('effect'));
    await isHeld;
    const pause = inTransaction(db, tx => store.pause(tx, id)).then(() =>
      ended.push('pause'),
    );
    await Promise.all([effect, pause]);
    expect(ended).toEqual(['effect', 'pause']);
    for (const ticket of [poll, process]) {
      await expect(
        inTransaction(db, tx => holdLease(tx, ticket)),
      ).rejects.toThrow(LeaseLostError);
    }
    const leases = await db<DbLeaseRow>(tables.leases);
    expect(leases.map(({ due_at }) => due_at)).toEqual([null, null]);
  });

  it('has nothing wake a paused mailbox but resuming it, which wakes both halves', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const mailbox = await aChannel(db);
    const { id, authentication } = mailbox;
    const pause = () => inTransaction(db, tx => store.pause(tx, id));
    const resume = () => inTransaction(db, tx => store.resume(tx, id));
    expect(await pause()).toBe(true);
    expect(await pause()).toBe(false);
    if (authentication.method === 'oauth') {
      await store.scheduleByIntegration(authentication.integrationId);
    }
    await inTransaction(db, tx => store.activate(tx, id));
    await inTransaction(db, tx =>
      store.update(tx, { id, version: 1, settings: mailbox }),
    );
    expect(await claim(db, 'poll')).toEqual([]);
    expect(await store.getById(id)).toMatchObject({
      state: 'active',
      pausedAt: expect.any(Date),
    });
    expect(await resume()).toBe(true);
    expect(await resume()).toBe(false);
    expect(await claim(db, 'poll')).toHaveLength(1);
    expect(await claim(db, 'process')).toHaveLength(1);
  });

  it('refuses what is not read yet', async () => {
    const db = await open();
    const store = new MailboxStore(db);
    const { id } = await store.createChannel({
      projectRef: 'component:default/payments',
      settings: {
        address: 'support@corp.test',
        server: {
          protocol: 'imap',
          host: 'imap.corp.test',
          port: 993,
          security: 'tls',
        },
        folder: 'INBOX',
        authentication: {
          method: 'oauth',
          integrationId: await anIntegration(db),
        },
      },
      handlerId: 'request-tracker',
      userRef: 'user:default/olga',
    });
    await expect(inTransaction(db, tx => store.pause(tx, id))).rejects.toThrow(
      ConflictError,
    );
  });
});
