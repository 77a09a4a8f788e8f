// SPDX-License-Identifier: Apache-2.0
import { TraceStep } from '@postroom/plugin-incoming-mail-common';
import {
  HandlerOutcome,
  IncomingMessage,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import { Tx } from '../database';
import { MessageEnd, WaitingMessage } from '../inbox';
import { MailboxWork, ProcessMessageDeps } from './AttemptRun';
import { BindingResult, summarize, toTrace } from './handle/bindingResults';
import { callHandlerTogether } from './handle/deliverToBinding';
import { toHandlerMailbox } from './handle/toHandlerMailbox';
import { BegunMessage, toReadingTrace } from './processMessage';
import { resolveThreads } from './thread/resolveThreads';
import { ProcessingOutcome } from './types';

/** After so long no further mail joins a transaction. */
const MAX_TRANSACTION_MS = 1_000;

/** Mails of a batch, counted and read. */
export type BegunBatch = readonly BegunMessage[];

/** How an attempt at a mail of a batch ended. */
export interface BatchResult {
  readonly waiting: WaitingMessage;
  readonly outcome: ProcessingOutcome;
}

type Delivered = {
  messageId: string;
  bindingId: string;
  outcome: HandlerOutcome;
};

/** The part of a batch's transaction that follows the proof of the lease. */
export class SharedTransaction {
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
    const { attempts, deliveries } = this.#deps;
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
    await attempts.finishAll(this.#tx, this.#ends);
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
    for (const begun of part) {
      const { waiting, reading } = begun;
      const trace = toReadingTrace(begun);
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
