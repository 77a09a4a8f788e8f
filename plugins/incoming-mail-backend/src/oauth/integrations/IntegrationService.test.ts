// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  CreateIntegration,
  UpdateIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { selfSignedCertificate } from '../../__testUtils__/selfSignedCertificate';
import { DbGrantRow, readDbNow, tables } from '../../database';
import { Secret } from '../../secrets';
import {
  addMailbox,
  aKeyring,
  anIntegration,
  dumpTables,
} from '../__testUtils__/fixtures';
import { ConsentStore } from '../consent/ConsentStore';
import { addDays, toDay } from '../vault/expiryCalendar';
import { GrantStore } from '../vault/GrantStore';
import { listSecretWarnings } from '../vault/listSecretWarnings';
import { IntegrationService } from './IntegrationService';
import { IntegrationStore } from './IntegrationStore';

jest.setTimeout(60_000);

const ADMIN = 'user:default/admin';

describe('IntegrationService', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let service: IntegrationService;
    let store: IntegrationStore;
    let grants: GrantStore;
    const changed: string[] = [];

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
      const keyring = aKeyring();
      store = new IntegrationStore({ db, keyring });
      grants = new GrantStore({ db, keyring });
      service = new IntegrationService({
        integrations: store,
        grants,
        consents: new ConsentStore({ db, keyring }),
        externalBaseUrl: 'https://portal.test/api/incoming-mail',
        allowHttpLoopback: false,
        onChanged: async id => {
          changed.push(`${id} is at ${(await store.find(id))?.version}`);
        },
      });
    });

    afterEach(async () => {
      await db(tables.mailboxes).delete();
      await db(tables.oauthIntegrations).delete();
    });

    const create = (changes?: Partial<CreateIntegration>) =>
      service.create(anIntegration(changes), ADMIN);

    /** An update without a secret that changes nothing unless told. */
    function anUpdate(changes: Partial<UpdateIntegration> = {}) {
      const { callbackSlug, clientSecret, ...settings } = anIntegration();
      return { ...settings, version: 1, ...changes };
    }

    async function addGrant(integrationId: string) {
      const mailboxId = await addMailbox(db, { integrationId });
      await store.transaction(tx =>
        grants.put(tx, {
          mailboxId,
          integrationId,
          integrationVersion: 1,
          account: 'support@corp.test',
          tokens: {
            accessToken: new Secret('a'),
            refreshToken: new Secret('r'),
            expiresInMs: 1,
            refreshAheadMs: 1,
            scopes: [],
          },
        }),
      );
      return async () =>
        (await db<DbGrantRow>(tables.oauthGrants)
          .where({ mailbox_id: mailboxId })
          .first())!;
    }

    it('keeps an integration and seals its secret', async () => {
      const { callbackSlug, redirectUrl } = service.reserveRedirectUrl();
      expect(callbackSlug).toMatch(/^[\w-]{22}$/);
      expect(redirectUrl).toBe(
        `https://portal.test/api/incoming-mail/oauth/callback/${callbackSlug}`,
      );
      const input = anIntegration({
        callbackSlug,
        issuer: 'https://provider.test',
        allowedDomains: ['corp.test'],
      });
      const created = await service.create(input, ADMIN);
      const { clientSecret, callbackSlug: _slug, ...settings } = input;
      expect(created).toEqual({
        ...settings,
        revocationEndpoint: undefined,
        id: expect.any(String),
        version: 1,
        redirectUrl,
        clientSecret: { set: true, updatedAt: expect.any(String) },
        clientKey: { set: false },
        ready: true,
        channelCount: 0,
        mailServerCount: 0,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      });
      expect(await dumpTables(db)).not.toContain(clientSecret);
      const record = await store.find(created.id);
      expect((await record!.openClientSecret())!.reveal()).toBe(clientSecret);
      expect(JSON.stringify(record)).not.toContain(clientSecret);
      await expect(service.create(input, ADMIN)).rejects.toMatchObject({
        name: 'ConflictError',
      });
    });

    it('is ready once the provider can tell who we are (S12, S13)', async () => {
      const ready = async (changes: Partial<CreateIntegration>) =>
        (await create(changes)).ready;
      expect(await ready({})).toBe(true);
      expect(await ready({ clientId: undefined })).toBe(false);
      expect(await ready({ clientSecret: undefined })).toBe(false);
      expect(
        await ready({
          clientSecret: undefined,
          clientAuthentication: 'none',
        }),
      ).toBe(true);
    });

    it('takes only addresses that secrets may be sent to (T25)', async () => {
      await expect(
        create({
          tokenEndpoint: 'http://provider.test/token',
          issuer: 'http://localhost:9',
        }),
      ).rejects.toMatchObject({
        name: 'InputError',
        fields: [
          { path: 'body.issuer', message: 'must be https' },
          { path: 'body.tokenEndpoint', message: 'must be https' },
        ],
      });
      await expect(
        create({
          provider: 'microsoft',
          scopes: ['offline_access', 'IMAP.AccessAsUser.All'],
        }),
      ).rejects.toMatchObject({ fields: [{ path: 'body.scopes.1' }] });
    });

    it('lists by name, page by page, with the number of users', async () => {
      const names = ['delta', 'alpha', 'bravo', 'alpha', 'charlie'];
      for (const name of names) {
        await create({ name });
      }
      const [first] = (await service.list({ limit: 1 })).items;
      await addMailbox(db, { integrationId: first.id });
      await addMailbox(db, { integrationId: first.id });

      const seen: Array<[string, number]> = [];
      let cursor: string | undefined;
      do {
        const page = await service.list({ limit: 2, cursor });
        seen.push(
          ...page.items.map(
            item => [item.name, item.channelCount] as [string, number],
          ),
        );
        cursor = page.nextCursor;
      } while (cursor);
      expect(seen.map(([name]) => name)).toEqual([...names].sort());
      expect(seen[0][1]).toBe(2);
      expect(seen.slice(1).every(([, count]) => count === 0)).toBe(true);
    });

    it('shows project owners nothing of the client', async () => {
      const { id } = await create();
      const choice = {
        id,
        name: 'Corp mail',
        provider: 'custom',
        grantType: 'authorization_code',
        allowedDomains: [],
        mailHosts: anIntegration().mailHosts,
        protocols: ['imap', 'pop3'],
        ready: true,
      };
      expect(await service.listChoices({ limit: 10 })).toEqual({
        items: [choice],
      });
      expect(await service.findChoice(id)).toEqual(choice);
    });

    it('keeps grants and secret through a change that is not of trust', async () => {
      const { id } = await create();
      const grant = await addGrant(id);
      const updated = await service.update(
        id,
        anUpdate({
          name: 'Other',
          allowedDomains: ['corp.test'],
          revocationEndpoint: 'https://provider.test/revoke',
        }),
      );
      expect(updated).toMatchObject({
        name: 'Other',
        version: 2,
        clientSecret: { set: true },
      });
      expect(await grant()).toMatchObject({
        state: 'active',
        integration_version: 2,
        generation: 1,
      });
      await service.update(
        id,
        anUpdate({ version: 2, clientSecret: 'another' }),
      );
      const record = await store.find(id);
      expect((await record!.openClientSecret())!.reveal()).toBe('another');
      expect(await grant()).toMatchObject({
        state: 'active',
        integration_version: 3,
      });
    });

    it.each<[string, Partial<UpdateIntegration>]>([
      ['issuer', { issuer: 'https://evil.test' }],
      [
        'authorization endpoint',
        { authorizationEndpoint: 'https://evil.test/a' },
      ],
      ['token endpoint', { tokenEndpoint: 'https://evil.test/t' }],
      ['client ID', { clientId: 'another' }],
      [
        'revocation endpoint elsewhere',
        { revocationEndpoint: 'https://evil.test/r' },
      ],
    ])(
      'asks for the secret again and voids the grants with another %s',
      async (_title, change) => {
        const { id } = await create();
        const grant = await addGrant(id);
        await expect(
          service.update(id, anUpdate(change)),
        ).rejects.toMatchObject({
          name: 'InputError',
          fields: [{ path: 'body.clientSecret' }],
        });
        expect(await service.get(id)).toMatchObject({ version: 1 });
        expect(await grant()).toMatchObject({ state: 'active' });

        await service.update(
          id,
          anUpdate({ ...change, clientSecret: 'entered again' }),
        );
        expect(await service.get(id)).toMatchObject({ ...change, version: 2 });
        expect(await grant()).toMatchObject({
          state: 'needs-consent',
          failure_code: 'integration-changed',
          refresh_sealed: null,
          access_sealed: null,
          generation: 2,
        });
      },
    );

    it('keeps the day on which the secret ends, with the secret', async () => {
      const day = '2027-01-31';
      const { id, clientSecret } = await create({ clientSecretExpiresOn: day });
      expect(clientSecret.expiresOn).toBe(day);
      const later = await service.update(
        id,
        anUpdate({ clientSecretExpiresOn: '2028-01-31' }),
      );
      expect(later.clientSecret.expiresOn).toBe('2028-01-31');
      const unknown = await service.update(id, anUpdate({ version: 2 }));
      expect(unknown.clientSecret).toMatchObject({ set: true });
      expect(unknown.clientSecret.expiresOn).toBeUndefined();
      const none = await service.update(
        id,
        anUpdate({
          version: 3,
          clientAuthentication: 'none',
          clientSecretExpiresOn: day,
        }),
      );
      expect(none.clientSecret).toEqual({ set: false });
    });

    const rsa = selfSignedCertificate({
      name: 'client',
      rsaBits: 2_048,
      validDays: 5,
    });
    const signing = {
      clientAuthentication: 'private_key_jwt' as const,
      clientSecret: undefined,
      clientKey: { privateKey: rsa.key, certificate: rsa.cert },
      clientKeyId: 'key-1',
    };

    it('takes a key in, gives back what is public of it, and knows its end (T20)', async () => {
      const created = await create(signing);
      const lastDay = addDays(toDay(new Date()), 5);
      expect(created).toMatchObject({
        ready: true,
        clientSecret: { set: false, expiresOn: lastDay },
        clientKey: {
          set: true,
          updatedAt: expect.any(String),
          thumbprint: expect.stringMatching(/^[0-9A-F]{40}$/),
        },
        clientKeyId: 'key-1',
      });
      const record = (await store.find(created.id))!;
      const { privateKey, assertion } = (await record.openClientKey())!;
      expect(privateKey.reveal()).toContain('BEGIN PRIVATE KEY');
      expect(assertion).toMatchObject({ algorithm: 'RS256', keyId: 'key-1' });
      // Of the private exponent; what is before stands in the certificate too.
      const line = privateKey.reveal().split('\n')[10];
      for (const shown of [
        created,
        record,
        await service.list({ limit: 10 }),
      ]) {
        expect(JSON.stringify(shown)).not.toContain(line);
      }
      expect(await dumpTables(db)).not.toContain(line);
      expect(await listSecretWarnings(db, store)).toMatchObject([
        { integrationId: created.id, expiresOn: lastDay, daysLeft: 5 },
      ]);
    });

    it('keeps a key with its end, asks for it again for a new place, and drops it with another proof (T21)', async () => {
      const { id, clientSecret } = await create(signing);
      const { clientKey: _, ...kept } = signing;
      const renamed = await service.update(
        id,
        anUpdate({ ...kept, name: 'Other' }),
      );
      expect(renamed.clientKey.set).toBe(true);
      expect(renamed.clientSecret).toEqual(clientSecret);

      const moved = {
        ...kept,
        version: 2,
        tokenEndpoint: 'https://evil.test/t',
      };
      await expect(service.update(id, anUpdate(moved))).rejects.toMatchObject({
        fields: [{ path: 'body.clientKey.privateKey' }],
      });
      const again = await service.update(
        id,
        anUpdate({ ...moved, clientKey: { privateKey: rsa.key } }),
      );
      expect(again.clientKey).toMatchObject({ set: true });
      // The certificate went with the key it belonged to.
      expect(again.clientKey.thumbprint).toBeUndefined();
      expect(again.clientSecret.expiresOn).toBeUndefined();

      const { clientKeyId: _id, ...plain } = moved;
      const secret = await service.update(
        id,
        anUpdate({
          ...plain,
          version: 3,
          clientAuthentication: 'client_secret_post',
          clientSecret: 'a secret',
        }),
      );
      expect(secret).toMatchObject({
        ready: true,
        clientSecret: { set: true },
        clientKey: { set: false },
      });
    });

    it('refuses a key that cannot be signed with, and stores nothing', async () => {
      await expect(
        create({ ...signing, clientKey: { privateKey: 'nonsense' } }),
      ).rejects.toMatchObject({
        name: 'InputError',
        fields: [{ path: 'body.clientKey.privateKey' }],
      });
      const draft = await create({ ...signing, clientKey: undefined });
      expect(draft).toMatchObject({ ready: false, clientKey: { set: false } });
    });

    it('voids the grants, but keeps the secret, where it is decided otherwise who allows the access', async () => {
      const { id } = await create();
      const grant = await addGrant(id);
      await service.update(
        id,
        anUpdate({
          grantType: 'client_credentials',
          allowedDomains: ['corp.test'],
        }),
      );
      expect(await grant()).toMatchObject({
        state: 'needs-consent',
        failure_code: 'integration-changed',
      });
      expect(await service.get(id)).toMatchObject({
        grantType: 'client_credentials',
        clientSecret: { set: true },
      });
    });

    it('lists the secrets that end soon, with who registered them', async () => {
      const day = async (daysFromNow: number) =>
        addDays(toDay(new Date(await readDbNow(db))), daysFromNow);
      for (const days of [-1, 5, 31]) {
        await create({
          name: `in ${days}`,
          clientSecretExpiresOn: await day(days),
        });
      }
      await create({ name: 'nobody knows' });
      expect(await listSecretWarnings(db, store)).toEqual([
        {
          integrationId: expect.any(String),
          name: 'in 5',
          createdBy: ADMIN,
          expiresOn: await day(5),
          daysBefore: 7,
          daysLeft: 5,
        },
      ]);
    });

    it('P18: warns of the end of both secrets, and of the old one no more once the new one is in use', async () => {
      const day = async (daysFromNow: number) =>
        addDays(toDay(new Date(await readDbNow(db))), daysFromNow);
      const { id } = await create({ clientSecretExpiresOn: await day(5) });
      await service.update(
        id,
        anUpdate({
          clientSecretExpiresOn: await day(5),
          nextClientSecret: 'the-next-secret',
          nextClientSecretExpiresOn: await day(20),
        }),
      );
      const steps = async () =>
        (await listSecretWarnings(db, store)).flatMap(
          ({ integrationId, daysBefore }) =>
            integrationId === id ? [daysBefore] : [],
        );
      expect(await steps()).toEqual([7, 30]);
      await store.noteNextSecret((await store.find(id))!, 'accepted');
      expect(await steps()).toEqual([30]);
      const { version } = await service.get(id);
      const reply = await service.retireSecret(id, {
        secret: 'present',
        version,
      });
      expect(await steps()).toEqual([30]);
      expect(reply.clientSecret.expiresOn).toBe(await day(20));
      // T20: neither is ever told.
      expect(JSON.stringify(reply)).not.toContain('the-next-secret');
      // What was noted of a former version changes nothing.
      await expect(
        service.retireSecret(id, { secret: 'next', version }),
      ).rejects.toThrow('meanwhile');
    });

    it('R30: forgets the fault of the former client, and tells of the change once it stands', async () => {
      const { id } = await create();
      const record = (await store.find(id))!;
      await store.setFault(record, { code: 'client-refused', detail: 'no' });
      expect((await service.get(id)).fault).toEqual({
        code: 'client-refused',
        detail: 'no',
        since: expect.any(String),
      });
      changed.length = 0;
      await service.update(id, anUpdate({ clientSecret: 'new' }));
      expect((await service.get(id)).fault).toBeUndefined();
      expect(changed).toEqual([`${id} is at 2`]);

      // A verdict on the former client comes late.
      await store.setFault(record, { code: 'client-refused' });
      expect((await service.get(id)).fault).toBeUndefined();
      await expect(service.update(id, anUpdate())).rejects.toThrow('meanwhile');
      expect(changed).toHaveLength(1);
    });

    it('keeps no secret over a time in which the client has none', async () => {
      const { id } = await create();
      const open = await service.update(
        id,
        anUpdate({
          clientAuthentication: 'none',
          tokenEndpoint: 'https://evil.test/t',
        }),
      );
      expect(open.clientSecret).toEqual({ set: false, updatedAt: undefined });
      const closed = await service.update(
        id,
        anUpdate({ version: 2, tokenEndpoint: 'https://evil.test/t' }),
      );
      expect(closed).toMatchObject({
        clientSecret: { set: false },
        ready: false,
      });
    });

    it('lets the first of two changes stand', async () => {
      const { id } = await create();
      const results = await Promise.allSettled([
        service.update(id, anUpdate({ name: 'One' })),
        service.update(id, anUpdate({ name: 'Two' })),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual([
        'fulfilled',
        'rejected',
      ]);
      await expect(
        service.update(id, anUpdate({ name: 'Three' })),
      ).rejects.toMatchObject({ name: 'ConflictError' });
      expect((await service.get(id)).version).toBe(2);
    });

    it('is not deleted while somebody uses it', async () => {
      const { id } = await create();
      for (let n = 0; n < 12; n += 1) {
        await addMailbox(db, {
          integrationId: id,
          projectRef: `component:default/p${String(n).padStart(2, '0')}`,
        });
      }
      await expect(service.delete(id)).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringMatching(
          /used by 12 mailbox\(es\): component:default\/p00, .*p09 and more/,
        ),
      });
      await db(tables.mailboxes).delete();
      await service.delete(id);
      await expect(service.get(id)).rejects.toMatchObject({
        name: 'NotFoundError',
      });
      await expect(service.delete(id)).rejects.toMatchObject({
        name: 'NotFoundError',
      });
    });
  });
});
