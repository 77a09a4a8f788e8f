// SPDX-License-Identifier: Apache-2.0
import { TraceStep } from '@postroom/plugin-incoming-mail-common';
import {
  HandlerOutcome,
  IncomingMessage,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import { holdLease, inTransaction, LeaseLostError, Tx } from '../database';
import { MessageEnd, WaitingMessage } from '../inbox';
import { MailboxWork, ProcessMessageDeps } from './AttemptRun';
import { BindingResult, summarize, toTrace } from './handle/bindingResults';
import { callHandler } from './handle/deliverToBinding';
import { toHandlerMailbox } from './handle/toHandlerMailbox';
import { BegunMessage, handleReading, toReadingTrace } from './processMessage';
import { readMessage } from './readMessage';
import { resolveThreads } from './thread/resolveThreads';
import { ProcessingOutcome } from './types';

// Several mails in one transaction
//
// A commit costs more than everything else that is done with a mail. So first
// attempts at mails that wait together share one, as long as all handlers allow
// it (`MailHandler.sharesTransaction`):
// - the attempts are counted and committed before the first of them is read;
//   whoever dies of one of them has them tried one by one, as only first
//   attempts are batched;
// - the transaction proves the lease and holds all that becomes of all of them,
//   in their order. It commits whole or not at all;
// - where anything in it throws, nothing of it stands, and the same attempts go
//   on mail by mail (`processMessage`): what fails then fails alone;
// - it ends early where handlers are slow, so that the lease can be renewed.

/** After so long no further mail joins a transaction. */
const MAX_TRANSACTION_MS = 1_000;

/** Mails of a batch, counted and read. */
export type BegunBatch = readonly BegunMessage[];

/** How an attempt at a mail of a batch ended. */
export interface BatchResult {
  readonly waiting: WaitingMessage;
  readonly outcome: ProcessingOutcome;
}

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
  { inbox }: ProcessMessageDeps,
): Promise<BegunBatch> {
  const ids = batch.map(({ id }) => id);
  const attempts = await inbox.startAttempts(ticket, ids);
  const raws = await inbox.readRaws(ids);
  const begun: BegunMessage[] = [];
  for (const waiting of batch) {
    const reading = await readMessage(waiting, mailbox, {
      readRaw: async id => raws.get(id)!,
    });
    begun.push({ waiting, attempt: attempts.get(waiting.id)!, reading });
  }
  return begun;
}

/**
 * Goes on with the mails of a batch in order, together as far as that goes.
 * Yields what became of each once that stands. The last outcome is `lease-lost`
 * or `aborted` where the work may not go on.
 */
export async function* finishBatch(
  batch: BegunBatch,
  work: MailboxWork,
  deps: ProcessMessageDeps,
): AsyncGenerator<BatchResult> {
  let rest = batch;
  let together = true;
  while (rest.length > 0) {
    const results: BatchResult[] = together
      ? await tryTogether(rest, work, deps)
      : [await tryAlone(rest[0], work, deps)];
    together &&= results.length > 0;
    yield* results;
    const last = results.at(-1)?.outcome.kind;
    if (last === 'lease-lost' || last === 'aborted') {
      return;
    }
    rest = rest.slice(results.length);
  }
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

type Delivered = {
  messageId: string;
  bindingId: string;
  outcome: HandlerOutcome;
};

class SharedTransaction {
  readonly #tx: Tx;
  readonly #work: MailboxWork;
  readonly #deps: ProcessMessageDeps;
  readonly #deliveries: Delivered[] = [];
  readonly #ends: Array<MessageEnd & { id: string; threadId?: string }> = [];
  readonly #results: BatchResult[] = [];

  constructor(tx: Tx, work: MailboxWork, deps: ProcessMessageDeps) {
    this.#tx = tx;
    this.#work = work;
    this.#deps = deps;
  }

  async handle(batch: BegunBatch): Promise<BatchResult[]> {
    const startedAt = performance.now();
    const { inbox, deliveries } = this.#deps;
    const threads = await this.#resolveThreads(batch);
    for (const begun of batch) {
      await this.#handleOne(begun, threads.get(begun.waiting.id));
      if (performance.now() - startedAt > MAX_TRANSACTION_MS) {
        break;
      }
    }
    await deliveries.addAll(this.#tx, this.#deliveries);
    await inbox.finishAll(this.#tx, this.#ends);
    return this.#results;
  }

  async #resolveThreads(
    batch: BegunBatch,
  ): Promise<ReadonlyMap<string, MessageThread>> {
    const messages = batch.flatMap(({ reading }) =>
      reading.kind === 'read' ? [reading.message] : [],
    );
    const threads = await resolveThreads(
      this.#tx,
      this.#deps.threads,
      messages,
    );
    return new Map(messages.map(({ id }, index) => [id, threads[index]]));
  }

  async #handleOne(
    { waiting, attempt, reading }: BegunMessage,
    thread: MessageThread | undefined,
  ): Promise<void> {
    const trace = toReadingTrace(attempt, reading);
    const { head } = reading;
    if (reading.kind === 'unusable' || !thread) {
      const failure =
        reading.kind === 'unusable' ? reading.failure : 'internal-error';
      const state = 'quarantined';
      this.#ends.push({ id: waiting.id, state, failure, head, trace });
      this.#results.push({ waiting, outcome: { kind: state, failure } });
      return;
    }
    const results = await this.#callHandlers(reading.message, thread);
    this.#end(waiting, { head, trace, thread, results });
  }

  async #callHandlers(
    message: IncomingMessage,
    thread: MessageThread,
  ): Promise<BindingResult[]> {
    const { mailbox, bindings, signal } = this.#work;
    const results: BindingResult[] = [];
    for (const binding of bindings) {
      const outcome = await callHandler(this.#tx, this.#deps, {
        message,
        thread,
        mailbox: toHandlerMailbox(mailbox),
        binding,
        dryRun: false,
        signal,
      });
      this.#deliveries.push({
        messageId: message.id,
        bindingId: binding.id,
        outcome,
      });
      const { handlerId } = binding;
      results.push({ kind: 'finished', handlerId, outcome });
    }
    return results;
  }

  #end(
    waiting: WaitingMessage,
    made: Pick<MessageEnd, 'head'> & {
      trace: readonly TraceStep[];
      thread: MessageThread;
      results: readonly BindingResult[];
    },
  ): void {
    const { head, trace, thread, results } = made;
    const outcome = summarize(results);
    this.#ends.push({
      id: waiting.id,
      threadId: thread.id,
      state: outcome.kind,
      head,
      trace: [...trace, ...toTrace(thread, results)],
      ...(outcome.kind === 'done' && { target: outcome.target }),
    });
    this.#results.push({ waiting, outcome });
  }
}
