// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { openTestDatabase } from '../../__testUtils__/createTestDatabase';
import { dbNowPlus, tables } from '../../database';
import { Secret } from '../../secrets';
import { addMailbox, aKeyring, anIntegration } from '../__testUtils__/fixtures';
import { ScriptedTokenServer } from '../__testUtils__/ScriptedTokenServer';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { TokenEndpoint } from '../tokenEndpoint';
import { GrantSpan, looksEndedByTesting, predictEnd } from './consentEnds';
import { GrantStore } from './GrantStore';
import { listConsentWarnings } from './listConsentWarnings';
import { TokenVault } from './TokenVault';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.parse('2027-01-31T12:00:00Z');
const daysFromNow = (days: number) => NOW + days * DAY_MS;

describe('predictEnd', () => {
  const span: GrantSpan = {
    provider: 'custom',
    inTesting: false,
    consentedAt: daysFromNow(-10),
    refreshedAt: daysFromNow(-0.01),
    renewalDueAt: daysFromNow(0.02),
    now: NOW,
  };
  const unused = {
    refreshedAt: daysFromNow(-70),
    renewalDueAt: daysFromNow(-69),
  };

  it.each<[string, Partial<GrantSpan>, number | undefined, string | undefined]>(
    [
      ['is none of which nothing is known', {}, undefined, undefined],
      [
        'is what the provider tells, at whatever provider',
        { toldEndAt: daysFromNow(5), endSlides: false },
        5,
        'told',
      ],
      [
        'is not yet known after the first reply',
        { toldEndAt: daysFromNow(5) },
        undefined,
        undefined,
      ],
      [
        'is none while renewals move it',
        { toldEndAt: daysFromNow(5), endSlides: true },
        undefined,
        undefined,
      ],
      [
        'is near when nothing moves it any more',
        {
          toldEndAt: daysFromNow(5),
          endSlides: true,
          renewalDueAt: daysFromNow(-2),
        },
        5,
        'unused',
      ],
      [
        'is seven days after the consent in testing at Google',
        { provider: 'google', inTesting: true, consentedAt: daysFromNow(-3) },
        4,
        'testing',
      ],
      [
        'is not that elsewhere',
        { provider: 'microsoft', inTesting: true },
        undefined,
        undefined,
      ],
      [
        'is what is told rather than what is ticked',
        {
          provider: 'google',
          inTesting: true,
          toldEndAt: daysFromNow(2),
          endSlides: false,
        },
        2,
        'told',
      ],
      [
        'is far while Google’s is used',
        { provider: 'google' },
        undefined,
        undefined,
      ],
      [
        'is 180 days after Google’s was last used',
        { provider: 'google', ...unused },
        110,
        'unused',
      ],
      [
        'is 90 days after Microsoft’s was last used',
        { provider: 'microsoft', ...unused },
        20,
        'unused',
      ],
      ['is not known of others', unused, undefined, undefined],
    ],
  )('%s (D4)', (_title, changes, days, reason) => {
    const end = predictEnd({ ...span, ...changes });
    expect(end && [end.at.getTime(), end.reason]).toEqual(
      days === undefined ? undefined : [daysFromNow(days), reason],
    );
  });
});

describe('looksEndedByTesting', () => {
  it.each<[number, boolean]>([
    [7 * 24 - 3, false],
    [7 * 24 - 2, true],
    [7 * 24, true],
    [7 * 24 + 2, true],
    [7 * 24 + 3, false],
  ])('says of Google after %d hours: %s (P11)', (hours, looks) => {
    expect(looksEndedByTesting('google', hours * HOUR_MS)).toBe(looks);
    expect(looksEndedByTesting('microsoft', hours * HOUR_MS)).toBe(false);
  });
});

describe('the ends of consents', () => {
  const databases = TestDatabases.create();

  describe.each(databases.eachSupportedId())('%p', databaseId => {
    let db: Knex;
    let server: ScriptedTokenServer;
    let grants: GrantStore;
    let integrations: IntegrationStore;
    const keyring = aKeyring();

    beforeAll(async () => {
      db = await openTestDatabase(databases, databaseId);
      grants = new GrantStore({ db, keyring });
      integrations = new IntegrationStore({ db, keyring });
    });

    beforeEach(async () => {
      server = await ScriptedTokenServer.start();
    });

    afterEach(async () => {
      await server.close();
      await db(tables.mailboxes).delete();
      await db(tables.oauthIntegrations).delete();
    });

    async function giveGrant(
      changes: Partial<CreateIntegration>,
      refreshExpiresInMs?: number,
    ): Promise<{ mailboxId: string; integrationId: string }> {
      const { callbackSlug, clientSecret, ...settings } = anIntegration({
        tokenEndpoint: server.url,
        ...changes,
      });
      const integrationId = await integrations.insert({
        callbackSlug,
        settings,
        clientSecret: new Secret(clientSecret!),
        createdBy: 'user:default/admin',
      });
      const mailboxId = await addMailbox(db, {
        integrationId,
        projectRef: `component:default/${integrationId}`,
      });
      await integrations.transaction(tx =>
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
            refreshExpiresInMs,
            scopes: ['mail'],
          },
        }),
      );
      return { mailboxId, integrationId };
    }

    const renew = async (mailboxId: string, reply: object) => {
      server.answer(() => ({
        body: {
          access_token: 'access',
          token_type: 'Bearer',
          expires_in: 3600,
          ...reply,
        },
      }));
      await db(tables.oauthGrants).update({ access_expires_at: 0 });
      const tokenEndpoint = new TokenEndpoint({
        fetch,
        allowHttpLoopback: true,
      });
      await new TokenVault({ grants, integrations, tokenEndpoint }).accessToken(
        mailboxId,
      );
    };
    const warnings = () => listConsentWarnings(grants);
    const age = (mailboxId: string, ms: number) =>
      db(tables.oauthGrants)
        .where({ mailbox_id: mailboxId })
        .update({ state_since: dbNowPlus(db, -ms) });

    it('D4: warns of an end that the provider told and renewals do not move, of the project’s mailbox', async () => {
      const { mailboxId, integrationId } = await giveGrant({}, 20 * DAY_MS);
      await age(mailboxId, 15 * DAY_MS);
      expect(await warnings()).toEqual([]);
      await renew(mailboxId, { refresh_token_expires_in: 20 * 86_400 });
      expect(await warnings()).toEqual([
        expect.objectContaining({
          mailboxId,
          integrationId,
          projectRef: `component:default/${integrationId}`,
          daysBefore: 30,
          daysLeft: 20,
        }),
      ]);
      // Not told again, it still stands for the same token.
      await renew(mailboxId, {});
      expect(await warnings()).toHaveLength(1);
      const ends = await grants.ends.listFirst([integrationId, 'another']);
      expect([...ends.keys()]).toEqual([integrationId]);
      expect(await grants.ends.find(mailboxId)).toMatchObject({
        reason: 'told',
      });
      // Another token, of which nothing is told.
      await renew(mailboxId, { refresh_token: 'refresh-1' });
      expect(await warnings()).toEqual([]);
      expect(await grants.ends.find(mailboxId)).toBeUndefined();
    });

    it('takes an end that renewals move for none', async () => {
      const { mailboxId } = await giveGrant({}, 6 * DAY_MS);
      await age(mailboxId, 30 * DAY_MS);
      await renew(mailboxId, {
        refresh_token: 'refresh-1',
        refresh_token_expires_in: 7 * 86_400,
      });
      expect(await warnings()).toEqual([]);
      await renew(mailboxId, {
        refresh_token: 'refresh-2',
        refresh_token_expires_in: '604800',
      });
      expect(await warnings()).toEqual([]);
      // Until nothing is renewed for a day.
      await db(tables.oauthGrants).update({
        refreshed_at: dbNowPlus(db, -8 * DAY_MS),
        access_refresh_at: dbNowPlus(db, -25 * HOUR_MS),
      });
      expect(await warnings()).toEqual([
        expect.objectContaining({ daysBefore: 7 }),
      ]);
    });

    it('P11: goes by the administrator’s tick for an app in testing', async () => {
      const google: Partial<CreateIntegration> = { provider: 'google' };
      const { mailboxId } = await giveGrant({ ...google, inTesting: true });
      const published = await giveGrant(google);
      await renew(mailboxId, {});
      await renew(published.mailboxId, {});
      expect(await warnings()).toEqual([]);
      for (const id of [mailboxId, published.mailboxId]) {
        await age(id, 6.5 * DAY_MS);
      }
      expect(await warnings()).toEqual([
        expect.objectContaining({
          mailboxId,
          daysBefore: 1,
          end: expect.objectContaining({ reason: 'testing' }),
        }),
      ]);
      // One that has ended is not warned of any more.
      const grant = (await grants.find(mailboxId))!;
      await grants.end(grant, 'revoked', 'consent-revoked');
      expect(await warnings()).toEqual([]);
    });

    it('ignores a life that makes no sense', async () => {
      for (const told of [0, -5, 'soon', 1e12, null, {}]) {
        const { mailboxId } = await giveGrant({});
        await renew(mailboxId, { refresh_token_expires_in: told });
        const row = await db(tables.oauthGrants)
          .where({ mailbox_id: mailboxId })
          .first();
        expect(row.refresh_ends_at).toBeNull();
      }
    });
  });
});
