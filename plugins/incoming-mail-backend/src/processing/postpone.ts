// SPDX-License-Identifier: Apache-2.0
import { FailureCode, TraceStep } from '@postroom/plugin-incoming-mail-common';
import { Db, holdLease, inTransaction, LeaseTicket } from '../database';
import { AttemptStore, MessageHead } from '../inbox';
import { ProcessingOutcome } from './types';

/** Has a mail wait for its next attempt. @throws LeaseLostError */
export async function postpone(
  messageId: string,
  ticket: LeaseTicket,
  deps: { readonly db: Db; readonly attempts: AttemptStore },
  options: {
    /** The attempt that failed, from 1. */
    attempt: number;
    dueInMs: number;
    failure: FailureCode;
    head: MessageHead;
    trace: readonly TraceStep[];
    /** For the log. */
    cause?: unknown;
  },
): Promise<ProcessingOutcome> {
  const { attempt, dueInMs, failure, head, trace, cause } = options;
  await inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    await deps.attempts.postpone(tx, messageId, {
      dueInMs,
      head,
      trace,
      failure,
    });
  });
  return {
    kind: 'postponed',
    failure,
    attempt,
    dueInMs,
    ...(cause !== undefined && { cause }),
  };
}
