// SPDX-License-Identifier: Apache-2.0
import { FailureCode, TraceStep } from '@postroom/plugin-incoming-mail-common';
import { Db, holdLease, inTransaction, LeaseTicket } from '../database';
import { AttemptStore, MessageHead } from '../inbox';
import { ProcessingOutcome } from './types';

/** Ends a mail that a person has to look at. @throws LeaseLostError */
export async function setAside(
  messageId: string,
  ticket: LeaseTicket,
  deps: { readonly db: Db; readonly attempts: AttemptStore },
  options: {
    state: 'held' | 'quarantined';
    failure: FailureCode;
    head: MessageHead;
    trace: readonly TraceStep[];
    /** For the log. */
    cause?: unknown;
  },
): Promise<ProcessingOutcome> {
  const { state, failure, head, trace, cause } = options;
  await inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    await deps.attempts.finish(tx, messageId, { state, head, trace, failure });
  });
  return {
    kind: state,
    failure,
    ...(cause !== undefined && { cause }),
  };
}
