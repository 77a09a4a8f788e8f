// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import {
  Channel,
  CheckReport,
  ConsentLink,
  Connection,
  createChannelSchema,
  CreatedConsentLink,
  IntegrationChoice,
  StartedConsent,
  updateChannelSchema,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';
import { Db, inTransaction, Tx } from '../database';
import { FieldsError } from '../http';
import { JournalStore } from '../journal';
import { ConsentLinkService, ConsentMailbox } from '../oauth';
import { ChannelCheckDeps, checkChannel } from './checkChannel';
import { findSettingsFaults, needsNewConsent } from './channelRules';
import { MailboxSettings, MailboxStore } from './MailboxStore';
import { Mailbox } from './types';

/** What the service needs. */
export interface ChannelServiceOptions {
  readonly db: Db;
  readonly mailboxes: MailboxStore;
  readonly journal: JournalStore;
  /** What channels have to know of an integration, and no more. */
  findIntegration(id: string): Promise<IntegrationChoice | undefined>;
  /** Drops what a consent gave, because it no longer fits. */
  forgetGrant(tx: Tx, mailboxId: string): Promise<void>;
  startConsent(options: {
    mailbox: ConsentMailbox;
    userRef: string;
    returnOrigin: string;
    returnPath?: string;
  }): Promise<StartedConsent>;
  /** Links for the owners of mailboxes. */
  readonly links: Pick<ConsentLinkService, 'create' | 'list' | 'revoke'>;
  /** Gives access to a mailbox without asking anybody. */
  connect(mailbox: {
    id: string;
    address: string;
    integrationId: string;
  }): Promise<Connection>;
  countMessages(mailboxId: string): Promise<Channel['counts']>;
  /** What a check of a channel asks. */
  readonly checks: ChannelCheckDeps;
  /** Has this replica look for due mailboxes at once. */
  wakePolling(): void;
  /** The handler that a channel's mail goes to. */
  readonly handlerId: string;
}

/** Use cases of a project's channel: one mailbox, seen through its project. */
export class ChannelService {
  readonly #options: ChannelServiceOptions;

  constructor(options: ChannelServiceOptions) {
    this.#options = options;
  }

  /** @throws NotFoundError where the project has no channel */
  async get(projectRef: string): Promise<Channel> {
    return this.#toChannel(
      await this.#options.mailboxes.getByProject(projectRef),
    );
  }

  /**
   * @throws FieldsError where the settings do not fit the integration
   * @throws ConflictError where the project has a channel already
   */
  async create(options: {
    projectRef: string;
    settings: z.output<typeof createChannelSchema>;
    userRef: string;
  }): Promise<Channel> {
    await this.#expectFitting(options.settings);
    const mailbox = await this.#options.mailboxes.createChannel({
      ...options,
      handlerId: this.#options.handlerId,
    });
    await this.#options.journal.append({
      mailboxId: mailbox.id,
      event: 'channel-created',
      detail: `by ${options.userRef}`,
    });
    return this.#toChannel(mailbox);
  }

  /**
   * Replaces the settings. Another address or integration drops the grant and
   * makes the channel a draft again; how far folders were read stays.
   *
   * @throws FieldsError, ConflictError (a stale version), NotFoundError
   */
  async update(options: {
    projectRef: string;
    settings: z.output<typeof updateChannelSchema>;
    userRef: string;
  }): Promise<Channel> {
    const { db, mailboxes, journal, forgetGrant } = this.#options;
    const { version, ...settings } = options.settings;
    const former = await mailboxes.getByProject(options.projectRef);
    await this.#expectFitting(settings);
    await inTransaction(db, async tx => {
      const consentIsVoid = needsNewConsent(former, settings);
      if (consentIsVoid) {
        await forgetGrant(tx, former.id);
      }
      await mailboxes.update(tx, {
        id: former.id,
        version,
        settings,
        state: consentIsVoid ? 'draft' : undefined,
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
    const { id } = await mailboxes.getByProject(projectRef);
    await inTransaction(db, async tx => {
      // Before the mailbox goes and takes its grant along unseen.
      await forgetGrant(tx, id);
      await mailboxes.delete(tx, id);
    });
  }

  /**
   * Has the channel visited now.
   *
   * @throws ConflictError while nobody has authorized it
   */
  async visitNow(projectRef: string): Promise<void> {
    const { mailboxes, wakePolling } = this.#options;
    const mailbox = await mailboxes.getByProject(projectRef);
    if (mailbox.state === 'draft') {
      throw new ConflictError(
        'The channel cannot be read yet: authorize its mailbox first',
      );
    }
    await mailboxes.scheduleNow(mailbox.id);
    wakePolling();
  }

  /**
   * Checks the channel step by step; see {@link checkChannel}.
   *
   * @param options.showDetail - whether what a server said is repeated
   */
  async check(
    projectRef: string,
    options: { showDetail: boolean },
  ): Promise<CheckReport> {
    const { mailboxes, checks } = this.#options;
    return checkChannel(await mailboxes.getByProject(projectRef), {
      ...checks,
      ...options,
    });
  }

  /** Starts a consent for the channel's mailbox. */
  async startConsent(options: {
    projectRef: string;
    userRef: string;
    returnOrigin: string;
    returnPath?: string;
  }): Promise<StartedConsent> {
    const { projectRef, ...start } = options;
    const mailbox = await this.#getConsentMailbox(projectRef);
    return this.#options.startConsent({ ...start, mailbox });
  }

  /** Makes a link by which the owner of the channel's mailbox authorizes it. */
  async createLink(options: {
    projectRef: string;
    userRef: string;
    lifetimeHours: number;
  }): Promise<CreatedConsentLink> {
    const { projectRef, userRef, lifetimeHours } = options;
    const mailbox = await this.#getConsentMailbox(projectRef);
    const link = await this.#options.links.create({
      mailbox,
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
    const { mailboxes, links } = this.#options;
    const { id } = await mailboxes.getByProject(projectRef);
    return links.list(id);
  }

  /** @throws NotFoundError also where the link has had its end */
  async revokeLink(options: {
    projectRef: string;
    linkId: string;
    userRef: string;
  }): Promise<void> {
    const { mailboxes, links, journal } = this.#options;
    const { id: mailboxId } = await mailboxes.getByProject(options.projectRef);
    await links.revoke({ id: options.linkId, mailboxId });
    await journal.append({
      mailboxId,
      event: 'link-revoked',
      detail: `by ${options.userRef}`,
    });
  }

  async #getConsentMailbox(projectRef: string): Promise<ConsentMailbox> {
    const mailbox = await this.#options.mailboxes.getByProject(projectRef);
    return {
      id: mailbox.id,
      address: mailbox.address,
      integrationId: mailbox.authentication.integrationId,
    };
  }

  /**
   * Connects the channel's mailbox by the integration's own rights; answers
   * when that is done or has failed.
   */
  async connect(projectRef: string): Promise<Connection> {
    const { mailboxes, connect, wakePolling } = this.#options;
    const mailbox = await mailboxes.getByProject(projectRef);
    const connection = await connect({
      id: mailbox.id,
      address: mailbox.address,
      integrationId: mailbox.authentication.integrationId,
    });
    if (connection.status === 'succeeded') {
      wakePolling();
    }
    return connection;
  }

  async #expectFitting(settings: MailboxSettings): Promise<void> {
    const integration = await this.#options.findIntegration(
      settings.authentication.integrationId,
    );
    const faults = integration
      ? findSettingsFaults(settings, integration)
      : [
          {
            path: 'authentication.integrationId',
            message: 'names no integration',
          },
        ];
    if (faults.length > 0) {
      throw new FieldsError(
        faults.map(fault => ({ ...fault, path: `body.${fault.path}` })),
      );
    }
  }

  async #toChannel(mailbox: Mailbox): Promise<Channel> {
    const { mailboxes, countMessages } = this.#options;
    const integration = await this.#options.findIntegration(
      mailbox.authentication.integrationId,
    );
    const nextVisitAt = await mailboxes.nextVisitAt(mailbox.id);
    const grant = await this.#options.checks.findGrant(mailbox.id);
    return {
      id: mailbox.id,
      projectRef: mailbox.projectRef ?? '',
      version: mailbox.version,
      address: mailbox.address,
      server: mailbox.server,
      folder: mailbox.folder,
      authentication: mailbox.authentication,
      integrationName: integration?.name,
      readBy: grant?.consentedAs,
      grantType: integration?.grantType,
      state: mailbox.state,
      failure: mailbox.failure,
      readingSince: mailbox.readingSince?.toISOString(),
      lastVisitAt: mailbox.lastVisitAt?.toISOString(),
      lastSuccessAt: mailbox.lastSuccessAt?.toISOString(),
      nextVisitAt: nextVisitAt?.toISOString(),
      consentEnd: grant?.end,
      counts: await countMessages(mailbox.id),
      createdAt: mailbox.createdAt.toISOString(),
      updatedAt: mailbox.updatedAt.toISOString(),
    };
  }
}
