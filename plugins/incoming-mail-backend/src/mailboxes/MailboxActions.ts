// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import {
  CheckReport,
  Connection,
  failures,
  FolderList,
  FolderPreview,
  MailImport,
  StartedConsent,
  StartImport,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Db, inTransaction } from '../database';
import { JournalStore } from '../journal';
import { ConsentMailbox } from '../oauth';
import { ReadingStart, readingStart } from '../transport';
import { MailboxCheckDeps, checkMailbox } from './checkMailbox';
import { ImportStore } from './ImportStore';
import { listFolders } from './listFolders';
import { MailboxStore } from './MailboxStore';
import { signIn, toCredentials } from './signIn';
import { Mailbox } from './types';

/** What starts a consent for a mailbox. */
export type StartConsent = (options: {
  mailbox: ConsentMailbox;
  userRef: string;
  returnOrigin: string;
  returnPath?: string;
}) => Promise<StartedConsent>;

/** Gives access to a mailbox by an integration's own rights, without asking anybody. */
export type Connect = (mailbox: ConsentMailbox) => Promise<Connection>;

/** What the actions need. */
export interface MailboxActionsOptions {
  readonly db: Db;
  readonly mailboxes: MailboxStore;
  readonly imports: ImportStore;
  readonly journal: JournalStore;
  /** What a check asks, and a preview signs in with. */
  readonly checks: MailboxCheckDeps;
  readonly startConsent: StartConsent;
  readonly connect: Connect;
  /** Where the reading of a folder began, if it did. */
  findBaseline(
    mailboxId: string,
    folder: ReadingStart & { folder: string },
  ): Promise<number | undefined>;
  /** Has this replica look for due mailboxes at once. */
  wakePolling(): void;
  /** Has this replica look for waiting mail at once. */
  wakeProcessing(): void;
}

const PREVIEW_MS = 60_000;

/** What can be done with a mailbox that is saved, whichever door it is seen through. */
export class MailboxActions {
  readonly #options: MailboxActionsOptions;

  constructor(options: MailboxActionsOptions) {
    this.#options = options;
  }

  /**
   * Checks a mailbox step by step; see {@link checkMailbox}.
   *
   * @param options.showDetail - whether what the mail server said is repeated
   */
  async check(
    mailbox: Mailbox,
    options: { showDetail: boolean },
  ): Promise<CheckReport> {
    return checkMailbox(mailbox, { ...this.#options.checks, ...options });
  }

  /**
   * Has a mailbox visited now.
   *
   * @throws ConflictError while nobody has authorized it, and while it is paused
   */
  async visitNow(mailbox: Mailbox): Promise<void> {
    expectRead(mailbox);
    await this.#options.mailboxes.scheduleNow(mailbox.id);
    this.#options.wakePolling();
  }

  /** @throws ConflictError where the mailbox is signed in to by password */
  async startConsent(
    mailbox: Mailbox,
    by: { userRef: string; returnOrigin: string; returnPath?: string },
  ): Promise<StartedConsent> {
    return this.#options.startConsent({
      mailbox: toGrantMailbox(mailbox),
      ...by,
    });
  }

  /**
   * Connects a mailbox by the integration's own rights; answers when that is
   * done or has failed.
   *
   * @throws ConflictError where the mailbox is signed in to by password
   */
  async connect(mailbox: Mailbox): Promise<Connection> {
    const { connect, wakePolling } = this.#options;
    const connection = await connect(toGrantMailbox(mailbox));
    if (connection.status === 'succeeded') {
      wakePolling();
    }
    return connection;
  }

  /**
   * Stops reading and handling. When this has resolved, no mail of the mailbox
   * takes effect any more before it is resumed.
   */
  async pause(mailbox: Mailbox, userRef: string): Promise<void> {
    const { db, mailboxes, journal } = this.#options;
    const mailboxId = mailbox.id;
    await inTransaction(db, async tx => {
      if (await mailboxes.pause(tx, mailboxId)) {
        const detail = `by ${userRef}`;
        await journal.appendIn(tx, { mailboxId, event: 'paused', detail });
      }
    });
  }

  /** Goes on where reading was stopped. */
  async resume(mailbox: Mailbox, userRef: string): Promise<void> {
    const { db, mailboxes, journal, wakePolling, wakeProcessing } =
      this.#options;
    const mailboxId = mailbox.id;
    await inTransaction(db, async tx => {
      if (await mailboxes.resume(tx, mailboxId)) {
        const detail = `by ${userRef}`;
        await journal.appendIn(tx, { mailboxId, event: 'resumed', detail });
      }
    });
    wakePolling();
    wakeProcessing();
  }

  /**
   * Counts what is in the folder.
   *
   * @throws ConflictError where the mailbox cannot be read, with the reason
   */
  async preview(mailbox: Mailbox): Promise<FolderPreview> {
    expectAuthorized(mailbox);
    try {
      return await this.#preview(mailbox);
    } catch (error) {
      if (MailFailure.is(error)) {
        const { title, remedy } = failures[error.code];
        throw new ConflictError(`${title}. ${remedy}`);
      }
      throw error;
    }
  }

  /** Lists the folders of the account; see {@link listFolders}. */
  async listFolders(mailbox: Mailbox): Promise<FolderList> {
    return listFolders(mailbox, this.#options.checks);
  }

  /**
   * Asks for older mail to be read once.
   *
   * @throws ConflictError where one is under way, or the mailbox is not read
   */
  async startImport(
    mailbox: Mailbox,
    wanted: StartImport,
    userRef: string,
  ): Promise<MailImport> {
    expectRead(mailbox);
    if (mailbox.server.protocol !== 'imap') {
      throw new ConflictError(
        'Older mail can be imported over IMAP only: POP3 does not tell its age',
      );
    }
    const { imports, journal } = this.#options;
    const mailboxId = mailbox.id;
    const started = await imports.create({ mailboxId, wanted, userRef });
    await journal.append({
      mailboxId,
      event: 'import-started',
      detail: `${
        wanted.since ? `since ${wanted.since}` : `the last ${wanted.last}`
      }, by ${userRef}`,
    });
    await this.visitNow(mailbox);
    return started;
  }

  /** @throws NotFoundError where none is under way */
  async cancelImport(mailbox: Mailbox, userRef: string): Promise<void> {
    const { imports, journal } = this.#options;
    await imports.cancel(mailbox.id);
    await journal.append({
      mailboxId: mailbox.id,
      event: 'import-cancelled',
      detail: `by ${userRef}`,
    });
  }

  async #preview(mailbox: Mailbox): Promise<FolderPreview> {
    const { checks, findBaseline } = this.#options;
    const signal = AbortSignal.timeout(PREVIEW_MS);
    const secret =
      mailbox.authentication.method === 'oauth'
        ? await checks.accessToken(mailbox.id, { signal })
        : await checks.openPassword(mailbox.id);
    const { openSession } = checks;
    const session = await signIn(mailbox, toCredentials(mailbox, secret), {
      openSession,
      signal,
    });
    try {
      const { folder } = mailbox;
      const opened = await session.open(folder);
      const { messageCount } = opened;
      const base = await findBaseline(mailbox.id, {
        ...readingStart(opened),
        folder,
      });
      const dates = await session.preview?.({ afterUid: base ?? 0 });
      return {
        messageCount,
        newestAt: dates?.newestAt?.toISOString(),
        oldestAt: dates?.oldestAt?.toISOString(),
        ...(dates && {
          // Mail may have come, or gone, between the two answers.
          olderCount:
            base === undefined
              ? messageCount
              : Math.max(0, messageCount - dates.newerCount),
        }),
        importable: session.findOlder !== undefined,
      };
    } finally {
      await session.close();
    }
  }
}

/**
 * What a grant is asked for.
 *
 * @throws ConflictError where the mailbox is signed in to by password
 */
export function toGrantMailbox({
  id,
  address,
  authentication,
}: Mailbox): ConsentMailbox {
  if (authentication.method !== 'oauth') {
    throw new ConflictError(
      'The mailbox is signed in to by password: there is nothing to authorize',
    );
  }
  return { id, address, integrationId: authentication.integrationId };
}

function expectAuthorized(mailbox: Mailbox): void {
  if (mailbox.state === 'draft') {
    throw new ConflictError(
      'The mailbox cannot be read yet: authorize it, or sign in with its password, first',
    );
  }
}

function expectRead(mailbox: Mailbox): void {
  expectAuthorized(mailbox);
  if (mailbox.pausedAt) {
    throw new ConflictError('The mailbox is paused: resume it first');
  }
}
