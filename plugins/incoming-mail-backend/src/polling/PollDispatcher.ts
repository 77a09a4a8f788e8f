// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  claimDue,
  holdLease,
  inTransaction,
  LeaseLostError,
  LeaseTicket,
  releaseLease,
  toSafeError,
  Tx,
  workWithLease,
} from '../database';
import { JournalStore, NewJournalEntry } from '../journal';
import { Pipeline, startPipeline } from '../lib';
import { HealthNews, Mailbox, stateAfterVisit } from '../mailboxes';
import { SettleRefusal } from '../transport';
import { HostBreaker } from './HostBreaker';
import { pollMailbox } from './pollMailbox';
import { nextVisitInMs } from './pollSchedule';
import { PollDeps, PollOutcome, VisitOutcome } from './types';

// When a mailbox that found no place in the slow lane is looked at again.
const PUT_OFF_MS = 15_000;

/** What the dispatcher needs besides what a visit needs. */
export interface PollDispatcherOptions {
  readonly deps: PollDeps;
  readonly journal: JournalStore;
  readonly logger: LoggerService;
  /** Names this replica in leases. */
  readonly holder: string;
  readonly leaseMs: number;
  /** The most visits at a time; as many again of mailboxes that timed out. */
  readonly concurrency: number;
  readonly visitTimeoutMs: number;
  /** Called after mail was stored; must not throw. */
  onAccepted(): void;
  /**
   * Told how a mailbox is after a visit, unless it was active and still is, in
   * the transaction that records it.
   */
  onHealth?(tx: Tx, news: HealthNews): Promise<void>;
  /** Told how each visit ended, for metrics; must not throw. */
  onOutcome(outcome: PollOutcome, durationMs: number): void;
  readonly random: () => number;
}

/**
 * Visits mailboxes that are due, a bounded number at a time. Every replica
 * runs one: the leases share the mailboxes out. After a visit the three
 * records are written: health (which is also where back-off counts), journal
 * and metrics.
 *
 * Hosts that hang keep nobody waiting for long: mailboxes whose last visit
 * timed out are visited in a lane of their own, and hosts that are down are
 * left alone (see {@link HostBreaker}). A mailbox that is put off for that is
 * due again soon, which is no failure and is recorded nowhere.
 */
export class PollDispatcher {
  readonly #options: PollDispatcherOptions;
  readonly #pipeline: Pipeline;
  readonly #breaker = new HostBreaker();
  readonly #slowLane = new Set<Promise<void>>();

  constructor(options: PollDispatcherOptions) {
    const { deps, holder, leaseMs, concurrency, logger } = options;
    this.#options = options;
    this.#pipeline = startPipeline<LeaseTicket>({
      capacity: concurrency,
      load: limit =>
        claimDue(deps.db, {
          kind: 'poll',
          holder,
          limit,
          durationMs: leaseMs,
        }),
      run: (ticket, signal) => this.#visit(ticket, signal),
      onLoadError: error =>
        logger.error('Mailboxes that are due could not be claimed', {
          reason: toSafeError(error).message,
        }),
    });
  }

  /** Looks for mailboxes that are due. Returns at once. */
  wake(): void {
    this.#pipeline.wake();
  }

  /** Resolves when no visit is under way. */
  async idle(): Promise<void> {
    await this.#pipeline.idle();
    await this.#slowLaneEnded();
  }

  /** Ends all visits after what they are storing; their leases are released. */
  async stop(): Promise<void> {
    await this.#pipeline.stop();
    await this.#slowLaneEnded();
  }

  // Only the pipeline adds to the lane, and it adds nothing any more.
  async #slowLaneEnded(): Promise<void> {
    await Promise.all(this.#slowLane);
  }

  async #visit(ticket: LeaseTicket, signal: AbortSignal): Promise<void> {
    const { deps } = this.#options;
    await this.#logged(ticket, async () => {
      const mailbox = await deps.mailboxes.findById(ticket.subjectId);
      if (!mailbox) {
        return;
      }
      if (mailbox.pausedAt) {
        // Something had it visited all the same; resuming it does so again.
        await releaseLease(deps.db, ticket);
        return;
      }
      const waitMs = this.#waitMs(mailbox);
      if (waitMs > 0) {
        await releaseLease(deps.db, ticket, waitMs);
      } else if (isSlow(mailbox)) {
        this.#visitInSlowLane(mailbox, ticket, signal);
      } else {
        await this.#visitMailbox(mailbox, ticket, signal);
      }
    });
  }

  // The lane is asked first: a probe that the breaker lets through is spent.
  #waitMs(mailbox: Mailbox): number {
    const { concurrency, random } = this.#options;
    const full = isSlow(mailbox) && this.#slowLane.size >= concurrency;
    const waitMs = full ? PUT_OFF_MS : this.#breaker.enter(hostOf(mailbox));
    // Those put off together do not come back together.
    return Math.ceil(waitMs * (1 + 0.2 * random()));
  }

  // Not waited for: the visit gives its place in the pipeline up at once.
  #visitInSlowLane(
    mailbox: Mailbox,
    ticket: LeaseTicket,
    signal: AbortSignal,
  ): void {
    const done = this.#logged(ticket, () =>
      this.#visitMailbox(mailbox, ticket, signal),
    ).finally(() => this.#slowLane.delete(done));
    this.#slowLane.add(done);
  }

  async #logged(
    { subjectId }: LeaseTicket,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The lease runs out by itself and the mailbox is due again.
      if (!(error instanceof LeaseLostError)) {
        this.#options.logger.error(
          'A visit could not be carried out or recorded',
          { mailboxId: subjectId, reason: toSafeError(error).message },
        );
      }
    }
  }

  async #visitMailbox(
    mailbox: Mailbox,
    ticket: LeaseTicket,
    signal: AbortSignal,
  ): Promise<void> {
    const { deps, leaseMs, random } = this.#options;
    const startedAt = performance.now();
    const outcome = await workWithLease(
      deps.db,
      ticket,
      { durationMs: leaseMs, signal },
      leaseSignal => this.#pollInTime(mailbox, ticket, leaseSignal),
    );
    if (outcome.kind === 'put-off') {
      await releaseLease(deps.db, ticket, outcome.waitMs);
      return;
    }
    this.#options.onOutcome(outcome, performance.now() - startedAt);
    this.#breaker.note(hostOf(mailbox), outcome);
    if (outcome.kind === 'aborted') {
      await releaseLease(deps.db, ticket, 0);
      return;
    }
    if (outcome.accepted > 0) {
      this.#options.onAccepted();
    }
    await this.#record(mailbox, ticket, outcome);
    const dueInMs = nextVisitInMs(outcome, {
      intervalMs: deps.policy.intervalMs,
      failedVisits: mailbox.failedVisits + 1,
      refusedSignIns: mailbox.refusedSignIns + 1,
      random,
    });
    await releaseLease(deps.db, ticket, dueInMs);
    if (dueInMs === 0 && outcome.accepted > 0) {
      // A backlog is not read at the pace of the ticks; one that does not
      // shrink is.
      this.wake();
    }
  }

  // The deadline of a visit does not depend on the server: one that sends a
  // byte now and then must not hold a place for ever.
  async #pollInTime(
    mailbox: Mailbox,
    ticket: LeaseTicket,
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

  async #record(
    mailbox: Mailbox,
    ticket: LeaseTicket,
    outcome: VisitOutcome,
  ): Promise<void> {
    const { deps, journal, logger } = this.#options;
    const failure = outcome.kind === 'failed' ? outcome : undefined;
    const state = stateAfterVisit(mailbox.state, failure?.failure);
    await inTransaction(deps.db, async tx => {
      await holdLease(tx, ticket);
      await deps.mailboxes.recordVisit(tx, mailbox.id, {
        state,
        failure: failure && { code: failure.failure, detail: failure.detail },
        ...(outcome.kind === 'completed' && {
          leftOnServer: outcome.left,
          heldBack: outcome.heldBack,
        }),
      });
      if (
        outcome.kind === 'completed' &&
        outcome.refusal !== mailbox.afterStoringRefusal
      ) {
        const { refusal } = outcome;
        await deps.mailboxes.setAfterStoringRefusal(tx, mailbox.id, refusal);
      }
      if (state !== 'active' || mailbox.state !== 'active') {
        const news = { mailbox, state, failure: failure?.failure };
        await this.#options.onHealth?.(tx, news);
      }
    });
    for (const entry of journalEntriesOf(mailbox, outcome)) {
      await journal.append(entry);
    }
    if (failure && mailbox.failure?.code !== failure.failure) {
      logger.warn('A mailbox could not be read', {
        mailboxId: mailbox.id,
        failure: failure.failure,
      });
    }
  }
}

function isSlow({ failure }: Mailbox): boolean {
  return failure?.code === 'connection-timed-out';
}

function hostOf({ server }: Mailbox): string {
  return `${server.host}:${server.port}`;
}

const REFUSALS: Readonly<Record<SettleRefusal, string>> = {
  'read-only': 'The folder may only be read',
  'not-marked': 'The folder keeps no mark for mail that was read',
  'not-single':
    'The server cannot remove single mails (neither MOVE nor UIDPLUS)',
  'no-folder': 'There is no such folder to move mail to',
  refused: 'The server refused it',
};

// What changed, in the order in which it happened. A failure that goes on and
// a visit that found nothing are not worth a line each time.
function journalEntriesOf(
  mailbox: Mailbox,
  outcome: VisitOutcome,
): NewJournalEntry[] {
  const mailboxId = mailbox.id;
  const entries: NewJournalEntry[] = [];
  if (outcome.kind === 'completed') {
    if (mailbox.failure) {
      entries.push({
        mailboxId,
        event: 'recovered',
        failure: mailbox.failure.code,
      });
    }
    if (outcome.baseline) {
      entries.push({ mailboxId, event: 'baseline-set' });
    }
    if (outcome.renumbered) {
      entries.push({ mailboxId, event: 'mailbox-renumbered' });
    }
    if (outcome.heldBack && !mailbox.heldBackAt) {
      entries.push({ mailboxId, event: 'reading-held-back' });
    }
  }
  const older = outcome.kind === 'completed' ? outcome.older : undefined;
  const accepted = outcome.accepted - (older?.accepted ?? 0);
  if (accepted > 0) {
    entries.push({ mailboxId, event: 'mail-accepted', count: accepted });
  }
  if (older?.ended) {
    entries.push({
      mailboxId,
      event: older.ended === 'done' ? 'import-finished' : 'import-failed',
      count: older.total,
    });
  }
  if (
    outcome.kind === 'completed' &&
    outcome.refusal &&
    outcome.refusal !== mailbox.afterStoringRefusal
  ) {
    entries.push({
      mailboxId,
      event: 'after-storing-refused',
      detail: REFUSALS[outcome.refusal],
    });
  }
  if (outcome.kind === 'failed' && mailbox.failure?.code !== outcome.failure) {
    entries.push({
      mailboxId,
      event: 'visit-failed',
      failure: outcome.failure,
      detail: outcome.detail,
    });
  }
  return entries;
}
