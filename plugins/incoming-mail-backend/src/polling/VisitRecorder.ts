// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { holdLease, inTransaction, LeaseTicket, Tx } from '../database';
import { JournalStore } from '../journal';
import { HealthNews, Mailbox, stateAfterVisit } from '../mailboxes';
import { PollDeps, VisitOutcome } from './types';
import { visitEntries } from './visitEntries';

export interface VisitRecorderOptions {
  readonly deps: Pick<PollDeps, 'db' | 'mailboxes'>;
  readonly journal: JournalStore;
  readonly logger: LoggerService;
  /**
   * Told how a mailbox is after a visit, unless it was active and still is, in
   * the transaction that records it.
   */
  onHealth?(tx: Tx, news: HealthNews): Promise<void>;
}

/**
 * Writes down how visits ended: health, which is also where back-off counts,
 * in a transaction of the lease's holder, and what changed in the journal.
 */
export class VisitRecorder {
  readonly #options: VisitRecorderOptions;

  constructor(options: VisitRecorderOptions) {
    this.#options = options;
  }

  /** @throws LeaseLostError when the lease went to someone else */
  async record(
    mailbox: Mailbox,
    ticket: LeaseTicket,
    outcome: VisitOutcome,
  ): Promise<void> {
    const { journal, logger } = this.#options;
    await this.#recordHealth(mailbox, ticket, outcome);
    for (const entry of visitEntries(mailbox, outcome)) {
      await journal.append(entry);
    }
    if (
      outcome.kind === 'failed' &&
      mailbox.failure?.code !== outcome.failure
    ) {
      logger.warn('A mailbox could not be read', {
        mailboxId: mailbox.id,
        failure: outcome.failure,
      });
    }
  }

  #recordHealth(
    mailbox: Mailbox,
    ticket: LeaseTicket,
    outcome: VisitOutcome,
  ): Promise<void> {
    const { deps } = this.#options;
    const failure = outcome.kind === 'failed' ? outcome : undefined;
    const state = stateAfterVisit(mailbox.state, failure?.failure);
    const health = {
      state,
      failure: failure && { code: failure.failure, detail: failure.detail },
      ...(outcome.kind === 'completed' && {
        leftOnServer: outcome.left,
        heldBack: outcome.heldBack,
      }),
    };
    const isRefusalNew =
      outcome.kind === 'completed' &&
      outcome.refusal !== mailbox.afterStoringRefusal;
    const isHealthNews = state !== 'active' || mailbox.state !== 'active';
    if (!isRefusalNew && !isHealthNews) {
      return deps.mailboxes.recordVisitAlone(ticket, health);
    }
    return inTransaction(deps.db, async tx => {
      await holdLease(tx, ticket);
      await deps.mailboxes.recordVisit(tx, mailbox.id, health);
      if (isRefusalNew) {
        const { refusal } = outcome;
        await deps.mailboxes.setAfterStoringRefusal(tx, mailbox.id, refusal);
      }
      if (isHealthNews) {
        const news = { mailbox, state, failure: failure?.failure };
        await this.#options.onHealth?.(tx, news);
      }
    });
  }
}
