// SPDX-License-Identifier: Apache-2.0
import {
  LoggerService,
  SchedulerService,
  SchedulerServiceTaskScheduleDefinition,
} from '@backstage/backend-plugin-api';
import { RawMailStore } from './inbox';
import { JournalStore } from './journal';
import {
  announceConsentEnds,
  announceExpiry,
  DraftService,
  NoticeStore,
  Notifier,
  sendNotices,
} from './mailboxes';
import { OAuth } from './oauth';
import { AccountGateStore } from './polling';
import { Janitor, RetentionPeriods, retentionPolicy } from './retention';

type Schedule = Pick<
  SchedulerServiceTaskScheduleDefinition,
  'frequency' | 'timeout' | 'initialDelay'
>;

// A person starts few consents; what is left over is dropped a minute later.
const UNCLAIMED_AT_ONCE = 500;

/**
 * Schedules what one replica does for all, now and then. Each task is one
 * bounded run that goes on where the last one stopped; two runs at once, as
 * after a timeout, do no harm.
 */
export async function scheduleHousekeeping(options: {
  scheduler: SchedulerService;
  logger: LoggerService;
  oauth: OAuth;
  retention: RetentionPeriods;
  rawMails: RawMailStore;
  journal: JournalStore;
  notices: NoticeStore;
  drafts: DraftService;
  gates: AccountGateStore;
  notifier: Notifier;
}): Promise<void> {
  const { scheduler, logger, oauth, notices, notifier } = options;
  const janitor = new Janitor({
    logger,
    rules: retentionPolicy(options.retention, options),
  });
  const schedule = (
    name: string,
    when: Schedule,
    fn: (signal: AbortSignal) => Promise<void>,
  ) =>
    scheduler.scheduleTask({
      id: `incoming-mail-${name}`,
      scope: 'global',
      ...when,
      fn,
    });

  await schedule(
    'retention',
    {
      frequency: { hours: 1 },
      timeout: { minutes: 10 },
      initialDelay: { minutes: 1 },
    },
    signal => janitor.runOnce(signal),
  );
  await schedule(
    'reseal',
    {
      frequency: { minutes: 5 },
      timeout: { minutes: 5 },
      // In the meantime a key that is new to the configuration reaches the
      // other replicas, which could not open what is sealed with it.
      initialDelay: { minutes: 5 },
    },
    signal => oauth.resealRecords({ logger, signal }),
  );
  await schedule(
    'revocations',
    {
      frequency: { minutes: 1 },
      timeout: { minutes: 5 },
      initialDelay: { seconds: 30 },
    },
    signal => oauth.sendRevocations({ logger, signal }),
  );
  await schedule(
    'unclaimed',
    {
      frequency: { minutes: 1 },
      timeout: { minutes: 1 },
      initialDelay: { seconds: 30 },
    },
    async () => {
      await oauth.dropUnclaimed(UNCLAIMED_AT_ONCE);
    },
  );
  await schedule(
    'expiry-calendar',
    {
      frequency: { hours: 1 },
      timeout: { minutes: 5 },
      initialDelay: { minutes: 1 },
    },
    async () => {
      await announceExpiry(await oauth.listSecretWarnings(), notices);
      await announceConsentEnds(await oauth.listConsentWarnings(), notices);
    },
  );
  await schedule(
    'notices',
    {
      frequency: { minutes: 1 },
      timeout: { minutes: 5 },
      initialDelay: { seconds: 30 },
    },
    () => sendNotices({ notices, notifier, logger }),
  );
}
