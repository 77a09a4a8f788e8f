// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  connectionOf,
  RenewingReplica,
} from '../__testUtils__/renewingReplica';
import { DbGrantRow, dbNowPlus, inTransaction, tables } from '../database';
import { addMailbox, anIntegration } from '../oauth/__testUtils__/fixtures';
import { ScriptedTokenServer } from '../oauth/__testUtils__/ScriptedTokenServer';
import { IntegrationStore } from '../oauth/integrations/IntegrationStore';
import { TokenEndpoint } from '../oauth/tokenEndpoint';
import { GrantStore } from '../oauth/vault/GrantStore';
import { TokenVault } from '../oauth/vault/TokenVault';
import { Keyring, randomToken, Secret } from '../secrets';

jest.setTimeout(120_000);

// Replicas as separate processes, on the engine that is made for several.
const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const whereThereIsPostgres = databases.supports('POSTGRES_18')
  ? describe
  : describe.skip;

const REPLICAS = 3;
const CALLERS = 50;

whereThereIsPostgres('renewal among processes', () => {
  const vaultKeys = [{ kid: 'test', secret: randomToken() }];
  const keyring = new Keyring(vaultKeys, 'test');
  let db: Knex;
  let server: ScriptedTokenServer;
  let replicas: RenewingReplica[];
  let grants: GrantStore;
  let integrations: IntegrationStore;
  let mailboxId: string;

  beforeAll(async () => {
    db = await openTestDatabase(databases, 'POSTGRES_18');
    grants = new GrantStore({ db, keyring });
    integrations = new IntegrationStore({ db, keyring });
  });

  beforeEach(async () => {
    replicas = [];
    server = await ScriptedTokenServer.start();
    const { callbackSlug, clientSecret, ...settings } = anIntegration({
      tokenEndpoint: server.url,
    });
    const integrationId = await integrations.insert({
      callbackSlug,
      settings,
      clientSecret: new Secret(clientSecret!),
      createdBy: 'user:default/admin',
    });
    mailboxId = await addMailbox(db, { integrationId });
    await inTransaction(db, tx =>
      grants.put(tx, {
        mailboxId,
        integrationId,
        integrationVersion: 1,
        account: 'support@corp.test',
        tokens: {
          accessToken: new Secret('access-0'),
          refreshToken: new Secret('refresh-0'),
          expiresInMs: 1,
          refreshAheadMs: 0,
          scopes: ['mail'],
        },
      }),
    );
  });

  afterEach(async () => {
    await Promise.all(replicas.map(replica => replica.stop()));
    await server.close();
  });

  async function startReplicas(count: number): Promise<RenewingReplica[]> {
    replicas = await Promise.all(
      Array.from({ length: count }, () => RenewingReplica.start()),
    );
    return replicas;
  }

  /** A provider that rotates, and ends the family where a former token comes. */
  function beStrict(delayMs = 0): void {
    let current = 0;
    let ended = false;
    server.answer(async ({ parameters }) => {
      if (ended || parameters.get('refresh_token') !== `refresh-${current}`) {
        ended = true;
        return { status: 400, body: { error: 'invalid_grant' } };
      }
      current += 1;
      const n = current;
      await new Promise(resolve => setTimeout(resolve, delayMs));
      return {
        body: {
          access_token: `access-${n}`,
          refresh_token: `refresh-${n}`,
          token_type: 'Bearer',
          expires_in: 3600,
        },
      };
    });
  }

  const order = (rest: { callers: number; dieAfterTheAnswer?: boolean }) => ({
    connection: connectionOf(db),
    vaultKeys,
    mailboxId,
    ...rest,
  });
  const grantRow = async () =>
    (await db<DbGrantRow>(tables.oauthGrants)
      .where({ mailbox_id: mailboxId })
      .first())!;
  const letTimePass = (columns: Array<keyof DbGrantRow>) =>
    db(tables.oauthGrants)
      .where({ mailbox_id: mailboxId })
      .update(
        Object.fromEntries(columns.map(name => [name, dbNowPlus(db, -1)])),
      );
  /** A replica of this process that does not wait in real time. */
  const aVault = () =>
    new TokenVault({
      grants,
      integrations,
      tokenEndpoint: new TokenEndpoint({ fetch, allowHttpLoopback: true }),
      sleep: async () => {},
    });

  it('R24: one request per expiry for 150 callers in three processes', async () => {
    await startReplicas(REPLICAS);
    beStrict(100);
    for (let expiry = 1; expiry <= 3; expiry += 1) {
      const reports = await Promise.all(
        replicas.map(replica => replica.renew(order({ callers: CALLERS }))),
      );
      expect(reports.flat()).toHaveLength(REPLICAS * CALLERS);
      expect(new Set(reports.flat().map(({ token }) => token))).toEqual(
        new Set([`access-${expiry}`]),
      );
      expect(server.requests).toHaveLength(expiry);
      expect(await grantRow()).toMatchObject({
        state: 'active',
        generation: expiry + 1,
        refreshing_by: null,
      });
      await letTimePass(['access_expires_at', 'access_refresh_at']);
    }
  });

  /** A replica that is killed when the provider has answered, before it stores. */
  async function killOneAmidItsRenewal() {
    const [replica] = await startReplicas(1);
    await expect(
      replica.renew(order({ callers: 5, dieAfterTheAnswer: true })),
    ).rejects.toThrow('SIGKILL');
    expect(server.requests).toHaveLength(1);
    // Its claim is all that it leaves behind, and runs out.
    expect(await grantRow()).toMatchObject({
      state: 'active',
      generation: 1,
      refreshing_by: expect.any(String),
    });
    await letTimePass(['refreshing_until']);
  }

  it('R25: a kill before the token is stored costs nothing where the former token still works', async () => {
    server.answer(() => ({
      body: {
        access_token: 'access-1',
        refresh_token: 'refresh-1',
        token_type: 'Bearer',
        expires_in: 3600,
      },
    }));
    await killOneAmidItsRenewal();
    const token = await aVault().accessToken(mailboxId);
    expect(token.reveal()).toBe('access-1');
    expect(
      server.requests.map(({ parameters }) => parameters.get('refresh_token')),
    ).toEqual(['refresh-0', 'refresh-0']);
  });

  it('R25: where it does not, a person is asked after three token requests, and the provider no more', async () => {
    beStrict();
    await killOneAmidItsRenewal();
    const codes = await Promise.all(
      Array.from({ length: 10 }, () =>
        aVault()
          .accessToken(mailboxId)
          .then(
            () => undefined,
            error => MailFailure.is(error) && error.code,
          ),
      ),
    );
    expect(new Set(codes)).toEqual(new Set(['consent-revoked']));
    expect(await grantRow()).toMatchObject({
      state: 'needs-consent',
      refresh_sealed: null,
    });
    expect(server.requests).toHaveLength(3);
    await expect(aVault().accessToken(mailboxId)).rejects.toMatchObject({
      code: 'consent-revoked',
    });
    expect(server.requests).toHaveLength(3);
  });
});
