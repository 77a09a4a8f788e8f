// SPDX-License-Identifier: Apache-2.0
import { TraceStep } from '@postroom/plugin-incoming-mail-common';
import {
  HandlerOutcome,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import { failed, passed, stopped } from '../steps';
import { HandlerFailure } from './judgeHandlerFailure';

/** What came of a mail at one binding. */
export type BindingResult =
  | {
      readonly kind: 'finished';
      readonly handlerId: string;
      readonly outcome: HandlerOutcome;
    }
  | {
      readonly kind: 'failed';
      readonly handlerId: string;
      readonly why: HandlerFailure;
      /** For the log; may hold foreign text. */
      readonly cause: unknown;
    };

/** A result that is none yet. */
export type FailedResult = Extract<BindingResult, { kind: 'failed' }>;

/** How a mail ends whose bindings are all done with it. */
export type FinishedSummary =
  | { readonly kind: 'done'; readonly target: string }
  | { readonly kind: 'ignored'; readonly reason: string };

const NO_HANDLER = 'No handler is bound to the mailbox';

/** Those that failed, in the order of their bindings. */
export function listFailed(results: readonly BindingResult[]): FailedResult[] {
  return results.filter(
    (result): result is FailedResult => result.kind === 'failed',
  );
}

/**
 * Sums up what the bindings made of a mail: it is done where one of them made
 * something of it, ignored where none wanted it. The mail log has room for one
 * target; the trace has them all.
 */
export function summarize(results: readonly BindingResult[]): FinishedSummary {
  const outcomes = results.flatMap(result =>
    result.kind === 'finished' ? [result.outcome] : [],
  );
  for (const outcome of outcomes) {
    if (outcome.kind !== 'ignored') {
      return { kind: 'done', target: outcome.target };
    }
  }
  const [first] = outcomes;
  return {
    kind: 'ignored',
    reason: first?.kind === 'ignored' ? first.reason : NO_HANDLER,
  };
}

/** What the trace says of a mailbox without bindings. */
export const NO_HANDLER_STEP: TraceStep = stopped('handle', NO_HANDLER);

/** The steps of a trace from the conversation on: one for each binding. */
export function toTrace(
  thread: MessageThread | undefined,
  results: readonly BindingResult[],
): TraceStep[] {
  return [
    ...(thread ? [describeThread(thread)] : []),
    ...(results.length > 0 ? results.map(describeResult) : [NO_HANDLER_STEP]),
  ];
}

/** The step in which the conversation was found. */
export function describeThread(thread: MessageThread): TraceStep {
  return passed(
    'thread',
    thread.isReply
      ? 'It belongs to a conversation'
      : 'It begins a conversation',
  );
}

/** The step of one binding. */
export function describeResult(result: BindingResult): TraceStep {
  if (result.kind === 'failed') {
    return failed('handle', result.why.reason);
  }
  const { handlerId, outcome } = result;
  return outcome.kind === 'ignored'
    ? stopped('handle', `${handlerId}: ${outcome.reason}`)
    : passed('handle', `${handlerId}: ${outcome.kind} ${outcome.target}`);
}
