// SPDX-License-Identifier: Apache-2.0
import { createPublicKey } from 'node:crypto';
import { TestDatabases } from '@backstage/backend-test-utils';
import { Sandbox, startSandbox } from '@postroom/mail-sandbox';
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { selfSignedCertificate } from '../../__testUtils__/selfSignedCertificate';
import { dbNowPlus, tables } from '../../database';
import { createGuardedFetch, createHostPolicy } from '../../egress';
import { createOpenSession, readingStart } from '../../transport';
import { addMailbox, aKeyring, anIntegration } from '../__testUtils__/fixtures';
import { createOAuth, OAuth } from '../createOAuth';
import { checkIntegration } from '../integrations/checkIntegration';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { TokenEndpoint } from '../tokenEndpoint';

jest.setTimeout(60_000);

const ADDRESS = 'support@corp.test';
const OTHER_ADDRESS = 'payments@corp.test';
const BASE_URL = 'http://localhost:9/api/incoming-mail';

describe('an application at a real provider', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const policy = createHostPolicy({ allowPrivate: ['127.0.0.0/8', '::1'] });
  const fetch = createGuardedFetch({ policy });
  const openSession = createOpenSession({
    policy,
    allowPlaintextLoopback: true,
  });
  const keyring = aKeyring();
  const rsa = selfSignedCertificate({ name: 'client', rsaBits: 2_048 });
  const ec = selfSignedCertificate({ name: 'client' });
  let db: Knex;
  let sandbox: Sandbox;
  let oauth: OAuth;
  let metadata: Record<string, string>;
  /** The address of each mailbox, by id. */
  const addresses = new Map<string, string>();

  beforeAll(async () => {
    sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
    db = await openTestDatabase(databases, 'SQLITE_3');
    const discovery = `${sandbox.issuer}/.well-known/openid-configuration`;
    metadata = await (await globalThis.fetch(discovery)).json();
    oauth = createOAuth({
      db,
      keyring,
      fetch,
      externalBaseUrl: BASE_URL,
      returnOrigins: [],
      portal: { title: 'Corp portal', url: 'https://portal.test' },
      allowHttpLoopback: true,
      hooks: {
        proveMailbox: async ({ mailboxId, accessToken, signal }) => {
          const session = await openSession({
            server: {
              protocol: 'imap',
              host: '127.0.0.1',
              port: sandbox.imapPort,
              security: 'none',
            },
            credentials: {
              method: 'oauth',
              user: addresses.get(mailboxId)!,
              accessToken,
            },
            signal,
          });
          try {
            const opened = await session.open('INBOX');
            return { folder: 'INBOX', ...readingStart(opened) };
          } finally {
            await session.close();
          }
        },
        onGranted: async () => {},
      },
    });
  });

  afterAll(() => sandbox.close());

  /** Registers an application that may open one mailbox, and its integration. */
  async function register(
    changes: Partial<CreateIntegration> = {},
    publicKey?: string,
  ) {
    const response = await globalThis.fetch(
      `http://localhost:${sandbox.httpPort}/api/clients`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          name: 'Portal',
          redirectUris: ['https://portal.test/unused'],
          mailboxes: [ADDRESS],
          ...(publicKey && {
            publicKeys: [createPublicKey(publicKey).export({ format: 'jwk' })],
          }),
        }),
      },
    );
    const client = await response.json();
    const { id } = await oauth.integrations.create(
      anIntegration({
        ...client,
        grantType: 'client_credentials',
        issuer: sandbox.issuer,
        authorizationEndpoint: metadata.authorization_endpoint,
        tokenEndpoint: metadata.token_endpoint,
        scopes: ['mail'],
        allowedDomains: ['corp.test'],
        ...changes,
      }),
      'user:default/admin',
    );
    return id;
  }

  async function connect(integrationId: string, address = ADDRESS) {
    const id = await addMailbox(db, { integrationId, address });
    addresses.set(id, address);
    const outcome = await oauth.applications.connect({
      id,
      address,
      integrationId,
    });
    return { id, outcome };
  }

  async function clientCheck(integrationId: string) {
    const store = new IntegrationStore({ db, keyring });
    const report = await checkIntegration((await store.find(integrationId))!, {
      externalBaseUrl: BASE_URL,
      allowHttpLoopback: true,
      fetch,
      tokenEndpoint: new TokenEndpoint({ fetch, allowHttpLoopback: true }),
    });
    return report.checks.find(({ id }) => id === 'client-accepted');
  }

  it('opens the mailbox without a person, and again with each token', async () => {
    const { id, outcome } = await connect(await register());
    expect(outcome).toEqual({ status: 'succeeded' });
    const first = await oauth.vault.accessToken(id);
    await db(tables.oauthGrants).update({
      access_expires_at: dbNowPlus(db, 0),
    });
    const second = await oauth.vault.accessToken(id);
    expect(second.reveal()).not.toBe(first.reveal());
  });

  it('connects no mailbox that the mail server does not let it into (T8)', async () => {
    const { id, outcome } = await connect(await register(), OTHER_ADDRESS);
    expect(outcome).toMatchObject({
      status: 'failed',
      failure: { code: 'application-refused' },
    });
    await expect(oauth.vault.accessToken(id)).rejects.toMatchObject({
      code: 'not-authorized-yet',
    });
  });

  it.each([
    ['an RSA key', rsa],
    ['an EC key', ec],
  ])('is known by what it signs with %s', async (_title, own) => {
    const integrationId = await register(
      {
        clientAuthentication: 'private_key_jwt',
        clientSecret: undefined,
        clientKey: { privateKey: own.key },
      },
      own.cert,
    );
    const { outcome } = await connect(integrationId);
    expect(outcome).toEqual({ status: 'succeeded' });
    expect(await clientCheck(integrationId)).toMatchObject({
      verdict: 'passed',
      detail: 'The provider gave an access token',
    });
  });

  it.each([
    ['secret', { clientSecret: 'wrong' }, undefined],
    [
      'key',
      {
        clientAuthentication: 'private_key_jwt' as const,
        clientSecret: undefined,
        clientKey: { privateKey: rsa.key },
      },
      ec.cert,
    ],
  ])(
    'S29, S31: finds a %s that is not the one that both sides hold',
    async (_title, changes, publicKey) => {
      const integrationId = await register(changes, publicKey);
      expect(await clientCheck(integrationId)).toMatchObject({
        verdict: 'failed',
        failure: 'client-refused',
      });
      const { outcome } = await connect(integrationId);
      expect(outcome).toMatchObject({ failure: { code: 'client-refused' } });
      expect(await oauth.integrations.get(integrationId)).toMatchObject({
        fault: { code: 'client-refused' },
      });
    },
  );
});
