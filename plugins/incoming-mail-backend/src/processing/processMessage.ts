// SPDX-License-Identifier: Apache-2.0
import { FailureCode, TraceStep } from '@postroom/plugin-incoming-mail-common';
import {
  HandlerOutcome,
  IncomingMessage,
} from '@postroom/plugin-incoming-mail-node';
import {
  Db,
  holdLease,
  inTransaction,
  LeaseLostError,
  LeaseTicket,
  Tx,
} from '../database';
import { InboxStore, MessageEnd, MessageHead, WaitingMessage } from '../inbox';
import { HandlerBinding, Mailbox } from '../mailboxes';
import { delayAfterAttempt, MAX_ATTEMPTS } from './attempts';
import {
  DeliveryDeps,
  deliverMessage,
  HandlerMissingError,
} from './handle/deliverMessage';
import { HandlerTimedOutError } from './handle/runHandler';
import { parseMessage } from './parse/parseMessage';
import { failed, passed, stopped } from './steps';
import { resolveThread } from './thread/resolveThread';
import { ThreadStore } from './thread/ThreadStore';
import { ProcessingOutcome } from './types';

// Exactly once
//
// 1. The attempt is counted and committed before anything is done with the
//    mail: a mail that kills the process is counted too, and after MAX_ATTEMPTS
//    it is quarantined without another try.
// 2. One transaction proves that we still hold the mailbox, then holds all that
//    becomes of the mail: its conversation, what handlers write through `tx`,
//    the deliveries, and its end. It commits whole or not at all. A process
//    that dies before the commit leaves a waiting mail, one that dies after it
//    leaves a finished one.
// 3. If anything in it fails, nothing of it stands, and a second, small
//    transaction, which proves the lease anew, has the mail wait or quarantines
//    it. If that one fails as well, the mail is simply due again.

const NO_HANDLER = 'No handler is bound to the mailbox';

/** What processing a mail needs. */
export interface ProcessMessageDeps extends DeliveryDeps {
  readonly db: Db;
  readonly inbox: InboxStore;
  readonly threads: ThreadStore;
}

/** What the mails of a mailbox have in common while its lease is held. */
export interface MailboxWork {
  readonly ticket: LeaseTicket;
  readonly mailbox: Mailbox;
  readonly bindings: readonly HandlerBinding[];
  /** Aborted when the lease may be lost, or the backend stops. */
  readonly signal: AbortSignal;
}

/**
 * Makes one attempt at a waiting mail. Rejects only when the database does;
 * whatever the mail holds and handlers do is an outcome.
 */
export async function processMessage(
  message: WaitingMessage,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<ProcessingOutcome> {
  try {
    return await attemptMessage(message, work, deps);
  } catch (error) {
    if (error instanceof LeaseLostError) {
      return { kind: 'lease-lost' };
    }
    throw error;
  }
}

async function attemptMessage(
  message: WaitingMessage,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<ProcessingOutcome> {
  const quarantine = (
    failure: FailureCode,
    options: { head: MessageHead; trace: TraceStep[] },
  ) => finishQuarantined(message, work, deps, { failure, ...options });

  if (message.attempts >= MAX_ATTEMPTS) {
    const reason = `Begun ${message.attempts} times without an end: the process may have died of it`;
    return quarantine('handler-failed', {
      head: {},
      trace: [failed('attempt', reason)],
    });
  }
  const attempt = await deps.inbox.startAttempt(work.ticket, message.id);
  const trace = [passed('attempt', `Attempt ${attempt} of ${MAX_ATTEMPTS}`)];
  if (message.imported) {
    trace.push(
      passed(
        'import',
        'Older mail that a person asked for: nobody is notified',
      ),
    );
  }
  const verdict = await parseMessage(
    await deps.inbox.readRaw(message.id),
    message,
    { projectRef: work.mailbox.projectRef },
  );
  const { head } = verdict;
  if (message.truncated) {
    trace.push(
      stopped('parse', 'It is over the size limit: only its beginning is here'),
    );
    return quarantine('message-too-large', { head, trace });
  }
  if (verdict.kind === 'unreadable') {
    trace.push(failed('parse', verdict.reason));
    return quarantine('message-unreadable', { head, trace });
  }
  trace.push(passed('parse', describeParts(verdict.message)));
  return handleMessage(
    message.imported
      ? Object.freeze({ ...verdict.message, imported: true })
      : verdict.message,
    { attempt, head, trace },
    work,
    deps,
  );
}

/** What is known of an attempt once the mail has been read. */
interface Attempt {
  readonly attempt: number;
  readonly head: MessageHead;
  readonly trace: readonly TraceStep[];
}

async function handleMessage(
  message: IncomingMessage,
  attempt: Attempt,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<ProcessingOutcome> {
  const { signal } = work;
  if (signal.aborted) {
    return { kind: 'aborted' };
  }
  // Which handler was called last, to tell its failures from ours.
  let calledHandler: string | undefined;
  try {
    const ended = await inTransaction<ProcessingOutcome | undefined>(
      deps.db,
      async tx => {
        calledHandler = undefined;
        await holdLease(tx, work.ticket);
        const { end, outcome } = await handleInTransaction(
          tx,
          { message, attempt, onHandler: id => (calledHandler = id) },
          work,
          deps,
        );
        calledHandler = undefined;
        await deps.inbox.finish(tx, message.id, end);
        return outcome;
      },
    );
    if (!ended) {
      throw new Error('A handler ended the transaction that it was lent');
    }
    return ended;
  } catch (error) {
    if (error instanceof LeaseLostError) {
      throw error;
    }
    if (signal.aborted) {
      // Neither the mail nor its handler is to blame.
      return { kind: 'aborted' };
    }
    return settleFailure(
      message,
      { ...attempt, calledHandler, error },
      work,
      deps,
    );
  }
}

async function handleInTransaction(
  tx: Tx,
  options: {
    message: IncomingMessage;
    attempt: Attempt;
    onHandler(handlerId: string): void;
  },
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<{ end: MessageEnd; outcome: ProcessingOutcome }> {
  const { message, attempt, onHandler } = options;
  const thread = await resolveThread(tx, deps.threads, message);
  const results = await deliverMessage(tx, deps, {
    message,
    thread,
    bindings: work.bindings,
    signal: work.signal,
    onHandler,
  });
  const trace = [
    ...attempt.trace,
    passed(
      'thread',
      thread.isReply
        ? 'It belongs to a conversation'
        : 'It begins a conversation',
    ),
    ...(results.length > 0
      ? results.map(({ handlerId, outcome }) => describe(handlerId, outcome))
      : [stopped('handle', NO_HANDLER)]),
  ];
  const outcome = summarize(results.map(result => result.outcome));
  const end: MessageEnd = {
    state: outcome.kind,
    head: attempt.head,
    trace,
    ...(outcome.kind === 'done' && { target: outcome.target }),
  };
  return { end, outcome };
}

// The mail log has room for one target; the trace has them all.
function summarize(outcomes: readonly HandlerOutcome[]) {
  for (const outcome of outcomes) {
    if (outcome.kind !== 'ignored') {
      return { kind: 'done' as const, target: outcome.target };
    }
  }
  const reasons = outcomes.map(outcome =>
    outcome.kind === 'ignored' ? outcome.reason : '',
  );
  return { kind: 'ignored' as const, reason: reasons[0] ?? NO_HANDLER };
}

function describe(handlerId: string, outcome: HandlerOutcome): TraceStep {
  return outcome.kind === 'ignored'
    ? stopped('handle', `${handlerId}: ${outcome.reason}`)
    : passed('handle', `${handlerId}: ${outcome.kind} ${outcome.target}`);
}

function describeParts(message: IncomingMessage): string {
  const { length } = message.attachments;
  if (length === 0) {
    return 'Read, without attachments';
  }
  return length === 1 ? 'Read, 1 attachment' : `Read, ${length} attachments`;
}

/** Has a mail that failed wait for its next attempt, or quarantines it after the last. */
async function settleFailure(
  message: IncomingMessage,
  failing: Attempt & { calledHandler?: string; error: unknown },
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<ProcessingOutcome> {
  const { attempt, head, error } = failing;
  const { failure, reason } = judgeFailure(error, failing.calledHandler);
  const trace = [...failing.trace, failed('handle', reason)];
  const dueInMs = delayAfterAttempt(attempt);
  if (dueInMs === undefined) {
    return finishQuarantined(message, work, deps, {
      failure,
      head,
      trace,
      cause: error,
    });
  }
  await inTransaction(deps.db, async tx => {
    await holdLease(tx, work.ticket);
    await deps.inbox.postpone(tx, message.id, {
      dueInMs,
      head,
      trace,
      failure,
    });
  });
  return { kind: 'postponed', failure, attempt, dueInMs, cause: error };
}

// What an error says may be part of the mail, so the mail log gets a sentence
// of ours and the backend's log the error.
function judgeFailure(
  error: unknown,
  calledHandler: string | undefined,
): { failure: FailureCode; reason: string } {
  if (calledHandler === undefined) {
    return { failure: 'internal-error', reason: 'Storing the result failed' };
  }
  if (error instanceof HandlerMissingError) {
    return {
      failure: 'handler-failed',
      reason: `${calledHandler}: not installed. Install the module that brings it, or bind another handler`,
    };
  }
  return error instanceof HandlerTimedOutError
    ? {
        failure: 'handler-timed-out',
        reason: `${calledHandler}: did not end in time`,
      }
    : { failure: 'handler-failed', reason: `${calledHandler}: failed` };
}

async function finishQuarantined(
  message: { readonly id: string },
  work: MailboxWork,
  deps: ProcessMessageDeps,
  options: {
    failure: FailureCode;
    head: MessageHead;
    trace: TraceStep[];
    cause?: unknown;
  },
): Promise<ProcessingOutcome> {
  const { failure, head, trace, cause } = options;
  await inTransaction(deps.db, async tx => {
    await holdLease(tx, work.ticket);
    await deps.inbox.finish(tx, message.id, {
      state: 'quarantined',
      head,
      trace,
      failure,
    });
  });
  return {
    kind: 'quarantined',
    failure,
    ...(cause !== undefined && { cause }),
  };
}
