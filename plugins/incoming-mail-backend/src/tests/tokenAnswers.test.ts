// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  FailureCode,
  FailureHealth,
  failures,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { DbGrantRow, inTransaction, tables } from '../database';
import { createGuardedFetch, createHostPolicy } from '../egress';
import {
  addMailbox,
  aKeyring,
  anIntegration,
} from '../oauth/__testUtils__/fixtures';
import {
  ScriptedReply,
  ScriptedTokenServer,
} from '../oauth/__testUtils__/ScriptedTokenServer';
import { IntegrationStore } from '../oauth/integrations/IntegrationStore';
import { TokenEndpoint } from '../oauth/tokenEndpoint';
import { GrantStore } from '../oauth/vault/GrantStore';
import { TokenVault } from '../oauth/vault/TokenVault';
import { Secret } from '../secrets';

jest.setTimeout(60_000);

// What providers, and whatever stands in front of them, have answered to a
// refresh request, and what has to come of it. Two mistakes must not happen: to
// take a disturbance for a withdrawn consent, which bothers a person for
// nothing, and to wait for ever for a consent that does not come back.

/** What comes of an answer. */
type Verdict = 'renewed' | FailureHealth;

type Row = [title: string, reply: ScriptedReply, verdict: Verdict];

const TOKENS = {
  access_token: 'renewed',
  refresh_token: 'rotated',
  token_type: 'Bearer',
  expires_in: 3600,
};

const refusal = (
  error: string,
  description?: string,
  rest: { status?: number; headers?: Record<string, string> } = {},
): ScriptedReply => ({
  status: 400,
  body: { error, error_description: description },
  ...rest,
});

const entra = (number: number, error: string, text = 'Something is wrong.') =>
  refusal(
    error,
    `AADSTS${number}: ${text} Trace ID: 0b6f1c2a-1111-4222-8333-944455556666 Correlation ID: 1b6f1c2a-1111-4222-8333-944455556666 Timestamp: 2026-11-23 10:00:00Z`,
  );

const html = (status: number, text: string): ScriptedReply => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<!doctype html><title>${text}</title><p>invalid_grant</p>`,
});

const good = (changes: object): ScriptedReply => ({
  body: { ...TOKENS, ...changes },
});

const table: Row[] = [
  // A person has to authorize again.
  ['invalid_grant', refusal('invalid_grant'), 'needs-consent'],
  [
    'invalid_grant as HTTP 401',
    refusal('invalid_grant', undefined, { status: 401 }),
    'needs-consent',
  ],
  [
    'invalid_grant labelled as text',
    refusal('invalid_grant', 'x', { headers: { 'content-type': 'text/html' } }),
    'needs-consent',
  ],
  [
    'invalid_grant with a description of many pages',
    refusal('invalid_grant', 'x'.repeat(30_000)),
    'needs-consent',
  ],
  [
    'invalid_grant with members that are null',
    {
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: null,
        error_uri: null,
      },
    },
    'needs-consent',
  ],
  [
    'Google: expired or revoked',
    refusal('invalid_grant', 'Token has been expired or revoked.'),
    'needs-consent',
  ],
  [
    'Google: Bad Request',
    refusal('invalid_grant', 'Bad Request'),
    'needs-consent',
  ],
  [
    'Google: account deleted',
    refusal('invalid_grant', 'Account has been deleted'),
    'needs-consent',
  ],
  [
    'Google: the organization asks to sign in again',
    {
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: 'reauth related error (invalid_rapt)',
        error_subtype: 'invalid_rapt',
      },
    },
    'needs-consent',
  ],
  [
    'Entra: password changed',
    entra(50173, 'invalid_grant', 'The provided grant has expired.'),
    'needs-consent',
  ],
  [
    'Entra: not used for 90 days',
    entra(700082, 'invalid_grant', 'The refresh token has expired.'),
    'needs-consent',
  ],
  [
    'Entra: life of the token over',
    entra(700084, 'invalid_grant'),
    'needs-consent',
  ],
  ['Entra: no consent', entra(65001, 'invalid_grant'), 'needs-consent'],
  [
    'Entra: a second factor',
    entra(50076, 'interaction_required'),
    'needs-consent',
  ],
  [
    'Entra: a second factor to be set up',
    entra(50079, 'invalid_grant'),
    'needs-consent',
  ],
  ['Entra: conditional access', entra(53003, 'invalid_grant'), 'needs-consent'],
  ['Entra: account disabled', entra(50057, 'invalid_grant'), 'needs-consent'],
  [
    'Entra: a number that nobody knows, with the word',
    entra(509999, 'invalid_grant'),
    'needs-consent',
  ],
  ['interaction_required', refusal('interaction_required'), 'needs-consent'],
  ['consent_required', refusal('consent_required'), 'needs-consent'],
  ['login_required', refusal('login_required'), 'needs-consent'],

  // An administrator has to mend the client; the grant is good.
  ['invalid_client', refusal('invalid_client'), 'integration-fault'],
  [
    'invalid_client with a challenge',
    refusal('invalid_client', 'no', {
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="token"' },
    }),
    'integration-fault',
  ],
  ['unauthorized_client', refusal('unauthorized_client'), 'integration-fault'],
  [
    'Google: client deleted',
    refusal('deleted_client', 'The OAuth client was deleted.', { status: 401 }),
    'integration-fault',
  ],
  [
    'Entra: wrong secret',
    entra(7000215, 'invalid_client', 'Invalid client secret provided.'),
    'integration-fault',
  ],
  [
    'Entra: secret expired',
    entra(7000222, 'invalid_client', 'The client secret keys are expired.'),
    'integration-fault',
  ],
  [
    'Entra: secret expired, said as if it were the grant',
    entra(7000222, 'invalid_grant'),
    'integration-fault',
  ],
  [
    'Entra: client unknown in the tenant',
    entra(700016, 'unauthorized_client'),
    'integration-fault',
  ],
  [
    'Entra: tenant unknown',
    entra(90002, 'invalid_request'),
    'integration-fault',
  ],

  // It passes by itself.
  [
    '429 that says for how long, in seconds',
    { status: 429, headers: { 'retry-after': '120' }, body: '' },
    'degraded',
  ],
  [
    '429 that says until when',
    {
      status: 429,
      headers: {
        date: 'Mon, 23 Nov 2026 10:00:00 GMT',
        'retry-after': 'Mon, 23 Nov 2026 10:02:00 GMT',
      },
      body: '',
    },
    'degraded',
  ],
  [
    '429 with the word of a verdict',
    refusal('invalid_grant', 'x', { status: 429 }),
    'degraded',
  ],
  ['408', { status: 408, body: '' }, 'degraded'],
  ['500', { status: 500, body: 'oops' }, 'degraded'],
  [
    '500 with the word of a verdict',
    refusal('invalid_grant', 'x', { status: 500 }),
    'degraded',
  ],
  ['502 with a page', html(502, 'Bad Gateway'), 'degraded'],
  ['503 with nothing', { status: 503, body: '' }, 'degraded'],
  [
    '503 with the word for the client',
    refusal('invalid_client', 'x', { status: 503 }),
    'degraded',
  ],
  ['504', html(504, 'Gateway Timeout'), 'degraded'],
  ['temporarily_unavailable', refusal('temporarily_unavailable'), 'degraded'],
  ['server_error', refusal('server_error'), 'degraded'],
  ['slow_down', refusal('slow_down'), 'degraded'],
  [
    'Entra: busy',
    entra(90033, 'temporarily_unavailable', 'A transient error has occurred.'),
    'degraded',
  ],
  ['200 with a page', html(200, 'Sign in to the network'), 'degraded'],
  ['200 with nothing', { body: '' }, 'degraded'],
  ['204', { status: 204, body: '' }, 'degraded'],
  [
    '200 with the word of a verdict',
    { body: { error: 'invalid_grant' } },
    'degraded',
  ],
  ['torn JSON', { body: '{"access_token":"a' }, 'degraded'],
  ['a torn refusal', { status: 400, body: '{"error":"invalid_gr' }, 'degraded'],
  ['a JSON array', { body: [TOKENS] }, 'degraded'],
  [
    'a refusal in an array',
    { status: 400, body: [{ error: 'invalid_grant' }] },
    'degraded',
  ],
  ['a JSON string', { body: '"invalid_grant"' }, 'degraded'],
  ['no access token', good({ access_token: undefined }), 'degraded'],
  ['an empty access token', good({ access_token: '' }), 'degraded'],
  ['an access token that is a number', good({ access_token: 5 }), 'degraded'],
  ['no token type', good({ token_type: undefined }), 'degraded'],
  ['another token type', good({ token_type: 'mac' }), 'degraded'],
  ['400 with a page', html(400, 'Bad Request'), 'degraded'],
  ['400 with nothing', { status: 400, body: '' }, 'degraded'],
  ['403 of a firewall', html(403, 'Blocked'), 'degraded'],
  ['404', html(404, 'Not Found'), 'degraded'],
  [
    'a redirect',
    { status: 307, headers: { location: '/elsewhere' }, body: '' },
    'degraded',
  ],
  [
    'a redirect to a sign-in page',
    { status: 302, headers: { location: 'https://login.test/' }, body: '' },
    'degraded',
  ],
  ['a word that nobody knows', refusal('out_of_cheese'), 'degraded'],
  ['a word that is no text', { status: 400, body: { error: 7 } }, 'degraded'],
  ['invalid_request', refusal('invalid_request'), 'degraded'],
  ['invalid_scope', refusal('invalid_scope'), 'degraded'],
  ['unsupported_grant_type', refusal('unsupported_grant_type'), 'degraded'],
  [
    'an endless answer',
    { body: { ...TOKENS, padding: 'x'.repeat(1_000_000) } },
    'degraded',
  ],
  ['no answer', 'stall', 'degraded'],
  ['a connection that is closed', 'cut', 'degraded'],
  ['a connection that is closed amid the answer', 'cut-amid', 'degraded'],

  // Good, however odd: with this answer the former token may be gone.
  ['tokens', good({}), 'renewed'],
  [
    'tokens labelled as text',
    { headers: { 'content-type': 'text/plain' }, body: TOKENS },
    'renewed',
  ],
  ['a token type in capitals', good({ token_type: 'BEARER' }), 'renewed'],
  ['no life', good({ expires_in: undefined }), 'renewed'],
  ['a life as text', good({ expires_in: '3599' }), 'renewed'],
  ['a life that is over', good({ expires_in: 0 }), 'renewed'],
  ['a negative life', good({ expires_in: -1 }), 'renewed'],
  ['a life that is no number', good({ expires_in: 'soon' }), 'renewed'],
  ['scopes as a list', good({ scope: ['mail'] }), 'renewed'],
  ['members that are null', good({ scope: null, id_token: null }), 'renewed'],
  ['an ID token that is none', good({ id_token: 'x' }), 'renewed'],
];

describe('answers of token endpoints', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const keyring = aKeyring();
  let db: Knex;
  let server: ScriptedTokenServer;
  let grants: GrantStore;
  let integrations: IntegrationStore;
  let vault: TokenVault;

  beforeAll(async () => {
    db = await openTestDatabase(databases, 'SQLITE_3');
    grants = new GrantStore({ db, keyring });
    integrations = new IntegrationStore({ db, keyring });
    vault = new TokenVault({
      grants,
      integrations,
      tokenEndpoint: new TokenEndpoint({
        fetch: createGuardedFetch({
          policy: createHostPolicy({ allowPrivate: ['127.0.0.0/8'] }),
          timeoutMs: 500,
        }),
        allowHttpLoopback: true,
      }),
      sleep: async () => {},
    });
  });

  beforeEach(async () => {
    server = await ScriptedTokenServer.start();
  });

  afterEach(() => server.close());

  /** A mailbox whose token has run out. */
  async function addGrant() {
    const { callbackSlug, clientSecret, ...settings } = anIntegration({
      tokenEndpoint: server.url,
    });
    const integrationId = await integrations.insert({
      callbackSlug,
      settings,
      clientSecret: new Secret(clientSecret!),
      createdBy: 'user:default/admin',
    });
    const mailboxId = await addMailbox(db, { integrationId });
    await inTransaction(db, tx =>
      grants.put(tx, {
        mailboxId,
        integrationId,
        integrationVersion: 1,
        account: 'support@corp.test',
        tokens: {
          accessToken: new Secret('former'),
          refreshToken: new Secret('refresh'),
          expiresInMs: 1,
          refreshAheadMs: 0,
          scopes: ['mail'],
        },
      }),
    );
    return { mailboxId, integrationId };
  }

  /** What the mailbox's page would say after a visit. */
  async function renew(mailboxId: string): Promise<{
    verdict: Verdict | undefined;
    code?: FailureCode;
  }> {
    try {
      const token = await vault.accessToken(mailboxId);
      expect(token.reveal()).toBe('renewed');
      return { verdict: 'renewed' };
    } catch (error) {
      expect(MailFailure.is(error)).toBe(true);
      const { code } = error as MailFailure;
      return { verdict: failures[code].health, code };
    }
  }

  it('S70 R28 R29 R30: are at least forty, and of every kind', () => {
    expect(table.length).toBeGreaterThanOrEqual(40);
    expect(new Set(table.map(([title]) => title)).size).toBe(table.length);
    expect([...new Set(table.map(([, , verdict]) => verdict))]).toEqual([
      'needs-consent',
      'integration-fault',
      'degraded',
      'renewed',
    ]);
  });

  const requestsFor = (verdict: Verdict) =>
    // Asked twice where it would bother a person.
    verdict === 'needs-consent' ? 2 : 1;

  it.each(table)('S70: after %s', async (_title, reply, verdict) => {
    const { mailboxId, integrationId } = await addGrant();
    server.answer(() => reply);
    expect((await renew(mailboxId)).verdict).toBe(verdict);
    const grant = (await db<DbGrantRow>(tables.oauthGrants)
      .where({ mailbox_id: mailboxId })
      .first())!;
    const { fault } = (await integrations.find(integrationId))!;
    expect({ state: grant.state, fault: fault?.code }).toEqual({
      state: verdict === 'needs-consent' ? 'needs-consent' : 'active',
      fault: verdict === 'integration-fault' ? 'client-refused' : undefined,
    });
    expect(server.requests).toHaveLength(requestsFor(verdict));
  });

  it.each(table.filter(([, , verdict]) => verdict === 'renewed'))(
    'keeps the rotated token that came with %s',
    async (_title, reply) => {
      const { mailboxId } = await addGrant();
      server.answer(() => reply);
      await renew(mailboxId);
      const stored = await (await grants.find(mailboxId))!.openRefreshToken();
      expect(stored!.reveal()).toBe('rotated');
    },
  );

  it.each(table.filter(([, , verdict]) => verdict !== 'renewed'))(
    'R28 R29: does not ask again at once after %s, and says the same',
    async (_title, reply, verdict) => {
      const { mailboxId } = await addGrant();
      server.answer(() => reply);
      const outcome = await renew(mailboxId);
      expect(await renew(mailboxId)).toEqual(outcome);
      expect(server.requests).toHaveLength(requestsFor(verdict));
    },
  );

  it.each(
    table.filter(
      ([, , verdict]) =>
        verdict === 'degraded' || verdict === 'integration-fault',
    ),
  )('R28 R30: lost nothing by %s', async (_title, reply) => {
    const { mailboxId } = await addGrant();
    server.answer(() => reply);
    await renew(mailboxId);
    await db(tables.oauthGrants).update({ next_refresh_at: null });
    server.answer(() => good({}));
    expect(await renew(mailboxId)).toEqual({ verdict: 'renewed' });
  });

  it.each(table.filter(([title]) => title.startsWith('429 that says')))(
    'R28: waits for as long as it is asked by %s',
    async (_title, reply) => {
      const { mailboxId } = await addGrant();
      server.answer(() => reply);
      await renew(mailboxId);
      const { coolingMs } = (await grants.find(mailboxId))!;
      expect(coolingMs).toBeGreaterThan(100_000);
      expect(coolingMs).toBeLessThanOrEqual(120_000);
    },
  );

  it('R28: asks at most about once a minute after five failures in a row', async () => {
    const { mailboxId } = await addGrant();
    server.answer(() => ({ status: 500, body: '' }));
    for (let n = 0; n < 6; n += 1) {
      await db(tables.oauthGrants).update({ next_refresh_at: null });
      await renew(mailboxId);
    }
    const { coolingMs } = (await grants.find(mailboxId))!;
    expect(coolingMs).toBeGreaterThan(55_000);
  });
});
