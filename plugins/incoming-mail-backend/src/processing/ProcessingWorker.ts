// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  Db,
  claimDue,
  LeaseLostError,
  LeaseTicket,
  releaseLease,
  toSafeError,
  workWithLease,
} from '../database';
import {
  AttemptStore,
  MessageQueueStore,
  RawMailStore,
  WaitingMessage,
} from '../inbox';
import { Pipeline, startPipeline } from '../lib';
import { DeliveryStore } from './handle/DeliveryStore';
import { HandlerRegistry } from './handle/HandlerRegistry';
import { MailboxWork, ProcessMessageDeps } from './AttemptRun';
import {
  BatchResult,
  beginBatch,
  BegunBatch,
  endsWork,
  finishBatch,
  mayShareTransaction,
} from './BatchRun';
import { BegunAttempts } from './BegunAttempts';
import { processMessage } from './processMessage';
import { Parser } from './parse/Parser';
import { ThreadStore } from './thread/ThreadStore';
import { toBatches } from './toBatches';
import {
  MailboxDirectory,
  OnProcessingOutcome,
  ProcessingOutcome,
} from './types';

// The protocol of a worker
//
// Mail of one mailbox is handled strictly in the order of its acceptance, by
// one worker over all replicas: whoever holds the mailbox's lease of kind
// `process`. Storing a mail makes the lease due.
//
//   claim   a due lease; it gives a ticket
//   work    list what waits, oldest first; first attempts in batches (see
//           BatchRun), other mails one by one by processMessage. All their
//           transactions begin by proving the ticket; until nothing is due
//   renew   meanwhile, by `workWithLease`
//   release with the time of the next postponed mail, if there is one; what was
//           stored meanwhile has the lease due at once
//
// Where the database cannot serve amid the work, the mailbox rests a while: no
// mail could be handled, and none is to blame.
//
// A mail that fails is postponed and those after it go on: order is kept among
// mails that succeed. A worker that dies keeps nothing: its lease runs out and
// the mails are still waiting. One that only stalls and comes back finds its
// ticket taken, and what it has not committed is undone.
//
// While a handler's transaction is open it locks the lease against other
// claims, and a renewal waits for it. One handler must therefore take less
// than five sixths of the lease's duration, for which a renewal is trusted, or
// each attempt at it is given up; between two handlers the lease is renewed.

/** How many waiting mails are looked up at a time. */
const LIST_SIZE = 1_000;
/** How many of them may share a transaction, and how large they are together. */
const BATCH_COUNT = 200;
const BATCH_BYTES = 8 * 1_048_576;
/** How long a mailbox rests when the database failed amid its work. */
const REST_AFTER_ERROR_MS = 5_000;

const entries = {
  quarantined: 'A mail could not be handled and is kept for review',
  held: 'A mail is held until its handler and the settings are right',
  postponed: 'A mail could not be handled and is tried again later',
  'put-off':
    'The database cannot serve: a mail is handled when it can, and the attempt does not count',
} as const;

/** What a worker is made of. */
export interface ProcessingWorkerOptions {
  readonly db: Db;
  readonly attempts: AttemptStore;
  readonly queue: MessageQueueStore;
  readonly rawMails: RawMailStore;
  readonly mailboxes: MailboxDirectory;
  readonly registry: HandlerRegistry;
  readonly parser: Parser;
  readonly logger: LoggerService;
  /** Names this replica in the lease; at most 64 characters. */
  readonly holder: string;
  readonly leaseMs: number;
  /** The most mailboxes at a time. */
  readonly concurrency: number;
  readonly handlerTimeoutMs: number;
  readonly onOutcome?: OnProcessingOutcome;
  /** Runs the work on a mailbox within whatever observes it. */
  observeWork?(
    work: () => Promise<number | undefined>,
  ): Promise<number | undefined>;
}

/**
 * Turns stored mail into whatever its handlers make of it. Does nothing until
 * it is woken, and has no timer that wakes it: the scheduler's tick does, and
 * whoever stored mail.
 */
export class ProcessingWorker {
  readonly #options: ProcessingWorkerOptions;
  readonly #deps: ProcessMessageDeps;
  readonly #pipeline: Pipeline;

  constructor(options: ProcessingWorkerOptions) {
    this.#options = options;
    this.#deps = {
      ...options,
      threads: new ThreadStore(),
      deliveries: new DeliveryStore(),
    };
    this.#pipeline = startPipeline<LeaseTicket>({
      capacity: () => options.concurrency,
      load: limit => this.#claim(limit),
      run: (ticket, signal) => this.#run(ticket, signal),
      onLoadError: error =>
        options.logger.error(
          'Mailboxes with waiting mail could not be claimed',
          toSafeError(error),
        ),
    });
  }

  /** Looks for mailboxes with waiting mail soon. Cheap; call it on each tick and after storing mail. */
  wake(): void {
    this.#pipeline.wake();
  }

  /** Resolves when nothing is being worked on. */
  async idle(): Promise<void> {
    await this.#pipeline.idle();
  }

  /**
   * Takes no more mailboxes and gives up those under work: a running handler
   * sees its signal, its mail stays due. Resolves when all leases are
   * given back.
   */
  async stop(): Promise<void> {
    await this.#pipeline.stop();
  }

  async #claim(limit: number): Promise<LeaseTicket[]> {
    const { db, holder, leaseMs } = this.#options;
    return claimDue(db, {
      kind: 'process',
      holder,
      limit,
      durationMs: leaseMs,
    });
  }

  async #run(ticket: LeaseTicket, stopping: AbortSignal): Promise<void> {
    const { db, leaseMs } = this.#options;
    const logger = this.#options.logger.child({ mailboxId: ticket.subjectId });
    try {
      const dueInMs = await workWithLease(
        db,
        ticket,
        { durationMs: leaseMs, signal: stopping },
        signal => this.#observed(ticket, { signal, stopping }),
      );
      await releaseLease(db, ticket, dueInMs);
    } catch (error) {
      logger.error(
        'The waiting mail of a mailbox could not be worked on',
        toSafeError(error),
      );
      await this.#rest(ticket, logger);
    }
  }

  #observed(
    ticket: LeaseTicket,
    signals: { signal: AbortSignal; stopping: AbortSignal },
  ): Promise<number | undefined> {
    const work = () => this.#work(ticket, signals);
    return this.#options.observeWork?.(work) ?? work();
  }

  /**
   * Works on a mailbox until nothing of it is due.
   *
   * @returns in how many milliseconds there is more to do; undefined: not
   *   before it is scheduled
   */
  async #work(
    ticket: LeaseTicket,
    { signal, stopping }: { signal: AbortSignal; stopping: AbortSignal },
  ): Promise<number | undefined> {
    const { queue, mailboxes } = this.#options;
    const mailboxId = ticket.subjectId;
    while (!signal.aborted) {
      // Read anew for each batch: settings may change while a backlog is
      // worked off.
      const mailbox = await mailboxes.findById(mailboxId);
      if (mailbox?.pausedAt) {
        // Resuming it has its mail handled again.
        return undefined;
      }
      const waiting = await queue.listWaiting(mailboxId, LIST_SIZE);
      if (!mailbox || waiting.length === 0) {
        return queue.nextAttemptInMs(mailboxId);
      }
      const bindings = await mailboxes.listBindings(mailboxId);
      const work = { ticket, mailbox, bindings, signal };
      const attempts = new BegunAttempts();
      const end = await this.#process(waiting, work, attempts);
      if (stopping.aborted || end === 'put-off') {
        await this.#giveBack(ticket, await attempts.givenUp());
      }
      if (end === 'put-off') {
        return REST_AFTER_ERROR_MS;
      }
      if (end === 'given-up') {
        break;
      }
    }
    return 0;
  }

  // A backend that stops in good order is no attempt, and neither is one at
  // which the database could not serve. One that is killed, or
  // loses the lease because a handler takes too long, is: the mail may be why.
  async #giveBack(ticket: LeaseTicket, messageIds: readonly string[]) {
    if (messageIds.length === 0) {
      return;
    }
    try {
      await this.#options.attempts.takeBack(ticket, messageIds);
    } catch (error) {
      this.#options.logger.debug(
        'Attempts that were given up stay counted',
        toSafeError(error),
      );
    }
  }

  /**
   * Works on mails in order. While the mails of one batch are handled, those of
   * the next are read.
   *
   * @returns `done` where the work may go on; `put-off` where it may after a
   *   while
   */
  async #process(
    waiting: readonly WaitingMessage[],
    work: MailboxWork,
    attempts: BegunAttempts,
  ): Promise<'done' | 'given-up' | 'put-off'> {
    const batches = toBatches(waiting, {
      maxCount: mayShareTransaction(work, this.#deps) ? BATCH_COUNT : 1,
      maxBytes: BATCH_BYTES,
    });
    let begun: Promise<BegunBatch> | undefined;
    for (const [index, batch] of batches.entries()) {
      if (work.signal.aborted) {
        return 'given-up';
      }
      const current = begun ?? this.#begin(batch, work, attempts);
      begun = undefined;
      const ready = current && (await orLost(current));
      if (ready === 'lost') {
        return 'given-up';
      }
      begun = this.#begin(batches[index + 1], work, attempts);
      const results = ready
        ? finishBatch(ready, work, this.#deps)
        : this.#processAlone(batch, work);
      for await (const { waiting: message, outcome } of results) {
        this.#record(outcome, message);
        attempts.end(message.id, outcome);
        if (endsWork(outcome)) {
          return outcome.kind === 'put-off' ? 'put-off' : 'given-up';
        }
      }
    }
    return 'done';
  }

  /** Begins with a batch of several; one mail alone needs no such thing. */
  #begin(
    batch: readonly WaitingMessage[] = [],
    work: MailboxWork,
    attempts: BegunAttempts,
  ): Promise<BegunBatch> | undefined {
    if (batch.length < 2) {
      return undefined;
    }
    const begun = beginBatch(batch, work, this.#deps);
    // Heard of when its turn comes, if it does.
    begun.catch(() => {});
    attempts.begin(begun);
    return begun;
  }

  async *#processAlone(
    batch: readonly WaitingMessage[],
    work: MailboxWork,
  ): AsyncGenerator<BatchResult> {
    for (const waiting of batch) {
      const outcome = await processMessage(waiting, work, this.#deps);
      yield { waiting, outcome };
    }
  }

  #record(outcome: ProcessingOutcome, message: WaitingMessage) {
    const logger = this.#options.logger.child({
      mailboxId: message.mailboxId,
      messageId: message.id,
    });
    if ('failure' in outcome) {
      // The cause goes in as the error that it is, so that the backend's log
      // has its stack.
      const { failure, cause } = outcome;
      logger
        .child({ failure })
        .warn(
          entries[outcome.kind],
          cause === undefined ? undefined : toSafeError(cause),
        );
    } else if (outcome.kind === 'put-off') {
      logger.error(entries['put-off'], toSafeError(outcome.cause));
    } else {
      logger.debug('A mail was worked on', { outcome: outcome.kind });
    }
    this.#options.onOutcome?.(outcome, message);
  }

  // A lease that cannot be given back either runs out by itself.
  async #rest(ticket: LeaseTicket, logger: LoggerService) {
    try {
      await releaseLease(this.#options.db, ticket, REST_AFTER_ERROR_MS);
    } catch (error) {
      logger.debug(
        'The right to work on a mailbox is left to run out',
        toSafeError(error),
      );
    }
  }
}

async function orLost(
  begun: Promise<BegunBatch>,
): Promise<BegunBatch | 'lost'> {
  try {
    return await begun;
  } catch (error) {
    if (error instanceof LeaseLostError) {
      return 'lost';
    }
    throw error;
  }
}
