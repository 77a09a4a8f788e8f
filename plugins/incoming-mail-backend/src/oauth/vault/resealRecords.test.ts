// SPDX-License-Identifier: Apache-2.0
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { DbGrantRow, inTransaction, tables } from '../../database';
import { Keyring, kidOf, randomToken, Secret } from '../../secrets';
import { addMailbox, anIntegration } from '../__testUtils__/fixtures';
import { ScriptedTokenServer } from '../__testUtils__/ScriptedTokenServer';
import { ConsentStore } from '../consent/ConsentStore';
import { PendingGrantStore } from '../consent/PendingGrantStore';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { IntegrationSettings } from '../integrations/types';
import { sealedColumns, sealFor } from '../sealedColumns';
import { TokenEndpoint } from '../tokenEndpoint';
import { GrantStore } from './GrantStore';
import { resealRecords } from './resealRecords';
import { RevocationStore } from './RevocationStore';
import { SealedRecordStore } from './SealedRecordStore';
import { TokenVault } from './TokenVault';
import { readVaultStatus, reportMissingKeys } from './vaultStatus';

jest.setTimeout(120_000);

const PATH = 'incomingMail.vault.keys';
const formerKey = { kid: '2026', secret: randomToken() };
const newKey = { kid: '2027', secret: randomToken() };
const former = new Keyring([formerKey], PATH);
const both = new Keyring([newKey, formerKey], PATH);
const formerFirst = new Keyring([formerKey, newKey], PATH);
const onlyNew = new Keyring([newKey], PATH);

describe('changing the key of the vault', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let server: ScriptedTokenServer;
    let integrationId: string;
    let integrationSettings: IntegrationSettings;
    let records: SealedRecordStore;

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
      records = new SealedRecordStore(db);
    });

    beforeEach(async () => {
      server = await ScriptedTokenServer.start();
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        tokenEndpoint: server.url,
        revocationEndpoint: `${server.url}/revoke`,
      });
      integrationSettings = settings;
      integrationId = await new IntegrationStore({
        db,
        keyring: former,
      }).insert({
        callbackSlug,
        settings,
        clientSecret: new Secret(clientSecret!),
        createdBy: 'user:default/admin',
      });
    });

    afterEach(async () => {
      await server.close();
      await db(tables.oauthConsents).delete();
      await db(tables.oauthRevocations).delete();
      await db(tables.mailboxes).delete();
      await db(tables.oauthIntegrations).delete();
    });

    /** Mailboxes with grants whose access tokens have run out. */
    async function giveGrants(count: number): Promise<string[]> {
      const mailboxIds: string[] = [];
      for (let n = 0; n < count; n += 1) {
        mailboxIds.push(await giveGrant(n));
      }
      return mailboxIds;
    }

    async function giveGrant(n: number): Promise<string> {
      const grants = new GrantStore({ db, keyring: former });
      const mailboxId = await addMailbox(db, { integrationId });
      await inTransaction(db, tx =>
        grants.put(tx, {
          mailboxId,
          integrationId,
          integrationVersion: 1,
          account: 'support@corp.test',
          tokens: {
            accessToken: new Secret(`access-${n}`),
            refreshToken: new Secret(`refresh-${n}`),
            expiresInMs: 1,
            refreshAheadMs: 0,
            scopes: ['mail'],
          },
        }),
      );
      return mailboxId;
    }

    const aVault = (keyring: Keyring) =>
      new TokenVault({
        grants: new GrantStore({ db, keyring }),
        integrations: new IntegrationStore({ db, keyring }),
        tokenEndpoint: new TokenEndpoint({ fetch, allowHttpLoopback: true }),
        sleep: ms =>
          new Promise(resolve => {
            setTimeout(resolve, Math.min(ms, 20));
          }),
      });

    const status = (keyring: Keyring) => readVaultStatus({ records, keyring });

    it('T18: goes on during a thousand renewals without losing a token', async () => {
      const mailboxIds = await giveGrants(100);
      const ROUNDS = 10;
      expect(await status(both)).toEqual({
        primaryKid: '2027',
        keys: [
          { kid: '2027', configured: true, sealedRecords: 0 },
          { kid: '2026', configured: true, sealedRecords: 201 },
        ],
      });
      server.answer(({ parameters }) => {
        const [, n, round = 0] = parameters.get('refresh_token')!.split('-');
        return {
          body: {
            access_token: `renewed-${n}-${randomToken(4)}`,
            // Every other one rotates: the rest keep what was sealed again.
            ...(Number(n) % 2 === 0 && {
              refresh_token: `rotated-${n}-${Number(round) + 1}`,
            }),
            token_type: 'Bearer',
          },
        };
      });
      // A replica that was not restarted yet, and one with the new key.
      const vaults = [aVault(formerFirst), aVault(both)];
      let isRenewing = true;
      const reseal = async () => {
        while (isRenewing) {
          await resealRecords({ records, keyring: both });
          await new Promise(resolve => {
            setTimeout(resolve, 200);
          });
        }
      };
      const renew = async (id: string, n: number) => {
        let token: Secret | undefined;
        for (let round = 0; round < ROUNDS; round += 1) {
          // Towards the end, all replicas have the new key.
          const vault = vaults[round < 8 ? (n + round) % 2 : 1];
          token = await vault.accessToken(id, { forceRefreshOf: token });
          expect(token.reveal()).toMatch(`renewed-${n}-`);
        }
      };
      const waiting = [...mailboxIds.entries()];
      const renewAll = async () => {
        for (let next = waiting.pop(); next; next = waiting.pop()) {
          const [n, id] = next;
          await renew(id, n);
        }
      };
      // As many at a time as replicas have, so that no request has to wait for
      // the event loop until its deadline.
      const workers = Promise.all(Array.from({ length: 20 }, renewAll));
      await Promise.all([
        workers.finally(() => {
          isRenewing = false;
        }),
        reseal(),
      ]);
      expect(server.requests).toHaveLength(1_000);

      await resealRecords({ records, keyring: both });
      const { keys } = await status(both);
      // Each rotated token keeps the one before it for a day.
      expect(keys).toEqual([
        { kid: '2027', configured: true, sealedRecords: 251 },
        { kid: '2026', configured: true, sealedRecords: 0 },
      ]);

      // The former key may go now: everything opens without it.
      const grants = new GrantStore({ db, keyring: onlyNew });
      for (const [n, id] of mailboxIds.entries()) {
        const grant = (await grants.find(id))!;
        const token = await grant.openRefreshToken();
        const previous = await grant.openPreviousRefreshToken();
        expect([token?.reveal(), previous?.reveal()]).toEqual(
          n % 2 === 0
            ? [`rotated-${n}-${ROUNDS}`, `rotated-${n}-${ROUNDS - 1}`]
            : [`refresh-${n}`, undefined],
        );
      }
      const integrations = new IntegrationStore({ db, keyring: onlyNew });
      const secret = await (await integrations.find(
        integrationId,
      ))!.openClientSecret();
      expect(secret!.reveal()).toBe('the-client-secret');
    });

    it('T18: damages nothing where a key is removed too early, and works again when it is back', async () => {
      const [mailboxId] = await giveGrants(1);
      const before = await db<DbGrantRow>(tables.oauthGrants).first();
      // The fault names the key, on the page as well as in the log.
      await expect(
        aVault(onlyNew).accessToken(mailboxId),
      ).rejects.toMatchObject({
        code: 'vault-key-missing',
        message: expect.stringContaining('2026'),
        detail: 'The vault key 2026 is missing',
      });
      expect(await resealRecords({ records, keyring: onlyNew })).toEqual({
        resealed: 0,
        unreadable: 3,
      });
      const after = await db<DbGrantRow>(tables.oauthGrants).first();
      expect(after).toMatchObject({
        state: 'active',
        generation: before!.generation,
        refresh_sealed: before!.refresh_sealed,
        access_sealed: before!.access_sealed,
      });
      expect(server.requests).toHaveLength(0);

      const logger = mockServices.logger.mock();
      const report = (keyring: Keyring) =>
        reportMissingKeys({ records, keyring, logger, configPath: PATH });
      await report(onlyNew);
      expect(logger.error).toHaveBeenCalledTimes(1);
      expect(logger.error.mock.calls[0][0]).toMatch(
        /2026 \(3 records\).*incomingMail\.vault\.keys/,
      );
      expect((await status(onlyNew)).keys).toContainEqual({
        kid: '2026',
        configured: false,
        sealedRecords: 3,
      });

      // The control: with the key back, nobody has to authorize again.
      await report(both);
      expect(logger.error).toHaveBeenCalledTimes(1);
      await db(tables.oauthGrants).update({ next_refresh_at: null });
      server.answer(() => ({
        body: { access_token: 'renewed', token_type: 'Bearer' },
      }));
      const token = await aVault(both).accessToken(mailboxId);
      expect(token.reveal()).toBe('renewed');
    });

    it('leaves tokens alone that were stored since it read', async () => {
      await giveGrants(1);
      const column = sealedColumns.accessToken;
      const [seen] = await records.listNotSealedWith(column, ['2027'], {
        afterId: '',
        limit: 10,
      });
      await db(tables.oauthGrants).update({ access_sealed: 'stored since' });
      const change = { ...seen, resealed: 'too late' };
      expect(await records.replace(column, [change])).toBe(0);
      const row = await db<DbGrantRow>(tables.oauthGrants).first();
      expect(row!.access_sealed).toBe('stored since');
    });

    const clientKey = {
      privateKey: new Secret('a-private-key'),
      assertion: { algorithm: 'RS256' as const, audience: 'https://id.test' },
    };

    it('reaches every column of sealed records, in batches, and stops when told', async () => {
      const mailboxIds = await giveGrants(1);
      const consents = new ConsentStore({ db, keyring: former });
      await consents.create({
        mailbox: {
          id: mailboxIds[0],
          integrationId,
          address: 'support@corp.test',
        },
        integrationVersion: 1,
        userRef: 'user:default/olga',
        ticket: randomToken(),
        returnOrigin: 'https://portal.test',
        maxOpen: 1,
      });
      const { id } = await db(tables.oauthConsents).first();
      await consents.start(id, {
        state: randomToken(),
        browserToken: randomToken(),
        verifier: new Secret(randomToken()),
      });
      await inTransaction(db, tx =>
        new RevocationStore({ db, keyring: former }).enqueue(tx, {
          account: 'gone@corp.test',
          clientId: 'portal',
          clientAuthentication: 'client_secret_basic',
          revocationEndpoint: server.url,
          token: new Secret('old'),
          clientSecret: new Secret('the-client-secret'),
          clientKey,
        }),
      );
      await inTransaction(db, tx =>
        new IntegrationStore({ db, keyring: former }).update(tx, {
          id: integrationId,
          version: 1,
          settings: integrationSettings,
          clientSecret: 'keep',
          nextClientSecret: new Secret('the-next-secret'),
          clientKey,
        }),
      );
      await new PendingGrantStore({ db, keyring: former }).put(id, {
        claim: new Secret('ABCD2345'),
        tokens: {
          accessToken: new Secret('pending'),
          refreshToken: new Secret('pending'),
          expiresInMs: 1,
          scopes: [],
        },
      });
      const grants = new GrantStore({ db, keyring: former });
      await grants.storeRefreshed(
        (await grants.find(mailboxIds[0]))!,
        {
          accessToken: new Secret('access'),
          refreshToken: new Secret('refresh'),
          expiresInMs: 1,
          refreshAheadMs: 0,
          scopes: ['mail'],
        },
        { token: new Secret('before'), isPrevious: false },
      );
      const password = await sealFor(
        former,
        sealedColumns.mailboxPassword,
        mailboxIds[0],
        new Secret('the-password'),
      );
      await db(tables.mailboxes)
        .where({ id: mailboxIds[0] })
        .update({ password_sealed: password });
      const columns = Object.values(sealedColumns);
      const kids = async () => {
        const found = [];
        for (const { table, column } of columns) {
          const rows = await db(table).whereNotNull(column).select(column);
          found.push(...rows.map(row => kidOf(row[column])));
        }
        return found;
      };
      expect(await kids()).toEqual(columns.map(() => '2026'));
      const stopped = await resealRecords({
        records,
        keyring: both,
        signal: AbortSignal.abort(),
      });
      expect(stopped.resealed).toBe(0);
      expect(await resealRecords({ records, keyring: both })).toEqual({
        resealed: columns.length,
        unreadable: 0,
      });
      expect(await kids()).toEqual(columns.map(() => '2027'));
      await giveGrants(450);
      expect(await resealRecords({ records, keyring: both })).toEqual({
        resealed: 900,
        unreadable: 0,
      });
    });

    it('knows every column of the schema that holds sealed records', async () => {
      const found: string[] = [];
      for (const table of Object.values(tables)) {
        const columns = Object.keys(await db(table).columnInfo());
        found.push(
          ...columns
            .filter(column => column.endsWith('_sealed'))
            .map(column => `${table}.${column}`),
        );
      }
      expect(found.sort()).toEqual(
        Object.values(sealedColumns)
          .map(({ table, column }) => `${table}.${column}`)
          .sort(),
      );
    });
  });
});
