// SPDX-License-Identifier: Apache-2.0
import { TraceStep } from '@postroom/plugin-incoming-mail-common';
import { LeaseLostError } from '../database';
import { WaitingMessage } from '../inbox';
import { AttemptRun, MailboxWork, ProcessMessageDeps } from './AttemptRun';
import { delayAfterAttempt, MAX_ATTEMPTS } from './attempts';
import { postpone } from './postpone';
import { MessageReading, readMessage } from './readMessage';
import { setAside } from './setAside';
import { failed, passed } from './steps';
import { ProcessingOutcome } from './types';

// Exactly once
//
// 1. The attempt is counted and committed before anything is done with the
//    mail: a mail that kills the process is counted too, and after MAX_ATTEMPTS
//    it is quarantined without another try.
// 2. For each binding that is not done with the mail, one transaction proves
//    that we still hold the mailbox, then holds all that the binding makes of
//    it: the conversation, what the handler writes through `tx`, the delivery.
//    It commits whole or not at all. The first one to commit settles the
//    conversation for those after it, and for later attempts.
// 3. The transaction of the last binding also ends the mail, where all others
//    are done: with one binding, everything that becomes of a mail is one
//    transaction. A process that dies before a commit leaves a waiting mail
//    whose finished bindings are not called again.
// 4. If a handler fails, nothing of it stands and the others are called all
//    the same. Then a small transaction, which proves the lease anew, has the
//    mail wait, holds or quarantines it. If that one fails as well, the mail
//    is simply due again.

const IMPORTED = 'Older mail that a person asked for: nobody is notified';

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
  waiting: WaitingMessage,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<ProcessingOutcome> {
  if (waiting.attempts >= MAX_ATTEMPTS) {
    const reason = `Begun ${waiting.attempts} times without an end: the process may have died of it`;
    return setAside(waiting.id, work.ticket, deps, {
      state: 'quarantined',
      failure: 'handler-failed',
      head: {},
      trace: [failed('attempt', reason)],
    });
  }
  const attempt = await deps.attempts.start(work.ticket, waiting.id);
  const reading = await readMessage(waiting, work.mailbox, deps);
  return handleReading({ waiting, attempt, reading }, work, deps);
}

/** A mail at which an attempt was begun, and that has been read. */
export interface BegunMessage {
  readonly waiting: WaitingMessage;
  readonly attempt: number;
  readonly reading: MessageReading;
}

/** Goes on with an attempt that was begun. @throws LeaseLostError */
export async function handleReading(
  { waiting, attempt, reading }: BegunMessage,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<ProcessingOutcome> {
  const { head } = reading;
  const trace = toReadingTrace({ waiting, attempt, reading });
  if (reading.kind !== 'read') {
    const { failure } = reading;
    const dueInMs =
      reading.kind === 'given-up' ? delayAfterAttempt(attempt) : undefined;
    const end = { failure, head, trace };
    return dueInMs === undefined
      ? setAside(waiting.id, work.ticket, deps, {
          ...end,
          state: 'quarantined',
        })
      : postpone(waiting.id, work.ticket, deps, { ...end, attempt, dueInMs });
  }
  const run = new AttemptRun({
    message: reading.message,
    attempt: { attempt, head, trace },
    threadId: waiting.threadId,
    work,
    deps,
  });
  return run.handle();
}

/** The steps of a trace up to the conversation. */
export function toReadingTrace({
  waiting,
  attempt,
  reading,
}: BegunMessage): TraceStep[] {
  return [
    passed('attempt', `Attempt ${attempt} of ${MAX_ATTEMPTS}`),
    ...(waiting.imported ? [passed('import', IMPORTED)] : []),
    reading.step,
  ];
}
