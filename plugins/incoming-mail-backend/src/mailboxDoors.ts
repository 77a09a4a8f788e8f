// SPDX-License-Identifier: Apache-2.0
import { Db } from './database';
import { Authorizer, MountEndpoint, RunLimit } from './http';
import { MessageLogStore } from './inbox';
import { JournalStore } from './journal';
import {
  BindingStore,
  ChannelService,
  DraftService,
  DraftStore,
  ImportStore,
  MailboxActions,
  MailboxStore,
  MailServerService,
  MailServerStore,
  mountChannelRoutes,
  mountMailServerRoutes,
  NoticeStore,
  PasswordStore,
} from './mailboxes';
import { OnProven } from './consentHooks';
import { OAuth } from './oauth';
import { createBaseline, CursorStore, KnownSourceStore } from './polling';
import { HandlerRegistry } from './processing';
import { OpenSession } from './transport';

// Each sign-in is counted by the mail server itself, which locks accounts.
const SIGN_INS_PER_MINUTE = 5;

/** What the doors are put together from. */
export interface MailboxDoorsOptions {
  readonly db: Db;
  readonly mailboxes: MailboxStore;
  readonly imports: ImportStore;
  readonly passwords: PasswordStore;
  readonly journal: JournalStore;
  readonly notices: NoticeStore;
  readonly cursors: CursorStore;
  readonly sources: KnownSourceStore;
  readonly messageLog: MessageLogStore;
  readonly oauth: OAuth;
  readonly openSession: OpenSession;
  readonly allowPlaintextLoopback: boolean;
  readonly onProven: OnProven;
  readonly registry: HandlerRegistry;
  /** The handler that a channel's mail goes to. */
  readonly channelHandlerId: string;
  wakePolling(): void;
  wakeProcessing(): void;
}

/** The two doors to mailboxes: projects' channels, and mail servers. */
export interface MailboxDoors {
  readonly drafts: DraftService;
  mountRoutes(mount: MountEndpoint, authorizer: Authorizer): void;
  /** @throws NotFoundError where the project has no channel */
  mailboxIdOf(projectRef: string): Promise<string>;
  /** @throws NotFoundError where there is no such mail server */
  expectMailServer(mailServerId: string): Promise<void>;
}

/** Puts the doors together. */
export function createMailboxDoors(options: MailboxDoorsOptions): MailboxDoors {
  const { db, mailboxes, cursors, messageLog, oauth, registry } = options;
  const servers = new MailServerStore(db);
  const bindings = new BindingStore(db);
  const draftStore = new DraftStore(db);
  const shared = {
    ...options,
    bindings,
    reading: cursors,
    checks: {
      findIntegration: (id: string) => oauth.integrations.find(id),
      findGrant: (mailboxId: string) => oauth.findGrant(mailboxId),
      accessToken: (mailboxId: string, wait: { signal: AbortSignal }) =>
        oauth.vault.accessToken(mailboxId, wait),
      openPassword: (mailboxId: string) => options.passwords.open(mailboxId),
      openSession: options.openSession,
      allowPlaintextLoopback: options.allowPlaintextLoopback,
    },
    findIntegration: (id: string) => oauth.integrations.findChoice(id),
    findGrant: (mailboxId: string) => oauth.findGrant(mailboxId),
    countMessages: (mailboxId: string) => messageLog.count(mailboxId),
    forgetGrant: oauth.forgetGrant,
    moveGrant: oauth.moveGrant,
    findGrantStamp: oauth.findGrantStamp,
    findIntegrationVersion: oauth.findIntegrationVersion,
    holdIntegration: oauth.holdIntegration,
    links: oauth.links,
    startConsent: oauth.consents.startConsent.bind(oauth.consents),
    connect: oauth.applications.connect.bind(oauth.applications),
  };
  const actions = new MailboxActions({
    ...shared,
    findBaseline: (mailboxId, folder) => cursors.findBase(mailboxId, folder),
  });
  const channels = new ChannelService({
    ...shared,
    actions,
    handlerId: options.channelHandlerId,
  });
  const drafts = new DraftService({
    ...shared,
    drafts: draftStore,
    servers,
    judgeBinding: (binding, mailbox) => {
      registry.resolve(binding, mailbox);
    },
    async setBaseline(tx, { mailboxId, seen }) {
      await cursors.forget(tx, mailboxId);
      await createBaseline(tx, { mailboxId, ...seen }, options);
    },
  });
  const mailServers = new MailServerService({
    ...shared,
    actions,
    servers,
    drafts: draftStore,
    draftService: drafts,
  });

  return {
    drafts,
    mailboxIdOf: async projectRef =>
      (await mailboxes.getByProject(projectRef)).id,
    expectMailServer: async id => {
      await servers.get(id);
    },
    mountRoutes(mount, authorizer) {
      // One budget for both doors: it is the same person and, perhaps, server.
      const checks = new RunLimit({
        max: SIGN_INS_PER_MINUTE,
        windowMs: 60_000,
      });
      mountChannelRoutes(mount, { authorizer, channels, checks });
      mountMailServerRoutes(mount, {
        authorizer,
        servers: mailServers,
        drafts,
        checks,
      });
    },
  };
}
