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
import { callHandlerTogether } from './handle/deliverToBinding';
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
  { inbox, parser }: ProcessMessageDeps,
): Promise<BegunBatch> {
  const ids = batch.map(({ id }) => id);
  const attempts = await inbox.startAttempts(ticket, ids);
  const raws = await inbox.readRaws(ids);
  const begun: BegunMessage[] = [];
  for (const waiting of batch) {
    const reading = await readMessage(waiting, mailbox, {
      inbox: { readRaw: async id => raws.get(id)! },
      parser,
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
    const some = together ? beforeGivenUp(rest) : [];
    const results: BatchResult[] =
      some.length > 0
        ? await tryTogether(some, work, deps)
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
    const { inbox, deliveries } = this.#deps;
    const threads = await this.#resolveThreads(batch);
    const parts = this.#partsOf(batch);
    const startedAt = performance.now();
    for (const part of parts) {
      await this.#handlePart(part, threads);
      if (performance.now() - startedAt > MAX_TRANSACTION_MS) {
        break;
      }
    }
    await deliveries.addAll(this.#tx, this.#deliveries);
    await inbox.finishAll(this.#tx, this.#ends);
    return this.#results;
  }

  // Several handlers are called mail by mail; one that can take several mails
  // gets them all.
  #partsOf(batch: BegunBatch): BegunBatch[] {
    const { bindings } = this.#work;
    const [binding] = bindings;
    const takesAll =
      bindings.length === 1 &&
      this.#deps.registry.find(binding.handlerId)?.handleTogether !== undefined;
    return takesAll ? [batch] : batch.map(begun => [begun]);
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

  async #handlePart(
    part: BegunBatch,
    threads: ReadonlyMap<string, MessageThread>,
  ): Promise<void> {
    const messages = part.flatMap(({ reading }) =>
      reading.kind === 'read' ? [reading.message] : [],
    );
    const results = await this.#callHandlers(messages, threads);
    for (const { waiting, attempt, reading } of part) {
      const trace = toReadingTrace(attempt, reading);
      const { head } = reading;
      if (reading.kind !== 'read') {
        const { failure } = reading;
        const state = 'quarantined';
        this.#ends.push({ id: waiting.id, state, failure, head, trace });
        this.#results.push({ waiting, outcome: { kind: state, failure } });
      } else {
        this.#end(waiting, {
          head,
          trace,
          thread: threads.get(waiting.id)!,
          results: results.get(waiting.id) ?? [],
        });
      }
    }
  }

  /** @returns the results of all bindings, by the mail's id */
  async #callHandlers(
    messages: readonly IncomingMessage[],
    threads: ReadonlyMap<string, MessageThread>,
  ): Promise<ReadonlyMap<string, BindingResult[]>> {
    const { mailbox, bindings, signal } = this.#work;
    const results = new Map<string, BindingResult[]>();
    for (const binding of messages.length > 0 ? bindings : []) {
      const outcomes = await callHandlerTogether(
        this.#tx,
        this.#deps,
        messages.map(message => ({
          message,
          thread: threads.get(message.id)!,
          mailbox: toHandlerMailbox(mailbox),
          binding,
          dryRun: false,
          signal,
        })),
      );
      for (const [index, { id: messageId }] of messages.entries()) {
        const outcome = outcomes[index];
        const { id: bindingId, handlerId } = binding;
        this.#deliveries.push({ messageId, bindingId, outcome });
        results.set(messageId, [
          ...(results.get(messageId) ?? []),
          { kind: 'finished', handlerId, outcome },
        ]);
      }
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
