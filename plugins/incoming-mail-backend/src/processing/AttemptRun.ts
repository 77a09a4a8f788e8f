// SPDX-License-Identifier: Apache-2.0
import { TraceStep } from '@postroom/plugin-incoming-mail-common';
import {
  HandlerOutcome,
  IncomingMessage,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import {
  Db,
  holdLease,
  inTransaction,
  isOutage,
  LeaseLostError,
  LeaseTicket,
  Tx,
} from '../database';
import { AttemptStore, MessageHead, RawMailStore } from '../inbox';
import { HandlerBinding, Mailbox } from '../mailboxes';
import { delayAfterAttempt } from './attempts';
import {
  BindingResult,
  listFailed,
  summarize,
  toTrace,
} from './handle/bindingResults';
import { DeliveryDeps, deliverToBinding } from './handle/deliverToBinding';
import { HandlerSettingsError } from './handle/HandlerRegistry';
import { judgeHandlerFailure } from './handle/judgeHandlerFailure';
import { toHandlerMailbox } from './handle/toHandlerMailbox';
import { Parser } from './parse/Parser';
import { postpone } from './postpone';
import { setAside } from './setAside';
import { resolveThread } from './thread/resolveThread';
import { ThreadStore } from './thread/ThreadStore';
import { ProcessingOutcome } from './types';

/** What processing a mail needs. */
export interface ProcessMessageDeps extends DeliveryDeps {
  readonly db: Db;
  readonly attempts: AttemptStore;
  readonly rawMails: RawMailStore;
  readonly threads: ThreadStore;
  readonly parser: Parser;
}

/** What the mails of a mailbox have in common while its lease is held. */
export interface MailboxWork {
  readonly ticket: LeaseTicket;
  readonly mailbox: Mailbox;
  /** In the order in which they are called. */
  readonly bindings: readonly HandlerBinding[];
  /** Aborted when the lease may be lost, or the backend stops. */
  readonly signal: AbortSignal;
}

/** What is known of an attempt once the mail has been read. */
export interface Attempt {
  readonly attempt: number;
  readonly head: MessageHead;
  readonly trace: readonly TraceStep[];
}

/** One attempt at a mail that has been read, binding after binding. */
export class AttemptRun {
  readonly #message: IncomingMessage;
  readonly #attempt: Attempt;
  readonly #work: MailboxWork;
  readonly #deps: ProcessMessageDeps;
  /** Settled by an earlier attempt or binding. */
  #threadId: string | undefined;
  #thread: MessageThread | undefined;
  /** What the database said amid the last transaction, where it cannot serve. */
  #outage: unknown;

  constructor(options: {
    message: IncomingMessage;
    attempt: Attempt;
    threadId: string | undefined;
    work: MailboxWork;
    deps: ProcessMessageDeps;
  }) {
    this.#message = options.message;
    this.#attempt = options.attempt;
    this.#threadId = options.threadId;
    this.#work = options.work;
    this.#deps = options.deps;
  }

  /** @throws LeaseLostError */
  async handle(): Promise<ProcessingOutcome> {
    const { bindings, signal } = this.#work;
    if (signal.aborted) {
      return { kind: 'aborted' };
    }
    if (bindings.length === 0) {
      return this.#transaction(tx => this.#finish(tx, []));
    }
    const results: BindingResult[] = [];
    for (const [index, binding] of bindings.entries()) {
      const ending = index === bindings.length - 1 ? results : undefined;
      const step = await this.#call(binding, ending);
      if (step.kind === 'ended') {
        return step.outcome;
      }
      if (step.kind === 'failed' && this.#outage !== undefined) {
        return { kind: 'put-off', cause: this.#outage };
      }
      if (signal.aborted) {
        // Neither the mail nor its handler is to blame.
        return { kind: 'aborted' };
      }
      results.push(step);
    }
    return this.#settleFailures(results);
  }

  /**
   * Has one binding work on the mail, in a transaction of its own.
   *
   * @param before - the results of all others where this is the last binding;
   *   if all are done, the same transaction ends the mail
   */
  async #call(
    binding: HandlerBinding,
    before: readonly BindingResult[] | undefined,
  ): Promise<
    BindingResult | { readonly kind: 'ended'; outcome: ProcessingOutcome }
  > {
    const { handlerId } = binding;
    const isLast = before !== undefined && listFailed(before).length === 0;
    // The handler's failures are told from ours.
    let isHandling = false;
    let called = false;
    try {
      return await this.#transaction(async tx => {
        called = false;
        const thread = await this.#resolveThread(tx);
        isHandling = true;
        const outcome = await this.#deliver(tx, binding, thread, () => {
          called = true;
        });
        isHandling = false;
        const result = { kind: 'finished', handlerId, outcome } as const;
        return isLast
          ? {
              kind: 'ended' as const,
              outcome: await this.#finish(tx, [...before, result]),
            }
          : result;
      });
    } catch (error) {
      if (error instanceof LeaseLostError) {
        throw error;
      }
      return {
        kind: 'failed',
        handlerId,
        why: judgeHandlerFailure(error, handlerId, isHandling && called),
        cause:
          error instanceof HandlerSettingsError ? error.thrown ?? error : error,
      };
    }
  }

  /** What is done in it is proven to be the lease holder's, and told once it stands. */
  async #transaction<T extends object>(
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    let thread: MessageThread | undefined;
    const done = await inTransaction<T | undefined>(this.#deps.db, async tx => {
      this.#thread = undefined;
      this.#outage = undefined;
      // Told by the database itself: whatever a handler throws is its own word.
      tx.on('query-error', (error: unknown) => {
        if (isOutage(error)) {
          this.#outage = error;
        }
      });
      await holdLease(tx, this.#work.ticket);
      const result = await work(tx);
      thread = this.#thread;
      return result;
    });
    if (!done) {
      throw new Error('A handler ended the transaction that it was lent');
    }
    this.#threadId = thread?.id ?? this.#threadId;
    return done;
  }

  async #resolveThread(tx: Tx): Promise<MessageThread> {
    const { attempts, threads } = this.#deps;
    const message = this.#message;
    const thread = await resolveThread(tx, threads, message, this.#threadId);
    if (this.#threadId === undefined) {
      await attempts.setThread(tx, message.id, thread.id);
    }
    this.#thread = thread;
    return thread;
  }

  async #deliver(
    tx: Tx,
    binding: HandlerBinding,
    thread: MessageThread,
    onCall: () => void,
  ): Promise<HandlerOutcome> {
    return deliverToBinding(tx, this.#deps, {
      message: this.#message,
      thread,
      mailbox: toHandlerMailbox(this.#work.mailbox),
      binding,
      dryRun: false,
      signal: this.#work.signal,
      onCall,
    });
  }

  /** Ends the mail, all of whose bindings are done. */
  async #finish(
    tx: Tx,
    results: readonly BindingResult[],
  ): Promise<ProcessingOutcome> {
    const thread = this.#thread ?? (await this.#resolveThread(tx));
    const { head, trace } = this.#attempt;
    const outcome = summarize(results);
    await this.#deps.attempts.finish(tx, this.#message.id, {
      state: outcome.kind,
      head,
      trace: [...trace, ...toTrace(thread, results)],
      ...(outcome.kind === 'done' && { target: outcome.target }),
    });
    return outcome;
  }

  /** Has the mail wait for its next attempt, or sets it aside after the last. */
  async #settleFailures(
    results: readonly BindingResult[],
  ): Promise<ProcessingOutcome> {
    const failures = listFailed(results);
    const { attempt, head } = this.#attempt;
    const trace = [...this.#attempt.trace, ...toTrace(this.#thread, results)];
    // One that may succeed is given its attempts first.
    const first = failures.find(({ why }) => !why.isFinal) ?? failures[0];
    const { failure, isFinal } = first.why;
    const dueInMs = isFinal ? undefined : delayAfterAttempt(attempt);
    if (dueInMs === undefined) {
      return setAside(this.#message.id, this.#work.ticket, this.#deps, {
        state: isFinal ? 'held' : 'quarantined',
        failure,
        head,
        trace,
        cause: first.cause,
      });
    }
    return postpone(this.#message.id, this.#work.ticket, this.#deps, {
      attempt,
      dueInMs,
      failure,
      head,
      trace,
      cause: first.cause,
    });
  }
}
