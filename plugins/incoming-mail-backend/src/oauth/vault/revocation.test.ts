// SPDX-License-Identifier: Apache-2.0
import { createPublicKey } from 'node:crypto';
import { TestDatabases } from '@backstage/backend-test-utils';
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import { jwtVerify } from 'jose';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { selfSignedCertificate } from '../../__testUtils__/selfSignedCertificate';
import {
  DbGrantRow,
  DbRevocationRow,
  dbNowPlus,
  inTransaction,
  tables,
} from '../../database';
import { Keyring, randomToken, Secret } from '../../secrets';
import { addMailbox, aKeyring, anIntegration } from '../__testUtils__/fixtures';
import {
  ScriptedReply,
  ScriptedTokenServer,
} from '../__testUtils__/ScriptedTokenServer';
import { ConsentStore } from '../consent/ConsentStore';
import { IntegrationStore } from '../integrations/IntegrationStore';
import {
  judgeRevocationReply,
  RevocationEndpoint,
} from '../revocationEndpoint';
import { forgetGrant } from './forgetGrant';
import { GrantStore } from './GrantStore';
import { RevocationStore } from './RevocationStore';
import { sendRevocations } from './sendRevocations';

jest.setTimeout(60_000);

const ACCOUNT = 'support@corp.test';

describe('judgeRevocationReply', () => {
  it.each<[string, number, string, string]>([
    ['revoked', 200, '', 'settled'],
    ['revoked, with a page', 200, '<p>ok', 'settled'],
    ['no content', 204, '', 'settled'],
    ['was none any more', 400, '{"error":"invalid_token"}', 'settled'],
    ['was none any more', 400, '{"error":"invalid_grant"}', 'settled'],
    ['never', 400, '{"error":"unsupported_token_type"}', 'settled'],
    ['refused client', 401, '{"error":"invalid_client"}', 'failed'],
    ['not understood', 400, '{"error":"invalid_request"}', 'failed'],
    ['torn', 400, '{"error":"invalid_tok', 'failed'],
    ['a word of a proxy', 502, '{"error":"invalid_token"}', 'failed'],
    ['busy', 503, '', 'failed'],
    ['too often', 429, '', 'failed'],
  ])('takes %s (%i %s) for %s', (_title, httpStatus, body, kind) => {
    expect(judgeRevocationReply({ status: httpStatus, body }).kind).toBe(kind);
  });
});

describe('revocation', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    const keyring = aKeyring();
    let db: Knex;
    let server: ScriptedTokenServer;
    let integrations: IntegrationStore;
    let grants: GrantStore;
    let revocations: RevocationStore;
    let consents: ConsentStore;

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
      integrations = new IntegrationStore({ db, keyring });
      grants = new GrantStore({ db, keyring });
      revocations = new RevocationStore({ db, keyring });
      consents = new ConsentStore({ db, keyring });
    });

    beforeEach(async () => {
      server = await ScriptedTokenServer.start();
      server.answer(() => ({ status: 200, body: '' }));
    });

    afterEach(async () => {
      await server.close();
      await db(tables.oauthRevocations).delete();
      await db(tables.oauthConsents).delete();
      await db(tables.mailboxes).delete();
      await db(tables.oauthIntegrations).delete();
    });

    async function addIntegration(changes: Partial<CreateIntegration> = {}) {
      const { callbackSlug, clientSecret, clientKey, ...settings } =
        anIntegration({ revocationEndpoint: server.url, ...changes });
      return integrations.insert({
        callbackSlug,
        settings,
        clientSecret: clientSecret ? new Secret(clientSecret) : undefined,
        clientKey: clientKey && {
          privateKey: new Secret(clientKey.privateKey),
        },
        createdBy: 'user:default/admin',
      });
    }

    async function addGrant(integrationId: string, account = ACCOUNT) {
      const mailboxId = await addMailbox(db, {
        integrationId,
        address: account,
      });
      await inTransaction(db, tx =>
        grants.put(tx, {
          mailboxId,
          integrationId,
          integrationVersion: 1,
          account,
          tokens: {
            accessToken: new Secret('access'),
            refreshToken: new Secret(`refresh of ${mailboxId}`),
            expiresInMs: 3_600_000,
            refreshAheadMs: 3_600_000,
            scopes: ['mail'],
          },
        }),
      );
      return mailboxId;
    }

    const forget = (mailboxId: string, ring: Keyring = keyring) =>
      inTransaction(db, tx =>
        forgetGrant(tx, mailboxId, {
          integrations: new IntegrationStore({ db, keyring: ring }),
          grants: new GrantStore({ db, keyring: ring }),
          revocations,
        }),
      );
    const send = (signal?: AbortSignal) =>
      sendRevocations(
        {
          revocations,
          grants,
          consents,
          endpoint: new RevocationEndpoint({ fetch, allowHttpLoopback: true }),
          random: () => 0.5,
        },
        signal,
      );
    const queue = () => db<DbRevocationRow>(tables.oauthRevocations);
    const makeDue = () => queue().update({ due_at: dbNowPlus(db, -1) } as {});
    const waitMs = async () => {
      const [row] = await queue().select('due_at', {
        now: dbNowPlus(db, 0),
      } as {});
      const { due_at, now } = row as unknown as Record<string, string>;
      return Number(due_at) - Number(now);
    };

    it('T60: revokes with the last grant of an account, and with none before', async () => {
      const integrationId = await addIntegration();
      const first = await addGrant(integrationId);
      const second = await addGrant(integrationId);
      await addGrant(integrationId, 'other@corp.test');

      await forget(first);
      expect(await queue()).toHaveLength(0);
      await forget(second);
      const rows = await queue();
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain('refresh of');
      expect(await db<DbGrantRow>(tables.oauthGrants)).toHaveLength(1);

      expect(await send()).toEqual({ settled: 1, failed: 0, givenUp: 0 });
      expect(server.requests).toHaveLength(1);
      const [{ parameters, authorization }] = server.requests;
      expect(Object.fromEntries(parameters)).toEqual({
        token: `refresh of ${second}`,
        token_type_hint: 'refresh_token',
      });
      expect(authorization).toBe(`Basic ${btoa('portal:the-client-secret')}`);
      expect(await queue()).toHaveLength(0);
      expect(await send()).toEqual({ settled: 0, failed: 0, givenUp: 0 });
    });

    it('T60: is signed for a client that signs, also when its integration is gone', async () => {
      const { key, cert } = selfSignedCertificate({ name: 'client' });
      const integrationId = await addIntegration({
        clientAuthentication: 'private_key_jwt',
        clientSecret: undefined,
        clientKey: { privateKey: key },
        issuer: 'https://provider.test',
      });
      const mailboxId = await addGrant(integrationId);
      await forget(mailboxId);
      await db(tables.mailboxes).delete();
      await db(tables.oauthIntegrations).delete();
      expect(await send()).toMatchObject({ settled: 1 });
      const [{ parameters, authorization }] = server.requests;
      expect(authorization).toBeUndefined();
      const { payload } = await jwtVerify(
        parameters.get('client_assertion')!,
        createPublicKey(cert),
        { audience: 'https://provider.test', subject: 'portal' },
      );
      expect(payload.iss).toBe('portal');
    });

    it('T60: knows the last one also when two go at once, and when the client is registered twice', async () => {
      const one = await addIntegration();
      const two = await addIntegration({ name: 'The same client' });
      const pair = [await addGrant(one), await addGrant(one)];
      const elsewhere = await addGrant(two);
      await Promise.all(pair.map(id => forget(id)));
      expect(await queue()).toHaveLength(0);
      const last = await addGrant(two);
      await Promise.all([elsewhere, last].map(id => forget(id)));
      expect(await queue()).toHaveLength(1);
    });

    it('T60: has nothing to send where the provider has no such endpoint, the grant has ended, or the key is missing', async () => {
      const without = await addIntegration({ revocationEndpoint: undefined });
      await forget(await addGrant(without));

      const integrationId = await addIntegration();
      const ended = await addGrant(integrationId);
      await grants.end(
        (await grants.find(ended))!,
        'revoked',
        'consent-revoked',
      );
      await forget(ended);

      const unreadable = await addGrant(integrationId);
      await forget(unreadable, aKeyring('another'));

      await forget(await addMailbox(db, { integrationId }));
      expect(await queue()).toHaveLength(0);
      expect(await db(tables.oauthGrants)).toHaveLength(0);
    });

    it.each<[string, ScriptedReply]>([
      ['is down', { status: 503, body: '' }],
      ['cuts the line', 'cut'],
      [
        'refuses the client',
        { status: 401, body: { error: 'invalid_client' } },
      ],
    ])('T60: tries again later when the provider %s', async (_title, reply) => {
      await forget(await addGrant(await addIntegration()));
      server.answer(() => reply);
      expect(await send()).toEqual({ settled: 0, failed: 1, givenUp: 0 });
      expect(await waitMs()).toBeGreaterThan(50_000);
      // Not due: nobody is asked.
      expect(await send()).toEqual({ settled: 0, failed: 0, givenUp: 0 });
      expect(server.requests).toHaveLength(1);
      await makeDue();
      await send();
      expect(await waitMs()).toBeGreaterThan(110_000);

      server.answer(() => ({ status: 200, body: '' }));
      await makeDue();
      expect(await send()).toEqual({ settled: 1, failed: 0, givenUp: 0 });
    });

    it('leaves the provider alone for as long as it asks', async () => {
      await forget(await addGrant(await addIntegration()));
      server.answer(() => ({
        status: 429,
        headers: { 'retry-after': '1800' },
        body: '',
      }));
      await send();
      expect(await waitMs()).toBeGreaterThan(1_700_000);
    });

    it('T60: gives up after a day, and then holds no token any more', async () => {
      await forget(await addGrant(await addIntegration()));
      await queue().update({ created_at: dbNowPlus(db, -86_300_000) } as {});
      server.answer(() => ({ status: 500, body: '' }));
      expect(await send()).toEqual({ settled: 0, failed: 1, givenUp: 0 });
      await queue().update({ created_at: dbNowPlus(db, -86_500_000) } as {});
      expect(await send()).toEqual({ settled: 0, failed: 0, givenUp: 1 });
      expect(await queue()).toHaveLength(0);
    });

    it('never revokes the former token of an account that was authorized again', async () => {
      const integrationId = await addIntegration();
      await forget(await addGrant(integrationId));
      // Stored by a replica that knows no queue.
      await addGrant(integrationId);
      expect(await send()).toEqual({ settled: 1, failed: 0, givenUp: 0 });
      expect(server.requests).toHaveLength(0);
    });

    it('waits while somebody is about to authorize the account again', async () => {
      const integrationId = await addIntegration();
      await forget(await addGrant(integrationId));
      const mailboxId = await addMailbox(db, { integrationId });
      await consents.create({
        mailbox: { id: mailboxId, integrationId, address: ACCOUNT },
        integrationVersion: 1,
        userRef: 'user:default/olga',
        ticket: randomToken(),
        returnOrigin: 'https://portal.test',
        maxOpen: 1,
      });
      const { id } = await db(tables.oauthConsents)
        .where({ mailbox_id: mailboxId })
        .first();
      expect(await send()).toEqual({ settled: 0, failed: 1, givenUp: 0 });
      expect(server.requests).toHaveLength(0);
      await consents.cancel(id);
      await makeDue();
      expect(await send()).toEqual({ settled: 1, failed: 0, givenUp: 0 });
      expect(server.requests).toHaveLength(1);
    });

    it('sends each once in two replicas, and stops when told', async () => {
      for (let n = 0; n < 5; n += 1) {
        const id = await addIntegration({ clientId: `client-${n}` });
        await forget(await addGrant(id));
      }
      await send(AbortSignal.abort());
      expect(server.requests).toHaveLength(0);
      await Promise.all([send(), send()]);
      expect(server.requests).toHaveLength(5);
      expect(await queue()).toHaveLength(0);
    });
  });
});
