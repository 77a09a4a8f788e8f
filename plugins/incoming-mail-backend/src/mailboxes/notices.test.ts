// SPDX-License-Identifier: Apache-2.0
import {
  mockServices,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import {
  ChannelState,
  FailureCode,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { DbNoticeRow, dbNowPlus, inTransaction, tables } from '../database';
import { ConsentWarning, SecretWarning } from '../oauth';
import { announceConsentEnds } from './announceConsentEnds';
import { announceExpiry } from './announceExpiry';
import {
  announceHealth,
  isNews,
  NoticedMailbox,
  toHealthNotice,
} from './announceHealth';
import { Notice, NoticeStore } from './NoticeStore';
import { createPortalNotifier, sendNotices } from './sendNotices';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const PROJECT = 'component:default/payments';
const channel = {
  id: 'one',
  projectRef: PROJECT,
  address: 'support@corp.test',
  createdBy: 'user:default/olga',
};
const mailServer = {
  id: '3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11',
  name: 'Alerts',
  address: 'alerts@corp.test',
  createdBy: 'user:default/ada',
};

describe('isNews', () => {
  it.each<[ChannelState, ChannelState | undefined, boolean]>([
    ['needs-consent', undefined, true],
    ['needs-consent', 'needs-consent', false],
    ['needs-password', undefined, true],
    ['needs-password', 'needs-password', false],
    ['active', 'needs-password', true],
    ['needs-consent', 'active', true],
    ['needs-consent', 'integration-fault', true],
    ['integration-fault', undefined, true],
    ['mailbox-unavailable', 'needs-consent', true],
    ['degraded', undefined, false],
    ['degraded', 'needs-consent', false],
    ['active', 'needs-consent', true],
    ['active', 'active', false],
    ['active', undefined, false],
    ['draft', 'needs-consent', false],
  ])('says of %s after %s: %s', (state, told, news) => {
    expect(isNews(state, told)).toBe(news);
  });
});

describe('toHealthNotice', () => {
  it('speaks in the words of the catalogue, of the project, and leads to its tab (T58)', () => {
    expect(
      toHealthNotice({
        mailbox: channel,
        state: 'needs-consent',
        failure: 'consent-revoked',
      }),
    ).toEqual({
      recipientRef: PROJECT,
      title:
        'Mail of payments is not read: the provider no longer accepts our access to this mailbox',
      description: expect.stringContaining('Authorize again'),
      link: '/catalog/default/component/payments/email-requests',
      severity: 'high',
    });
    expect(toHealthNotice({ mailbox: channel, state: 'active' })).toMatchObject(
      {
        title: 'Mail of payments is read again',
        severity: 'normal',
      },
    );
  });

  it('tells of a mail server whoever set it up, by its name, and leads to its page (P4, R29)', () => {
    expect(
      toHealthNotice({
        mailbox: mailServer,
        state: 'mailbox-unavailable',
        failure: 'login-refused',
      }),
    ).toEqual({
      recipientRef: 'user:default/ada',
      title: expect.stringMatching(/^Mail of Alerts is not read: /),
      description: expect.any(String),
      link: `/incoming-mail/servers/${mailServer.id}`,
      severity: 'high',
    });
    expect(
      toHealthNotice({ mailbox: mailServer, state: 'needs-consent' }),
    ).toMatchObject({
      title: 'Mail of Alerts is not read: reading has come to a stop',
      description: 'The page of the mail server says more.',
    });
  });
});

describe.each(databases.eachSupportedId())('notices (%s)', databaseId => {
  let db: Knex;
  let notices: NoticeStore;

  beforeEach(async () => {
    db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    notices = new NoticeStore(db);
  });

  const visitEnds = (
    state: ChannelState,
    failure?: FailureCode,
    of: NoticedMailbox = channel,
  ) =>
    inTransaction(db, tx =>
      announceHealth(tx, { mailbox: of, state, failure }, notices),
    );
  const sendAll = async () => {
    const sent: Notice[] = [];
    await sendNotices({
      notices,
      notifier: { notify: async notice => void sent.push(notice) },
      logger: mockServices.logger.mock(),
    });
    return sent;
  };
  const take = async () =>
    (await sendAll()).map(({ title }) =>
      title.replace('Mail of payments is ', ''),
    );

  it('R29: tells the owners once that reading stopped, and once that it goes on', async () => {
    await visitEnds('active');
    await visitEnds('degraded', 'connection-lost');
    expect(await take()).toEqual([]);
    for (let n = 0; n < 3; n += 1) {
      await visitEnds('needs-consent', 'consent-revoked');
      await visitEnds('degraded', 'connection-lost');
    }
    expect(await take()).toEqual([
      expect.stringMatching(/^not read: the provider no longer accepts/),
    ]);
    await visitEnds('active');
    await visitEnds('active');
    expect(await take()).toEqual(['read again']);
    // The next time is another matter, also in a life of many of them.
    for (let n = 0; n < 12; n += 1) {
      await visitEnds('integration-fault', 'client-refused');
      await visitEnds('active');
    }
    expect(await take()).toHaveLength(24);
    expect(await take()).toEqual([]);
  });

  it('R29: writes one notice where several replicas see the change, and sends it once', async () => {
    await Promise.all(
      Array.from({ length: 5 }, () =>
        visitEnds('needs-consent', 'consent-revoked'),
      ),
    );
    const sent = jest.fn().mockResolvedValue(undefined);
    const send = () =>
      sendNotices({
        notices: new NoticeStore(db),
        notifier: { notify: sent },
        logger: mockServices.logger.mock(),
      });
    await Promise.all([send(), send(), send()]);
    await send();
    expect(sent).toHaveBeenCalledTimes(1);
    expect(sent.mock.calls[0][0]).toMatchObject({ recipientRef: PROJECT });
  });

  it('R48: sends a notice again whose sender died, by the same name, and misses none', async () => {
    await visitEnds('needs-consent');
    await visitEnds('active');
    const sent = jest.fn().mockResolvedValue(undefined);
    const dies = jest.fn().mockReturnValue(new Promise(() => {}));
    const send = (notify: jest.Mock) =>
      sendNotices({
        notices,
        notifier: { notify },
        logger: mockServices.logger.mock(),
      });
    void send(dies);
    while (dies.mock.calls.length === 0) {
      await new Promise(setImmediate);
    }
    // It may still be about to send that one.
    await send(sent);
    expect(sent).toHaveBeenCalledTimes(1);

    await db<DbNoticeRow>(tables.notices).update({
      taken_until: dbNowPlus(db, -1),
    } as {});
    await send(sent);
    await send(sent);
    expect(sent).toHaveBeenCalledTimes(2);
    expect(sent.mock.calls[1]).toEqual(dies.mock.calls[0]);
  });

  it('goes with the transaction of the change', async () => {
    await expect(
      inTransaction(db, async tx => {
        await announceHealth(
          tx,
          { mailbox: channel, state: 'needs-consent' },
          notices,
        );
        throw new Error('lease lost');
      }),
    ).rejects.toThrow('lease lost');
    expect(await take()).toEqual([]);
    await visitEnds('needs-consent');
    expect(await take()).toHaveLength(1);
  });

  it('keeps mailboxes apart, those of projects and mail servers', async () => {
    for (let n = 0; n < 2; n += 1) {
      await visitEnds('needs-consent', undefined, mailServer);
      await visitEnds('needs-consent', undefined, {
        ...channel,
        id: 'two',
        projectRef: 'component:default/two',
      });
      await visitEnds('needs-consent');
    }
    const sent = await sendAll();
    expect(sent.map(({ recipientRef }) => recipientRef).sort()).toEqual([
      PROJECT,
      'component:default/two',
      'user:default/ada',
    ]);
  });

  it('warns of each end of a secret once per day that is due, and again for the next secret', async () => {
    const warning: SecretWarning = {
      integrationId: '3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11',
      name: 'Corp mail',
      createdBy: 'user:default/ada',
      expiresOn: '2027-01-31',
      daysBefore: 30,
      daysLeft: 30,
    };
    await announceExpiry([warning], notices);
    await announceExpiry([{ ...warning, daysLeft: 29 }], notices);
    await announceExpiry([{ ...warning, daysBefore: 1, daysLeft: 1 }], notices);
    await announceExpiry([{ ...warning, expiresOn: '2028-01-31' }], notices);
    const sent = await sendAll();
    expect(sent).toHaveLength(3);
    expect(sent).toContainEqual({
      recipientRef: 'user:default/ada',
      title: 'The client secret of Corp mail ends in 30 days',
      description: expect.stringContaining('From 2027-01-31 on'),
      link: '/incoming-mail/oauth/3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11',
      severity: 'normal',
    } satisfies Notice);
    expect(sent.map(({ title }) => title)).toContain(
      'The client secret of Corp mail ends tomorrow',
    );
  });

  it('D4 P11: warns of each end of a consent once per step, to those who can act', async () => {
    const countedFrom = new Date('2027-01-01T00:00:00Z');
    const warning: ConsentWarning = {
      mailboxId: '3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11',
      integrationId: 'an-integration',
      account: 'support@corp.test',
      projectRef: PROJECT,
      createdBy: 'user:default/ada',
      end: {
        at: new Date('2027-01-08T00:00:00Z'),
        reason: 'testing',
        countedFrom,
      },
      daysBefore: 1,
      daysLeft: 1,
    };
    await announceConsentEnds([warning], notices);
    // The end moves by a little from one reading to the next.
    const later = { ...warning.end, at: new Date('2027-01-08T00:00:02Z') };
    await announceConsentEnds([{ ...warning, end: later }], notices);
    // The step before, the next consent, and a mail server are other matters.
    await announceConsentEnds([{ ...warning, daysBefore: 7 }], notices);
    const renewed = { ...warning.end, countedFrom: new Date('2027-01-07') };
    await announceConsentEnds([{ ...warning, end: renewed }], notices);
    await announceConsentEnds(
      [
        {
          ...warning,
          mailboxId: 'a-mail-server',
          projectRef: undefined,
          end: { ...warning.end, reason: 'unused' },
          daysBefore: 14,
          daysLeft: 12,
        },
      ],
      notices,
    );
    const sent = await sendAll();
    expect(sent).toHaveLength(4);
    expect(sent[0]).toEqual({
      recipientRef: PROJECT,
      title: 'Mail of payments: the access to the mailbox ends tomorrow',
      description: expect.stringContaining('publishing the app'),
      link: '/catalog/default/component/payments/email-requests',
      severity: 'high',
    });
    expect(sent).toContainEqual({
      recipientRef: 'user:default/ada',
      title:
        'Mail of support@corp.test: the access to the mailbox ends in 12 days',
      description: expect.stringContaining('has not been used for long'),
      link: '/incoming-mail/servers/a-mail-server',
      severity: 'normal',
    });
  });

  it('goes on with the others when one cannot be sent, and does not try that one again', async () => {
    await visitEnds('needs-consent');
    await visitEnds('active');
    const logger = mockServices.logger.mock();
    const send = jest
      .fn()
      .mockRejectedValueOnce(new Error('no answer'))
      .mockResolvedValue(undefined);
    const notifier = createPortalNotifier({ send });
    await sendNotices({ notices, notifier, logger });
    await sendNotices({ notices, notifier, logger });
    expect(send).toHaveBeenCalledTimes(2);
    expect(send).toHaveBeenLastCalledWith({
      recipients: { type: 'entity', entityRef: expect.any(String) },
      payload: expect.objectContaining({
        title: expect.any(String),
        topic: 'incoming-mail',
        scope: expect.stringMatching(/^incoming-mail:[0-9a-f-]{36}$/),
      }),
    });
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('removes old ones in batches', async () => {
    await visitEnds('needs-consent');
    await visitEnds('active');
    await db<DbNoticeRow>(tables.notices).update({
      created_at: dbNowPlus(db, -10_000),
    } as {});
    await visitEnds('integration-fault');
    expect(await notices.removeOld({ ageMs: 5_000, limit: 1 })).toBe(1);
    expect(await notices.removeOld({ ageMs: 5_000, limit: 5 })).toBe(1);
    expect(await db(tables.notices)).toHaveLength(1);
  });
});
