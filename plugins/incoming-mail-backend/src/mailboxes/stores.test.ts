// SPDX-License-Identifier: Apache-2.0
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { NotFoundError } from '@backstage/errors';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { dbNowPlus, inTransaction, tables } from '../database';
import { Keyring, randomToken, Secret } from '../secrets';
import { BindingStore } from './BindingStore';
import { DraftStore } from './DraftStore';
import { ImportEndedError, ImportStore } from './ImportStore';
import { MailboxSettings } from './mailboxRows';
import { PasswordStore } from './PasswordStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const ADA = 'user:default/ada';
const settings: MailboxSettings = {
  name: 'Alerts',
  address: 'alerts@corp.test',
  server: {
    protocol: 'imap',
    host: 'imap.corp.test',
    port: 993,
    security: 'tls',
  },
  folder: 'INBOX',
  authentication: { method: 'password', userName: 'CORP\\alerts' },
  aliases: ['alarm@corp.test'],
  afterStoring: { action: 'move', folder: 'Done' },
  timeoutSeconds: 20,
};

describe.each(databases.eachSupportedId())(
  'what hangs on a mailbox (%s)',
  databaseId => {
    const open = () =>
      openTestDatabase(databases, databaseId as TestDatabaseId);

    it('keeps the bindings of handlers that stay, in whatever order', async () => {
      const db = await open();
      const { id } = await aChannel(db);
      const store = new BindingStore(db);
      const replace = (...handlerIds: string[]) =>
        inTransaction(db, tx =>
          store.replace(
            tx,
            id,
            handlerIds.map(handlerId => ({
              handlerId,
              settings: { of: handlerId },
            })),
          ),
        );
      const [first] = await store.list(id);
      await replace('one', 'request-tracker', 'one');
      const bound = await store.list(id);
      expect(bound.map(({ handlerId }) => handlerId)).toEqual([
        'one',
        'request-tracker',
        'one',
      ]);
      expect(bound[1]).toEqual({
        id: first.id,
        handlerId: 'request-tracker',
        settings: { of: 'request-tracker' },
      });
      await replace('two', 'one', 'one');
      const after = await store.list(id);
      expect(after.slice(1).map(binding => binding.id)).toEqual([
        bound[0].id,
        bound[2].id,
      ]);
      await inTransaction(db, tx =>
        store.changeSettings(tx, id, {
          handlerId: 'two',
          settings: { priority: 'high' },
        }),
      );
      expect((await store.list(id))[0].settings).toEqual({ priority: 'high' });
    });

    it('seals a password for its mailbox alone, and gives another a copy that is the same by name', async () => {
      const db = await open();
      const keyring = new Keyring([{ kid: 'test', secret: randomToken() }], '');
      const passwords = new PasswordStore({ db, keyring });
      const drafts = new DraftStore(db);
      const add = () =>
        inTransaction(db, tx =>
          drafts.insert(tx, { owner: ADA, settings, paused: false }),
        );
      const [one, two] = [await add(), await add()];
      await expect(passwords.open(one)).rejects.toMatchObject({
        code: 'password-missing',
      });
      await inTransaction(db, tx =>
        passwords.put(tx, one, new Secret('pa\u00dfwort')),
      );
      await inTransaction(db, tx => passwords.copy(tx, { from: one, to: two }));
      expect((await passwords.open(two)).reveal()).toBe('pa\u00dfwort');
      const rowOf = (id: string) => db(tables.mailboxes).where({ id }).first();
      const [former, copy] = [await rowOf(one), await rowOf(two)];
      expect(copy.password_id).toBe(former.password_id);
      expect(copy.password_sealed).not.toBe(former.password_sealed);
      // A row that was copied by hand does not open.
      await db(tables.mailboxes)
        .where({ id: two })
        .update({ password_sealed: former.password_sealed });
      await expect(passwords.open(two)).rejects.toMatchObject({
        code: 'vault-record-unreadable',
      });
      await inTransaction(db, tx => passwords.remove(tx, one));
      await expect(passwords.open(one)).rejects.toMatchObject({
        code: 'password-missing',
      });
    });

    it('reads a draft back for its owner, for a day, and no longer', async () => {
      const db = await open();
      const drafts = new DraftStore(db);
      const id = await inTransaction(db, tx =>
        drafts.insert(tx, { owner: ADA, settings, paused: true }),
      );
      expect(await drafts.get(id, ADA)).toMatchObject({
        ...settings,
        pausedAt: expect.any(Date),
        draft: { owner: ADA },
      });
      await expect(drafts.get(id, 'user:default/olga')).rejects.toThrow(
        NotFoundError,
      );
      const day = 86_400_000;
      expect(await drafts.listOld({ ageMs: day, limit: 9 })).toEqual([]);
      await db(tables.mailboxes).update({
        created_at: dbNowPlus(db, -day - 1),
      });
      await expect(drafts.get(id, ADA)).rejects.toThrow(NotFoundError);
      expect(await drafts.listOld({ ageMs: day, limit: 9 })).toEqual([id]);
    });

    it('lets one import be under way at a time, and an ended one be ended', async () => {
      const db = await open();
      const { id: mailboxId } = await aChannel(db);
      const imports = new ImportStore(db);
      const create = () =>
        imports.create({ mailboxId, wanted: { last: 5 }, userRef: ADA });
      const results = await Promise.allSettled([create(), create(), create()]);
      expect(
        results.filter(({ status }) => status === 'fulfilled'),
      ).toHaveLength(1);
      const under = await imports.findOpen(mailboxId);
      await imports.cancel(mailboxId);
      await expect(imports.cancel(mailboxId)).rejects.toThrow(NotFoundError);
      await expect(
        inTransaction(db, tx =>
          imports.advance(tx, under!.id, { afterUid: 1, accepted: 1 }),
        ),
      ).rejects.toThrow(ImportEndedError);
      expect(await imports.findLatest(mailboxId)).toMatchObject({
        state: 'cancelled',
        imported: 0,
      });
      expect(await create()).toMatchObject({ state: 'waiting', last: 5 });
    });
  },
);
