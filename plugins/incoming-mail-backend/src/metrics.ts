// SPDX-License-Identifier: Apache-2.0
import { MetricsService } from '@backstage/backend-plugin-api/alpha';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';

// However many readers collect, in a replica the database is asked this often.
const BACKLOG_FOR_MS = 15_000;

// From a mailbox that is watched to one that was down over a week-end.
const AGE_BOUNDS_SECONDS = [
  1, 5, 15, 30, 60, 120, 300, 900, 3_600, 21_600, 86_400, 259_200,
];

interface Backlog {
  readonly count: number;
  readonly oldestAgeMs: number;
}

// A mail that was handled, as far as its age goes.
interface AgedMessage {
  readonly receivedAt?: Date;
  readonly acceptedAt: Date;
  readonly imported?: boolean;
}

/**
 * Every instrument of the plugin. The platform's metrics service is still
 * alpha: this file is the only one that knows it. Attributes are small closed
 * sets (outcome, failure code), never ids or addresses.
 */
export function createMetrics(service: MetricsService) {
  const visits = service.createCounter('incoming_mail.visits', {
    description: 'Visits of mailboxes by outcome',
    unit: '{visit}',
  });
  const visitDuration = service.createHistogram(
    'incoming_mail.visits.duration',
    { description: 'How long visits took', unit: 'ms' },
  );
  const accepted = service.createCounter('incoming_mail.messages.accepted', {
    description: 'Mails that were stored',
    unit: '{message}',
  });
  const finished = service.createCounter('incoming_mail.messages.finished', {
    description: 'Mails that were handled, by outcome',
    unit: '{message}',
  });
  const age = service.createHistogram('incoming_mail.messages.age', {
    description:
      'From when the mail server got a mail until it was handled, by outcome',
    unit: 's',
    advice: { explicitBucketBoundaries: AGE_BOUNDS_SECONDS },
  });
  const waiting = service.createObservableGauge(
    'incoming_mail.messages.waiting',
    { description: 'Mails that wait, over all replicas', unit: '{message}' },
  );
  const waitingAge = service.createObservableGauge(
    'incoming_mail.messages.waiting.age',
    { description: 'How long the oldest waiting mail is here', unit: 's' },
  );
  const leasesLost = service.createCounter('incoming_mail.leases.lost', {
    description: 'Work given up because another replica took over',
    unit: '{lease}',
  });
  const refreshes = service.createCounter('incoming_mail.tokens.refreshes', {
    description: 'Tokens renewed at providers, by outcome',
    unit: '{refresh}',
  });
  return {
    visitEnded(
      outcome: { kind: string; failure?: string; accepted?: number },
      durationMs: number,
    ) {
      const { kind, failure = 'none' } = outcome;
      visits.add(1, { outcome: kind, failure });
      visitDuration.record(durationMs, { outcome: kind });
      accepted.add(outcome.accepted ?? 0);
    },
    messageEnded(outcome: string, message: AgedMessage) {
      finished.add(1, { outcome });
      const { imported, receivedAt, acceptedAt } = message;
      if (!imported && (outcome === 'done' || outcome === 'ignored')) {
        const since = receivedAt ?? acceptedAt;
        age.record(secondsSince(since), { outcome });
      }
      if (outcome === 'lease-lost') {
        leasesLost.add(1, { kind: 'process' });
      }
    },
    visitLeaseLost() {
      leasesLost.add(1, { kind: 'poll' });
    },
    /** Counts the renewal of a token by how it ends. */
    async tokenRefresh<T>(renew: () => Promise<T>): Promise<T> {
      try {
        const token = await renew();
        refreshes.add(1, { outcome: 'renewed' });
        return token;
      } catch (error) {
        const outcome = MailFailure.is(error) ? error.code : 'internal-error';
        refreshes.add(1, { outcome });
        throw error;
      }
    },
    /** Has the backlog reported whenever somebody collects. */
    watchBacklog(read: () => Promise<Backlog>) {
      const backlog = rememberFor(BACKLOG_FOR_MS, read);
      waiting.addCallback(async result => {
        const { count } = (await backlog()) ?? {};
        if (count !== undefined) {
          result.observe(count);
        }
      });
      waitingAge.addCallback(async result => {
        const { oldestAgeMs } = (await backlog()) ?? {};
        if (oldestAgeMs !== undefined) {
          result.observe(oldestAgeMs / 1_000);
        }
      });
    },
  };
}

/** What `read` gave last, or undefined where it could not be read. */
function rememberFor<T>(
  ms: number,
  read: () => Promise<T>,
): () => Promise<T | undefined> {
  let last: { readonly at: number; readonly value: Promise<T | undefined> };
  return () => {
    const now = performance.now();
    if (!last || now - last.at >= ms) {
      // No value says nothing; an old one would say that all is as it was.
      last = { at: now, value: read().catch(() => undefined) };
    }
    return last.value;
  };
}

// By this machine's clock, which is good enough for what people look at; a
// server whose clock is ahead has mail from the future.
function secondsSince(instant: Date): number {
  const now = performance.timeOrigin + performance.now();
  return Math.max(0, now - instant.getTime()) / 1_000;
}
