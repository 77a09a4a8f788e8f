// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  claimDue,
  LeaseLostError,
  releaseLease,
  toSafeError,
  workWithLease,
} from '../database';
import { Pipeline, sleep, startPipeline } from '../lib';
import { Mailbox } from '../mailboxes';
import { HostBreaker } from './HostBreaker';
import { KeptSessions, KeptVisit } from './KeptSessions';
import { MailboxConnection } from './MailboxConnection';
import { pollMailbox } from './pollMailbox';
import { nextVisitInMs } from './pollSchedule';
import { SlowLane } from './SlowLane';
import { PollDeps, PollOutcome } from './types';
import { VisitRecorder, VisitRecorderOptions } from './VisitRecorder';

// When a mailbox that found no place in the slow lane is looked at again.
const PUT_OFF_MS = 15_000;

// Servers near by answer in milliseconds, the large providers in a second or so.
const SLOW_AFTER_MS = 1_500;

// Of all visits at a time, those that may wait for their servers.
const SLOW_SHARE = 0.75;

/** What the dispatcher needs besides what a visit needs. */
export interface PollDispatcherOptions
  extends Omit<VisitRecorderOptions, 'deps'> {
  readonly deps: PollDeps;
  readonly logger: LoggerService;
  /** Names this replica in leases. */
  readonly holder: string;
  readonly leaseMs: number;
  /** The most visits at a time. */
  readonly concurrency: number;
  readonly visitTimeoutMs: number;
  /** The most connections that are kept between visits; 0: none. */
  readonly idleConnections: number;
  /** How often {@link PollDispatcher.tick} is called. */
  readonly tickMs: number;
  /** When a visit whose server has not answered gives up its place. */
  readonly slowAfterMs?: number;
  /** Told how each visit ended, for metrics; must not throw. */
  onOutcome(outcome: PollOutcome, durationMs: number): void;
  /** Told when a visit was given up as another replica took over; must not throw. */
  onLeaseLost?(): void;
  /** Runs a visit within whatever observes it. */
  observeVisit?(
    mailbox: Mailbox,
    visit: () => Promise<PollOutcome>,
  ): Promise<PollOutcome>;
  readonly random: () => number;
}

/**
 * Visits mailboxes that are due, a bounded number at a time. Every replica
 * runs one: the leases share the mailboxes out. After a visit the three
 * records are written: health (which is also where back-off counts), journal
 * and metrics.
 *
 * A connection may stay open after a visit (see {@link KeptSessions}): the
 * mailbox is then visited over it when it has news, and when it is due.
 *
 * Hosts that hang keep nobody waiting for long: visits whose server does not
 * answer give their places up (see {@link SlowLane}), mailboxes whose last
 * visit timed out never take one, and hosts that are down are left alone (see
 * {@link HostBreaker}). A mailbox that is put off for that is due again soon,
 * which is no failure and is recorded nowhere.
 */
export class PollDispatcher {
  readonly #options: PollDispatcherOptions;
  readonly #pipeline: Pipeline;
  readonly #breaker = new HostBreaker();
  readonly #slowLane: SlowLane;
  readonly #kept: KeptSessions;
  readonly #recorder: VisitRecorder;
  readonly #stopping = new AbortController();
  #claimsFirst = true;

  constructor(options: PollDispatcherOptions) {
    const { deps, holder, leaseMs, concurrency, logger } = options;
    this.#options = options;
    this.#recorder = new VisitRecorder(options);
    this.#slowLane = new SlowLane(
      Math.max(1, Math.floor(concurrency * SLOW_SHARE)),
    );
    this.#kept = new KeptSessions({
      db: deps.db,
      logger,
      holder,
      leaseMs,
      limit: options.idleConnections,
      onReady: () => this.wake(),
    });
    this.#pipeline = startPipeline<KeptVisit>({
      capacity: () => Math.max(1, concurrency - this.#slowLane.size),
      load: limit => this.#load(limit),
      run: (visit, signal) => this.#visit(visit, signal),
      onLoadError: error => this.#logFailedLook(error),
    });
  }

  /** Looks for mailboxes that are due. Returns at once. */
  wake(): void {
    this.#pipeline.wake();
  }

  /**
   * Looks after kept connections, then for mailboxes that are due. To be called
   * now and then. Never rejects.
   */
  async tick(): Promise<void> {
    try {
      await this.#kept.start();
      await this.#kept.look();
    } catch (error) {
      this.#logFailedLook(error);
    }
    // Replicas that look in step would leave everything to the first of them.
    const { random, tickMs } = this.#options;
    await sleep((random() * tickMs) / 2, this.#stopping.signal);
    this.wake();
  }

  /** Resolves when no visit is under way. */
  async idle(): Promise<void> {
    await this.#pipeline.idle();
    await this.#slowLane.idle();
    await this.#pipeline.idle();
    await this.#kept.idle();
  }

  /**
   * Ends all visits after what they are storing, and all connections; their
   * leases are released.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#pipeline.stop();
    await this.#slowLane.idle();
    await this.#kept.stop();
  }

  // Where there is too much to do, neither kind of visits waits for the other.
  async #load(limit: number): Promise<KeptVisit[]> {
    this.#claimsFirst = !this.#claimsFirst;
    if (this.#claimsFirst) {
      const claimed = await this.#claim(limit);
      return [...claimed, ...(await this.#kept.take(limit - claimed.length))];
    }
    const kept = await this.#kept.take(limit);
    return [...kept, ...(await this.#claim(limit - kept.length))];
  }

  async #claim(limit: number): Promise<KeptVisit[]> {
    const { deps, holder, leaseMs } = this.#options;
    const tickets = await claimDue(deps.db, {
      kind: 'poll',
      holder,
      limit,
      durationMs: leaseMs,
    });
    return tickets.map(ticket => ({
      ticket,
      connection: new MailboxConnection(this.#kept.hasRoom),
    }));
  }

  async #visit(visit: KeptVisit, signal: AbortSignal): Promise<void> {
    const { deps } = this.#options;
    const { ticket, connection } = visit;
    await this.#logged(visit, async () => {
      const mailbox = await deps.mailboxes.findById(ticket.subjectId);
      if (!mailbox || mailbox.pausedAt) {
        // Something had it visited all the same; resuming it does so again.
        await this.#release(visit);
        return;
      }
      const waitMs = connection.isOpen ? 0 : this.#waitMs(mailbox);
      if (waitMs > 0) {
        await this.#release(visit, waitMs);
        return;
      }
      const done = this.#logged(visit, () =>
        this.#visitMailbox(mailbox, visit, signal),
      );
      if (isSlow(mailbox)) {
        this.#slowLane.add(done, () => this.wake());
      } else {
        await this.#untilSlow(done, connection);
      }
    });
  }

  // The lane is asked first: a probe that the breaker lets through is spent.
  #waitMs(mailbox: Mailbox): number {
    const { random } = this.#options;
    const full = isSlow(mailbox) && !this.#slowLane.hasRoom(true);
    const waitMs = full ? PUT_OFF_MS : this.#breaker.enter(hostOf(mailbox));
    // Those put off together do not come back together.
    return Math.ceil(waitMs * (1 + 0.2 * random()));
  }

  /**
   * Resolves when a visit has ended, or goes on in the slow lane. Where that is
   * full the visit keeps its place.
   */
  async #untilSlow(
    done: Promise<void>,
    connection: MailboxConnection,
  ): Promise<void> {
    const { slowAfterMs = SLOW_AFTER_MS } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const gaveUp = new Promise<void>(resolve => {
      timer = setInterval(() => {
        if (connection.hasAnswered) {
          clearInterval(timer);
        } else if (this.#slowLane.hasRoom(false)) {
          this.#slowLane.add(done, () => this.wake());
          resolve();
        }
      }, slowAfterMs);
    });
    await Promise.race([done, gaveUp]);
    clearInterval(timer);
  }

  async #logged(visit: KeptVisit, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.#close(visit);
      // The lease runs out by itself and the mailbox is due again.
      if (!(error instanceof LeaseLostError)) {
        this.#options.logger.error(
          'A visit could not be carried out or recorded',
          {
            mailboxId: visit.ticket.subjectId,
            reason: toSafeError(error).message,
          },
        );
      }
    }
  }

  async #visitMailbox(
    mailbox: Mailbox,
    visit: KeptVisit,
    signal: AbortSignal,
  ): Promise<void> {
    const { deps, leaseMs, random } = this.#options;
    const startedAt = performance.now();
    const outcome = await workWithLease(
      deps.db,
      visit.ticket,
      { durationMs: leaseMs, signal },
      leaseSignal => this.#observed(mailbox, visit, leaseSignal),
    );
    if (outcome.kind === 'put-off') {
      await this.#release(visit, outcome.waitMs);
      return;
    }
    this.#options.onOutcome(outcome, performance.now() - startedAt);
    this.#breaker.note(hostOf(mailbox), outcome);
    if (outcome.kind === 'aborted') {
      if (!signal.aborted) {
        this.#options.onLeaseLost?.();
      }
      await this.#release(visit, 0);
      return;
    }
    await this.#recorder.record(mailbox, visit.ticket, outcome);
    const dueInMs = nextVisitInMs(outcome, {
      intervalMs: deps.policy.intervalMs,
      failedVisits: mailbox.failedVisits + 1,
      refusedSignIns: mailbox.refusedSignIns + 1,
      random,
    });
    const isKept =
      dueInMs !== undefined && (await this.#kept.keep(visit, dueInMs));
    if (!isKept) {
      await this.#release(visit, dueInMs);
    }
    if (dueInMs === 0 && outcome.accepted > 0) {
      // A backlog is not read at the pace of the ticks; one that does not
      // shrink is.
      this.wake();
    }
  }

  // Closed first: whoever claims the mailbox next opens its own connection.
  async #release(visit: KeptVisit, dueInMs?: number): Promise<void> {
    await visit.connection.close({ stored: true });
    await releaseLease(this.#options.deps.db, visit.ticket, dueInMs);
    this.#kept.forget(visit.ticket);
  }

  async #close({ connection, ticket }: KeptVisit): Promise<void> {
    await connection.close({ stored: true });
    this.#kept.forget(ticket);
  }

  #observed(
    mailbox: Mailbox,
    visit: KeptVisit,
    leaseSignal: AbortSignal,
  ): Promise<PollOutcome> {
    const poll = () => this.#pollInTime(mailbox, visit, leaseSignal);
    return this.#options.observeVisit?.(mailbox, poll) ?? poll();
  }

  // The deadline of a visit does not depend on the server: one that sends a
  // byte now and then must not hold a place for ever.
  async #pollInTime(
    mailbox: Mailbox,
    { ticket, connection }: KeptVisit,
    leaseSignal: AbortSignal,
  ): Promise<PollOutcome> {
    const { deps, visitTimeoutMs, logger } = this.#options;
    const deadline = AbortSignal.timeout(visitTimeoutMs);
    try {
      const outcome = await pollMailbox(
        mailbox,
        ticket,
        deps,
        AbortSignal.any([leaseSignal, deadline]),
        connection,
      );
      const late = outcome.kind === 'aborted' && !leaseSignal.aborted;
      return late && deadline.aborted
        ? { kind: 'failed', failure: 'connection-timed-out', accepted: 0 }
        : outcome;
    } catch (error) {
      logger.error('A visit failed inside the plugin', {
        mailboxId: mailbox.id,
        reason: toSafeError(error).message,
      });
      return { kind: 'failed', failure: 'internal-error', accepted: 0 };
    }
  }

  #logFailedLook(error: unknown): void {
    this.#options.logger.error('Mailboxes that are due could not be claimed', {
      reason: toSafeError(error).message,
    });
  }
}

function isSlow({ failure }: Mailbox): boolean {
  return failure?.code === 'connection-timed-out';
}

function hostOf({ server }: Mailbox): string {
  return `${server.host}:${server.port}`;
}
