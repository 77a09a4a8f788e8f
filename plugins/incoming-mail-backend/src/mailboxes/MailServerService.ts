// SPDX-License-Identifier: Apache-2.0
import {
  MailServer,
  Page,
  PageQuery,
} from '@postroom/plugin-incoming-mail-common';
import { inTransaction, Tx } from '../database';
import { JournalStore } from '../journal';
import { announceHealth } from './announceHealth';
import { BindingStore } from './BindingStore';
import { readingAfter } from './channelRules';
import { ReadingKeeper } from './ChannelService';
import {
  describeIdentity,
  describeMailbox,
  DescribeMailboxDeps,
  toWantedBindings,
} from './describeMailbox';
import { DraftService } from './DraftService';
import { Draft, DraftStore } from './DraftStore';
import { MailboxActions, MailboxActionsOptions } from './MailboxActions';
import { MailServerStore } from './MailServerStore';
import { NoticeStore } from './NoticeStore';
import { PasswordStore } from './PasswordStore';
import { SaveRefusedError } from './SaveRefusedError';
import { Mailbox } from './types';

/** What the service needs. */
export interface MailServerServiceOptions
  extends DescribeMailboxDeps,
    Pick<MailboxActionsOptions, 'db' | 'wakePolling' | 'wakeProcessing'> {
  readonly actions: MailboxActions;
  readonly servers: MailServerStore;
  readonly drafts: DraftStore;
  readonly draftService: DraftService;
  readonly bindings: BindingStore;
  readonly passwords: PasswordStore;
  readonly journal: JournalStore;
  readonly notices: NoticeStore;
  readonly reading: ReadingKeeper & {
    /** Begins a folder where a draft's test saw it end. */
    adopt(
      tx: Tx,
      mailboxes: { readonly from: string; readonly to: string },
    ): Promise<void>;
  };
  /** Drops what a consent gave, because it no longer fits. */
  forgetGrant(tx: Tx, mailboxId: string): Promise<void>;
  /** The integration's version, which then stays until the transaction ends. */
  holdIntegration(tx: Tx, id: string): Promise<number | undefined>;
  /**
   * Gives a mailbox the grant of another in the place of its own. The one that
   * is replaced is not revoked while the account is still read.
   */
  moveGrant(
    tx: Tx,
    mailboxes: { readonly from: string; readonly to: string },
  ): Promise<void>;
}

/** Use cases of mail servers: mailboxes without a project. */
export class MailServerService {
  readonly #options: MailServerServiceOptions;

  constructor(options: MailServerServiceOptions) {
    this.#options = options;
  }

  /** What both doors can do with a mailbox. */
  get actions(): MailboxActions {
    return this.#options.actions;
  }

  /** By name. */
  async list(page: PageQuery): Promise<Page<MailServer>> {
    const found = await this.#options.servers.list(page);
    const items: MailServer[] = [];
    for (const mailbox of found.items) {
      items.push(await this.#describe(mailbox));
    }
    return { ...found, items };
  }

  /** @throws NotFoundError also for what is a channel or a draft */
  async getMailbox(id: string): Promise<Mailbox> {
    return this.#options.servers.get(id);
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<MailServer> {
    return this.#describe(await this.getMailbox(id));
  }

  /**
   * Makes a mail server of a tested draft.
   *
   * @throws SaveRefusedError unless exactly this was tested
   * @throws NotFoundError where there is no such draft of the person
   */
  async create(draftId: string, userRef: string): Promise<MailServer> {
    const { db, mailboxes, servers, journal } = this.#options;
    await inTransaction(db, async tx => {
      const draft = await this.#getTested(tx, draftId, userRef);
      if (draft.draft.serverId) {
        throw new SaveRefusedError('server-changed');
      }
      await servers.promote(tx, draft);
      await mailboxes.setReadingSince(tx, draftId);
      await journal.appendIn(tx, {
        mailboxId: draftId,
        event: 'server-created',
        detail: `by ${userRef}`,
      });
      await journal.appendIn(tx, { mailboxId: draftId, event: 'baseline-set' });
    });
    this.#options.wakePolling();
    return this.get(draftId);
  }

  /**
   * Puts a tested draft in the place of the mail server that it was opened
   * for. Settings, password and grant change together or not at all; handlers
   * and how far was read stay what they are, unless they were changed.
   *
   * @throws SaveRefusedError, NotFoundError
   */
  async update(
    id: string,
    options: { draftId: string; version: number; userRef: string },
  ): Promise<MailServer> {
    const { db, servers, bindings, drafts, journal, notices } = this.#options;
    const { draftId, version, userRef } = options;
    await inTransaction(db, async tx => {
      const draft = await this.#getTested(tx, draftId, userRef);
      const former = await servers.get(id, tx);
      const replaced =
        draft.draft.serverId === id &&
        (await servers.replace(tx, {
          id,
          version,
          settings: draft,
          paused: draft.pausedAt !== undefined,
        }));
      if (!replaced) {
        throw new SaveRefusedError('server-changed');
      }
      await this.#moveSecrets(tx, { draft, former });
      await this.#keepReading(tx, { draft, former });
      const wanted = toWantedBindings(await bindings.list(draftId, tx));
      await bindings.replace(tx, id, wanted);
      await drafts.delete(tx, draftId);
      // It is active again, which no visit finds a change: were it not told
      // now, the next stop for the same reason would be no news.
      const mailbox = await servers.get(id, tx);
      await announceHealth(tx, { mailbox, state: 'active' }, notices);
      await journal.appendIn(tx, {
        mailboxId: id,
        event: 'server-updated',
        detail: `by ${userRef}`,
      });
    });
    this.#options.wakePolling();
    this.#options.wakeProcessing();
    return this.get(id);
  }

  /**
   * Removes a mail server with its drafts, grant, password and stored mail.
   *
   * @throws NotFoundError
   */
  async delete(id: string): Promise<void> {
    const { db, servers, drafts, mailboxes, forgetGrant } = this.#options;
    await inTransaction(db, async tx => {
      await servers.get(id, tx);
      for (const draftId of await drafts.listOf(tx, id)) {
        await forgetGrant(tx, draftId);
        await drafts.delete(tx, draftId);
      }
      await forgetGrant(tx, id);
      await mailboxes.delete(tx, id);
    });
  }

  /** @throws SaveRefusedError unless exactly this was tested, not long ago */
  async #getTested(tx: Tx, draftId: string, userRef: string): Promise<Draft> {
    const { drafts, draftService, holdIntegration } = this.#options;
    const draft = await drafts.get(draftId, userRef, tx);
    const { authentication } = draft;
    if (authentication.method === 'oauth') {
      // What was tested stays what it was until this is saved.
      await holdIntegration(tx, authentication.integrationId);
    }
    const obstacle = await draftService.findObstacle(tx, draft);
    if (obstacle) {
      throw new SaveRefusedError(obstacle);
    }
    return draft;
  }

  async #moveSecrets(
    tx: Tx,
    { draft, former }: { draft: Draft; former: Mailbox },
  ): Promise<void> {
    const { draftService, passwords, forgetGrant, moveGrant } = this.#options;
    const move = { from: draft.id, to: former.id };
    if (draft.authentication.method === 'password') {
      await passwords.copy(tx, move);
      await forgetGrant(tx, former.id);
      return;
    }
    await passwords.remove(tx, former.id);
    const { authorization } = await draftService.findCredentials(tx, draft);
    if (authorization === 'own') {
      await moveGrant(tx, move);
    }
  }

  async #keepReading(
    tx: Tx,
    { draft, former }: { draft: Draft; former: Mailbox },
  ): Promise<void> {
    const { mailboxes, imports, reading } = this.#options;
    const change = readingAfter(former, draft);
    if (change === 'other-account') {
      await reading.forget(tx, former.id);
      await mailboxes.forgetReading(tx, former.id);
    } else if (change === 'other-server') {
      await reading.retire(tx, former.id);
    }
    await reading.adopt(tx, { from: draft.id, to: former.id });
    await mailboxes.setReadingSince(tx, former.id);
    if (change !== 'goes-on' || former.folder !== draft.folder) {
      await imports.cancelAny(tx, former.id);
    }
  }

  async #describe(mailbox: Mailbox): Promise<MailServer> {
    const bound = await this.#options.bindings.list(mailbox.id);
    return {
      ...(await describeMailbox(mailbox, this.#options)),
      ...describeIdentity(mailbox, bound),
    };
  }
}
