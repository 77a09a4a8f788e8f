// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import {
  Activation,
  Channel,
  ConsentLink,
  createChannelSchema,
  CreatedConsentLink,
  RequestDefaults,
  requestDefaultsSchema,
  updateChannelSchema,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';
import { inTransaction, Tx } from '../database';
import { FieldsError } from '../http';
import { ConsentLinkService } from '../oauth';
import { Secret } from '../secrets';
import { ReadingStart } from '../transport';
import { BindingStore } from './BindingStore';
import {
  findMailboxFaults,
  needsNewConsent,
  needsNewSignIn,
  needsPasswordAgain,
  readingAfter,
} from './channelRules';
import { checkMailbox } from './checkMailbox';
import { describeMailbox, DescribeMailboxDeps } from './describeMailbox';
import { enteredPassword, withoutPassword } from './enteredPassword';
import {
  MailboxActions,
  MailboxActionsOptions,
  toGrantMailbox,
} from './MailboxActions';
import { MailboxSettings } from './MailboxStore';
import { PasswordStore } from './PasswordStore';
import { Mailbox } from './types';

/** What becomes of how far a mailbox was read when its settings change. */
export interface ReadingKeeper {
  /** It is another account's: nothing of it was read. */
  forget(tx: Tx, mailboxId: string): Promise<void>;
  /** The same account, numbered anew. */
  retire(tx: Tx, mailboxId: string): Promise<void>;
}

/** What the service needs. */
export interface ChannelServiceOptions
  extends DescribeMailboxDeps,
    Pick<
      MailboxActionsOptions,
      'db' | 'mailboxes' | 'journal' | 'checks' | 'wakePolling'
    > {
  readonly actions: MailboxActions;
  readonly passwords: PasswordStore;
  readonly bindings: BindingStore;
  readonly reading: ReadingKeeper;
  /** Drops what a consent gave, because it no longer fits. */
  forgetGrant(tx: Tx, mailboxId: string): Promise<void>;
  /** Links for the owners of mailboxes. */
  readonly links: Pick<ConsentLinkService, 'create' | 'list' | 'revoke'>;
  /** The mailbox was signed in to: it is read from there on. */
  onProven(
    tx: Tx,
    options: { mailboxId: string; seen: ReadingStart & { folder: string } },
  ): Promise<void>;
  /** The handler that a channel's mail goes to. */
  readonly handlerId: string;
}

type ChannelSettings = z.output<typeof createChannelSchema>;

/** Use cases of a project's channel: one mailbox, seen through its project. */
export class ChannelService {
  readonly #options: ChannelServiceOptions;

  constructor(options: ChannelServiceOptions) {
    this.#options = options;
  }

  /** What both doors can do with a mailbox. */
  get actions(): MailboxActions {
    return this.#options.actions;
  }

  /** @throws NotFoundError where the project has no channel */
  async getMailbox(projectRef: string): Promise<Mailbox> {
    return this.#options.mailboxes.getByProject(projectRef);
  }

  /** @throws NotFoundError where the project has no channel */
  async get(projectRef: string): Promise<Channel> {
    const mailbox = await this.getMailbox(projectRef);
    return {
      ...(await describeMailbox(mailbox, this.#options)),
      projectRef,
      requestDefaults: await this.#requestDefaults(mailbox.id),
    };
  }

  /**
   * @throws FieldsError where the settings do not fit the integration, or each
   *   other
   * @throws ConflictError where the project has a channel already
   */
  async create(options: {
    projectRef: string;
    settings: ChannelSettings;
    userRef: string;
  }): Promise<Channel> {
    const { mailboxes, journal, passwords, handlerId } = this.#options;
    const { projectRef, userRef } = options;
    const { settings, password, requestDefaults } = split(options.settings);
    await this.#expectFitting(settings);
    if (settings.authentication.method === 'password' && !password) {
      throw passwordRequired('is required');
    }
    const mailbox = await mailboxes.createChannel({
      projectRef,
      settings,
      handlerId,
      handlerSettings: requestDefaults,
      userRef,
      also: async (tx, id) => {
        if (password) {
          await passwords.put(tx, id, password);
        }
      },
    });
    await journal.append({
      mailboxId: mailbox.id,
      event: 'channel-created',
      detail: `by ${userRef}`,
    });
    return this.get(projectRef);
  }

  /**
   * Replaces the settings. What an old grant or password is not good for any
   * more makes the channel a draft again; how far folders were read stays,
   * unless it is another account.
   *
   * @throws FieldsError, ConflictError (a stale version), NotFoundError
   */
  async update(options: {
    projectRef: string;
    settings: z.output<typeof updateChannelSchema>;
    userRef: string;
  }): Promise<Channel> {
    const { db, mailboxes, bindings, journal, handlerId } = this.#options;
    const { version, ...next } = options.settings;
    const { settings, password, requestDefaults } = split(next);
    const former = await this.getMailbox(options.projectRef);
    await this.#expectFitting(settings);
    const byPassword = settings.authentication.method === 'password';
    if (byPassword && !password && needsPasswordAgain(former, settings)) {
      throw passwordRequired(
        'has to be entered again when the server or the user name changes',
      );
    }
    await inTransaction(db, async tx => {
      await mailboxes.update(tx, {
        id: former.id,
        version,
        settings,
        state: needsNewSignIn(former, settings) ? 'draft' : undefined,
      });
      await this.#keepSecrets(tx, former, { settings, password });
      await this.#keepReading(tx, former, settings);
      await bindings.changeSettings(tx, former.id, {
        handlerId,
        settings: requestDefaults,
      });
    });
    await journal.append({
      mailboxId: former.id,
      event: 'channel-updated',
      detail: `by ${options.userRef}`,
    });
    this.#options.wakePolling();
    return this.get(options.projectRef);
  }

  /** @throws NotFoundError */
  async delete(projectRef: string): Promise<void> {
    const { db, mailboxes, forgetGrant } = this.#options;
    const { id } = await this.getMailbox(projectRef);
    await inTransaction(db, async tx => {
      // Before the mailbox goes and takes its grant along unseen.
      await forgetGrant(tx, id);
      await mailboxes.delete(tx, id);
    });
  }

  /**
   * Signs in with the channel's password and, where all is well, begins to
   * read the channel, or goes on where it stopped: what a consent is for a
   * channel with OAuth 2.0.
   *
   * @param options.showDetail - whether what the mail server said is repeated
   * @throws ConflictError for a channel with OAuth 2.0, and where somebody
   *   changed the channel meanwhile
   */
  async activate(
    projectRef: string,
    options: { showDetail: boolean },
  ): Promise<Activation> {
    const { db, mailboxes, journal, checks, onProven } = this.#options;
    const mailbox = await this.getMailbox(projectRef);
    const { id, version, folder } = mailbox;
    if (mailbox.authentication.method !== 'password') {
      throw new ConflictError('The channel has to be authorized instead');
    }
    let start: ReadingStart | undefined;
    const report = await checkMailbox(
      mailbox,
      { ...checks, ...options },
      found => {
        start = found;
      },
    );
    if (report.ok && start) {
      const seen = { ...start, folder };
      await inTransaction(db, async tx => {
        await mailboxes.holdVersion(tx, id, version);
        await onProven(tx, { mailboxId: id, seen });
      });
      this.#options.wakePolling();
    } else {
      await journal.append({
        mailboxId: id,
        event: 'authorization-failed',
        failure: report.checks.find(check => check.failure)?.failure,
      });
    }
    return { report, channel: await this.get(projectRef) };
  }

  /**
   * Makes a link by which the owner of the channel's mailbox authorizes it.
   *
   * @throws ConflictError where the mailbox is signed in to by password
   */
  async createLink(options: {
    projectRef: string;
    userRef: string;
    lifetimeHours: number;
  }): Promise<CreatedConsentLink> {
    const { userRef, lifetimeHours } = options;
    const mailbox = await this.getMailbox(options.projectRef);
    const link = await this.#options.links.create({
      mailbox: toGrantMailbox(mailbox),
      userRef,
      lifetimeHours,
    });
    await this.#options.journal.append({
      mailboxId: mailbox.id,
      event: 'link-created',
      detail: `by ${userRef}`,
    });
    return link;
  }

  /** The channel's links that can still be used. */
  async listLinks(projectRef: string): Promise<ConsentLink[]> {
    const { id } = await this.getMailbox(projectRef);
    return this.#options.links.list(id);
  }

  /** @throws NotFoundError also where the link has had its end */
  async revokeLink(options: {
    projectRef: string;
    linkId: string;
    userRef: string;
  }): Promise<void> {
    const { links, journal } = this.#options;
    const { id: mailboxId } = await this.getMailbox(options.projectRef);
    await links.revoke({ id: options.linkId, mailboxId });
    await journal.append({
      mailboxId,
      event: 'link-revoked',
      detail: `by ${options.userRef}`,
    });
  }

  async #keepSecrets(
    tx: Tx,
    former: Mailbox,
    next: { settings: MailboxSettings; password?: Secret },
  ): Promise<void> {
    const { passwords, forgetGrant } = this.#options;
    const { settings, password } = next;
    if (needsNewConsent(former, settings)) {
      await forgetGrant(tx, former.id);
    }
    if (settings.authentication.method === 'oauth') {
      await passwords.remove(tx, former.id);
    } else if (password) {
      await passwords.put(tx, former.id, password);
    }
  }

  async #keepReading(
    tx: Tx,
    former: Mailbox,
    settings: MailboxSettings,
  ): Promise<void> {
    const { mailboxes, imports, reading } = this.#options;
    const change = readingAfter(former, settings);
    if (change === 'other-account') {
      await reading.forget(tx, former.id);
      await mailboxes.forgetReading(tx, former.id);
    } else if (change === 'other-server') {
      await reading.retire(tx, former.id);
    }
    if (change !== 'goes-on' || former.folder !== settings.folder) {
      await imports.cancelAny(tx, former.id);
    }
  }

  async #expectFitting(settings: MailboxSettings): Promise<void> {
    const { authentication } = settings;
    const integration =
      authentication.method === 'oauth'
        ? await this.#options.findIntegration(authentication.integrationId)
        : undefined;
    const faults = findMailboxFaults(
      settings,
      integration,
      this.#options.checks,
    );
    if (faults.length > 0) {
      throw new FieldsError(
        faults.map(fault => ({ ...fault, path: `body.${fault.path}` })),
      );
    }
  }

  async #requestDefaults(mailboxId: string): Promise<RequestDefaults> {
    const { bindings, handlerId } = this.#options;
    const bound = await bindings.list(mailboxId);
    const settings = bound.find(
      binding => binding.handlerId === handlerId,
    )?.settings;
    // A row that a person edited by hand is no reason to show no channel.
    return requestDefaultsSchema.safeParse(settings).data ?? {};
  }
}

/** Takes apart what goes to different places. */
function split(channel: ChannelSettings): {
  settings: MailboxSettings;
  password?: Secret;
  requestDefaults: RequestDefaults;
} {
  const { requestDefaults, ...settings } = channel;
  return {
    requestDefaults,
    password: enteredPassword(settings.authentication),
    settings: {
      ...settings,
      authentication: withoutPassword(settings.authentication),
    },
  };
}

function passwordRequired(message: string): FieldsError {
  return new FieldsError([{ path: 'body.authentication.password', message }]);
}
