// SPDX-License-Identifier: Apache-2.0
import { inTransaction, holdLease, LeaseLostError } from '../database';
import { WaitingMessage } from '../inbox';
import { MailboxWork, ProcessMessageDeps } from './AttemptRun';
import { BegunMessage, handleReading } from './processMessage';
import { readMessages } from './readMessage';
import {
  BatchResult,
  BegunBatch,
  SharedTransaction,
} from './SharedTransaction';
import { ProcessingOutcome } from './types';

export type { BatchResult, BegunBatch } from './SharedTransaction';

// Several mails in one transaction
//
// A commit costs more than everything else that is done with a mail. So first
// attempts at mails that wait together share one, where every handler allows
// it by its `sharesTransaction`:
// - the attempts are counted and committed before the first of them is read;
//   whoever dies of one of them has them tried one by one, as only first
//   attempts are batched;
// - the transaction proves the lease and holds all that becomes of all of them,
//   in their order. It commits whole or not at all;
// - where anything in it throws, nothing of it stands, and the same attempts go
//   on mail by mail (`processMessage`): what fails then fails alone;
// - it ends early where handlers are slow, so that the lease can be renewed.

/** Whether attempts at mails may share a transaction; if not, each has its own. */
export function mayShareTransaction(
  { bindings }: MailboxWork,
  { registry }: ProcessMessageDeps,
): boolean {
  return bindings.every(
    ({ handlerId }) => registry.find(handlerId)?.sharesTransaction === true,
  );
}

/** Counts attempts at mails and reads them. @throws LeaseLostError */
export async function beginBatch(
  batch: readonly WaitingMessage[],
  { ticket, mailbox }: MailboxWork,
  { attempts, rawMails, parser }: ProcessMessageDeps,
): Promise<BegunBatch> {
  const ids = batch.map(({ id }) => id);
  const counts = await attempts.startAll(ticket, ids);
  const raws = await rawMails.readAll(ids);
  const readings = await readMessages(
    batch.map(waiting => ({
      waiting,
      raw: raws.get(waiting.id) ?? Buffer.alloc(0),
    })),
    mailbox,
    parser,
  );
  return batch.map((waiting, at) => ({
    waiting,
    attempt: counts.get(waiting.id)!,
    reading: readings[at],
  }));
}

/**
 * Goes on with the mails of a batch in order, together as far as that goes.
 * Yields what became of each once that stands. The last outcome is one that
 * {@link endsWork} where the work may not go on.
 */
export async function* finishBatch(
  batch: BegunBatch,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): AsyncGenerator<BatchResult> {
  let rest = batch;
  let together = true;
  while (rest.length > 0) {
    const some = together ? beforeGivenUp(rest) : [];
    const results: BatchResult[] =
      some.length > 0
        ? await tryTogether(some, work, deps)
        : [await tryAlone(rest[0], work, deps)];
    together &&= results.length > 0;
    yield* results;
    const last = results.at(-1);
    if (last && endsWork(last.outcome)) {
      return;
    }
    rest = rest.slice(results.length);
  }
}

/** Whether an outcome says that the mailbox's mail is not to be gone on with. */
export function endsWork({ kind }: ProcessingOutcome): boolean {
  return kind === 'lease-lost' || kind === 'aborted' || kind === 'put-off';
}

/** The mails before the first one that has to wait for another attempt. */
function beforeGivenUp(batch: BegunBatch): BegunBatch {
  const at = batch.findIndex(({ reading }) => reading.kind === 'given-up');
  return at < 0 ? batch : batch.slice(0, at);
}

async function tryAlone(
  begun: BegunMessage,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<BatchResult> {
  const { waiting } = begun;
  return {
    waiting,
    outcome: await orLeaseLost(() => handleReading(begun, work, deps)),
  };
}

/** @returns what became of the first mails; nothing where they need to be tried alone */
async function tryTogether(
  batch: BegunBatch,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): Promise<BatchResult[]> {
  const [{ waiting }] = batch;
  if (work.signal.aborted) {
    return [{ waiting, outcome: { kind: 'aborted' } }];
  }
  try {
    const results = await inTransaction<BatchResult[] | undefined>(
      deps.db,
      async tx => {
        await holdLease(tx, work.ticket);
        return new SharedTransaction(tx, work, deps).handle(batch);
      },
    );
    return results ?? [];
  } catch (error) {
    if (error instanceof LeaseLostError) {
      return [{ waiting, outcome: { kind: 'lease-lost' } }];
    }
    // Whose fault it is will be seen.
    return work.signal.aborted
      ? [{ waiting, outcome: { kind: 'aborted' } }]
      : [];
  }
}

async function orLeaseLost(
  attempt: () => Promise<ProcessingOutcome>,
): Promise<ProcessingOutcome> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof LeaseLostError) {
      return { kind: 'lease-lost' };
    }
    throw error;
  }
}
