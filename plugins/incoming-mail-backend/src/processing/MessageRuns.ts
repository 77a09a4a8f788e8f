// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  MessageDryRun,
  MessageSummary,
} from '@postroom/plugin-incoming-mail-common';
import { Db, inTransaction } from '../database';
import {
  AttemptStore,
  MessageLogStore,
  MessageQueueStore,
  RawMailStore,
} from '../inbox';
import { JournalStore } from '../journal';
import { dryRunMessage } from './dryRunMessage';
import { DeliveryStore } from './handle/DeliveryStore';
import { HandlerRegistry } from './handle/HandlerRegistry';
import { Parser } from './parse/Parser';
import { ThreadStore } from './thread/ThreadStore';
import { MailboxDirectory } from './types';

/** For all handlers of a dry run together; somebody waits for the answer. */
const DRY_RUN_TIMEOUT_MS = 60_000;

/** What people do with single mails: look what would happen, and have it happen. */
export class MessageRuns {
  readonly #options: MessageRunsOptions;

  constructor(options: MessageRunsOptions) {
    this.#options = options;
  }

  /** Tells what would become of a mail now; see {@link dryRunMessage}. @throws NotFoundError */
  async dryRun(mailboxId: string, messageId: string): Promise<MessageDryRun> {
    const { messageLog, mailboxes } = this.#options;
    const message = await messageLog.getFacts(mailboxId, messageId);
    const run = {
      mailbox: await mailboxes.getById(mailboxId),
      bindings: await mailboxes.listBindings(mailboxId),
      signal: AbortSignal.timeout(DRY_RUN_TIMEOUT_MS),
    };
    return dryRunMessage(message, run, {
      ...this.#options,
      threads: new ThreadStore(),
      deliveries: new DeliveryStore(),
    });
  }

  /**
   * Has a mail that is held or quarantined handled again, soon. The journal
   * tells in the same transaction.
   *
   * @returns the mail, which waits now
   * @throws NotFoundError
   * @throws ConflictError where it is neither
   */
  async runAgain(
    mailboxId: string,
    messageId: string,
  ): Promise<MessageSummary> {
    const { db, queue, messageLog, journal, onRunnable } = this.#options;
    await inTransaction(db, async tx => {
      await queue.runAgain(tx, mailboxId, messageId);
      await journal.appendIn(tx, { mailboxId, event: 'mail-run-again' });
    });
    onRunnable();
    return messageLog.get(mailboxId, messageId);
  }
}

/** What {@link MessageRuns} is made of. */
export interface MessageRunsOptions {
  readonly db: Db;
  readonly attempts: AttemptStore;
  readonly messageLog: MessageLogStore;
  readonly queue: MessageQueueStore;
  readonly rawMails: RawMailStore;
  readonly mailboxes: MailboxDirectory;
  readonly registry: HandlerRegistry;
  readonly journal: JournalStore;
  readonly parser: Parser;
  readonly logger: LoggerService;
  readonly handlerTimeoutMs: number;
  /** Has somebody look for mail that can be handled. */
  onRunnable(): void;
}
