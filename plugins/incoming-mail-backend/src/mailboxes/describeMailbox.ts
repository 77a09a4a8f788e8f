// SPDX-License-Identifier: Apache-2.0
import {
  Channel,
  DEFAULT_TIMEOUT_SECONDS,
  HandlerBinding as WantedBinding,
  handlerSettingsSchema,
  IntegrationChoice,
  StoredAuthentication,
} from '@postroom/plugin-incoming-mail-common';
import { GrantFacts } from '../oauth';
import { ImportStore } from './ImportStore';
import { MailboxStore } from './MailboxStore';
import { HandlerBinding, Mailbox } from './types';

/** What both doors say of a mailbox. */
export type MailboxDescription = Omit<
  Channel,
  'projectRef' | 'requestDefaults'
>;

/** Where that is known. */
export interface DescribeMailboxDeps {
  readonly mailboxes: MailboxStore;
  readonly imports: ImportStore;
  /** What owners have to know of an integration, and no more. */
  findIntegration(id: string): Promise<IntegrationChoice | undefined>;
  /** Undefined where nobody has authorized the mailbox. */
  findGrant(mailboxId: string): Promise<GrantFacts | undefined>;
  countMessages(
    mailboxId: string,
  ): Promise<Omit<Channel['counts'], 'onServer'>>;
}

/** A mailbox as its page shows it, without any secret. */
export async function describeMailbox(
  mailbox: Mailbox,
  deps: DescribeMailboxDeps,
): Promise<MailboxDescription> {
  const { mailboxes, imports, countMessages } = deps;
  const nextVisitAt = mailbox.pausedAt
    ? undefined
    : await mailboxes.nextVisitAt(mailbox.id);
  const grant = await deps.findGrant(mailbox.id);
  return {
    ...describeSettings(mailbox),
    id: mailbox.id,
    version: mailbox.version,
    ...(await describeIntegration(mailbox, deps)),
    readBy: grant?.consentedAs,
    afterStoringRefusal: mailbox.afterStoringRefusal,
    state: mailbox.pausedAt ? 'paused' : mailbox.state,
    failure: mailbox.failure,
    readingSince: mailbox.readingSince?.toISOString(),
    lastVisitAt: mailbox.lastVisitAt?.toISOString(),
    lastSuccessAt: mailbox.lastSuccessAt?.toISOString(),
    nextVisitAt: nextVisitAt?.toISOString(),
    consentEnd: grant?.end,
    counts: {
      ...(await countMessages(mailbox.id)),
      onServer: mailbox.leftOnServer,
    },
    lastImport: await imports.findLatest(mailbox.id),
    createdAt: mailbox.createdAt.toISOString(),
    updatedAt: mailbox.updatedAt.toISOString(),
  };
}

/** The settings that channels, mail servers and drafts have in common. */
export function describeSettings(mailbox: Mailbox) {
  return {
    address: mailbox.address,
    server: mailbox.server,
    folder: mailbox.folder,
    authentication: describeAuthentication(mailbox),
    aliases: [...mailbox.aliases],
    afterStoring: mailbox.afterStoring,
  };
}

/** What a mail server, or a draft of one, has besides. */
export function describeIdentity(
  mailbox: Mailbox,
  bindings: readonly HandlerBinding[],
) {
  return {
    name: mailbox.name ?? mailbox.address,
    description: mailbox.description,
    timeoutSeconds: mailbox.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    handlers: toWantedBindings(bindings),
    enabled: mailbox.pausedAt === undefined,
  };
}

/** Bindings as they can be saved again. */
export function toWantedBindings(
  bindings: readonly HandlerBinding[],
): WantedBinding[] {
  return bindings.map(({ handlerId, settings }) => ({
    handlerId,
    // A spoiled row is shown as none, to be entered again.
    settings: handlerSettingsSchema.safeParse(settings).data ?? {},
  }));
}

/** What people may know of a mailbox's integration; nothing with a password. */
export async function describeIntegration(
  { authentication }: Mailbox,
  deps: Pick<DescribeMailboxDeps, 'findIntegration'>,
) {
  const integration =
    authentication.method === 'oauth'
      ? await deps.findIntegration(authentication.integrationId)
      : undefined;
  return {
    integrationName: integration?.name,
    grantType: integration?.grantType,
  };
}

function describeAuthentication({
  authentication,
  password,
}: Mailbox): StoredAuthentication {
  return authentication.method === 'oauth'
    ? authentication
    : {
        ...authentication,
        passwordSet: password !== undefined,
        passwordUpdatedAt: password?.updatedAt.toISOString(),
      };
}
