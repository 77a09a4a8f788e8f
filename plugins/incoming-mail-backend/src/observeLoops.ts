// SPDX-License-Identifier: Apache-2.0
import { LoopsOptions } from './createLoops';
import { createMetrics } from './metrics';
import { createTracing } from './tracing';

/** Wires what the loops do to the metrics and spans that tell of it. */
export function observeLoops({
  metrics,
  tracing,
}: {
  metrics: ReturnType<typeof createMetrics>;
  tracing: ReturnType<typeof createTracing>;
}): Pick<
  LoopsOptions,
  | 'onVisit'
  | 'onMessage'
  | 'onLeaseLost'
  | 'observeWork'
  | 'observeStoring'
  | 'observeVisit'
> {
  return {
    onVisit: (outcome, durationMs) => metrics.visitEnded(outcome, durationMs),
    onMessage: (outcome, message) =>
      metrics.messageEnded(outcome.kind, message),
    onLeaseLost: () => metrics.visitLeaseLost(),
    observeWork: work => tracing.handle(work),
    observeStoring: store => tracing.store(store),
    observeVisit: (mailbox, visit) => tracing.visit(mailbox, visit),
  };
}
