// SPDX-License-Identifier: Apache-2.0
import { MetricsService } from '@backstage/backend-plugin-api/alpha';

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
    messageEnded(outcome: string) {
      finished.add(1, { outcome });
    },
  };
}
