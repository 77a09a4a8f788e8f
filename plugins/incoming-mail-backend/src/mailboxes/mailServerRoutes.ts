// SPDX-License-Identifier: Apache-2.0
import {
  endpoints,
  mailServerAuthorizePermission,
  mailServerCreatePermission,
  mailServerDeletePermission,
  mailServerReadPermission,
  mailServerUpdatePermission,
} from '@postroom/plugin-incoming-mail-common';
import { BasicPermission } from '@backstage/plugin-permission-common';
import { Authorizer, MountEndpoint, RunLimit, UserCredentials } from '../http';
import { DraftService } from './DraftService';
import { MailServerService } from './MailServerService';

/** What the routes need. */
export interface MailServerRoutesOptions {
  readonly authorizer: Authorizer;
  readonly servers: MailServerService;
  readonly drafts: DraftService;
  /** Bounds how often a person has us sign in somewhere. */
  readonly checks: RunLimit;
}

type ServerInput = { params: { mailServerId: string } };
type DraftInput = { params: { draftId: string } };

const ofServer = ({ params }: ServerInput) => ({
  mailServerId: params.mailServerId,
});
const ofDraft = ({ params }: DraftInput) => ({ draftId: params.draftId });

/** Mounts what administrators do with mail servers and with drafts of them. */
export function mountMailServerRoutes(
  mount: MountEndpoint,
  options: MailServerRoutesOptions,
) {
  const { servers, checks } = options;
  const { actions } = servers;
  const may = permissionOf(options.authorizer);
  const read = may(mailServerReadPermission);
  const create = may(mailServerCreatePermission);
  const update = may(mailServerUpdatePermission);
  const find = ({ params }: ServerInput) =>
    servers.getMailbox(params.mailServerId);

  mount(endpoints.listMailServers, {
    authorize: read,
    audit: { none: 'reads what the page polls' },
    handle: ({ input }) => servers.list(input.query),
  });

  mount(endpoints.createMailServer, {
    authorize: create,
    audit: {
      event: 'mail-server-create',
      severity: 'high',
      meta: ({ body }) => ({ draftId: body.draftId }),
    },
    handle: ({ input, userRef }) => servers.create(input.body.draftId, userRef),
  });

  mount(endpoints.getMailServer, {
    authorize: read,
    audit: { none: 'reads what the page polls' },
    handle: ({ input }) => servers.get(input.params.mailServerId),
  });

  mount(endpoints.updateMailServer, {
    authorize: update,
    audit: { event: 'mail-server-update', severity: 'high', meta: ofServer },
    handle: ({ input, userRef }) =>
      servers.update(input.params.mailServerId, { ...input.body, userRef }),
  });

  mount(endpoints.deleteMailServer, {
    authorize: may(mailServerDeletePermission),
    audit: { event: 'mail-server-delete', severity: 'high', meta: ofServer },
    handle: async ({ input }) => {
      await servers.delete(input.params.mailServerId);
      return undefined;
    },
  });

  mount(endpoints.pauseMailServer, {
    authorize: update,
    audit: { event: 'mail-server-pause', severity: 'medium', meta: ofServer },
    handle: async ({ input, userRef }) => {
      await actions.pause(await find(input), userRef);
      return servers.get(input.params.mailServerId);
    },
  });

  mount(endpoints.resumeMailServer, {
    authorize: update,
    audit: { event: 'mail-server-resume', severity: 'medium', meta: ofServer },
    handle: async ({ input, userRef }) => {
      await actions.resume(await find(input), userRef);
      return servers.get(input.params.mailServerId);
    },
  });

  mount(endpoints.checkMailServer, {
    authorize: update,
    audit: { event: 'mail-server-check', severity: 'low', meta: ofServer },
    handle: async ({ input, userRef }) => {
      const mailbox = await find(input);
      checks.take(userRef);
      return actions.check(mailbox, { showDetail: true });
    },
  });

  mount(endpoints.pollMailServer, {
    authorize: update,
    audit: { none: 'changes nothing but when the next visit is' },
    handle: async ({ input }) => {
      await actions.visitNow(await find(input));
      return undefined;
    },
  });

  mount(endpoints.startMailServerConsent, {
    authorize: may(mailServerAuthorizePermission),
    audit: { event: 'consent-start', severity: 'medium', meta: ofServer },
    handle: async ({ input, userRef }) =>
      actions.startConsent(await find(input), { ...input.body, userRef }),
  });

  mount(endpoints.connectMailServer, {
    authorize: may(mailServerAuthorizePermission),
    audit: { event: 'mail-server-connect', severity: 'medium', meta: ofServer },
    handle: async ({ input, userRef }) => {
      const mailbox = await find(input);
      checks.take(userRef);
      return actions.connect(mailbox);
    },
  });

  mount(endpoints.previewMailServer, {
    authorize: update,
    audit: { event: 'mail-server-preview', severity: 'low', meta: ofServer },
    handle: async ({ input, userRef }) => {
      const mailbox = await find(input);
      checks.take(userRef);
      return actions.preview(mailbox);
    },
  });

  mount(endpoints.startMailServerImport, {
    authorize: update,
    audit: { event: 'mail-server-import', severity: 'medium', meta: ofServer },
    handle: async ({ input, userRef }) =>
      actions.startImport(await find(input), input.body, userRef),
  });

  mount(endpoints.cancelMailServerImport, {
    authorize: update,
    audit: {
      event: 'mail-server-import-cancel',
      severity: 'low',
      meta: ofServer,
    },
    handle: async ({ input, userRef }) => {
      await actions.cancelImport(await find(input), userRef);
      return undefined;
    },
  });

  mountDraftRoutes(mount, options);
}

/** A draft is to everybody but its owner as if it did not exist. */
function mountDraftRoutes(
  mount: MountEndpoint,
  { authorizer, drafts, checks }: MailServerRoutesOptions,
) {
  const may = permissionOf(authorizer);
  const create = may(mailServerCreatePermission);
  const update = may(mailServerUpdatePermission);
  const read = may(mailServerReadPermission);
  // Whether it is of a new mail server or of one that there is, whoever may
  // read them and opened it may go on with it: saving asks again.
  const open = ({
    credentials,
    input,
  }: {
    credentials: UserCredentials;
    input: { body: { serverId?: string } };
  }) => (input.body.serverId ? update : create)({ credentials });

  mount(endpoints.createMailServerDraft, {
    authorize: open,
    audit: {
      event: 'mail-server-draft-create',
      severity: 'low',
      meta: ({ body }) => ({ mailServerId: body.serverId ?? 'new' }),
    },
    handle: ({ input, userRef }) => drafts.create(input.body, userRef),
  });

  mount(endpoints.getMailServerDraft, {
    authorize: read,
    audit: { none: 'reads one’s own settings without secrets' },
    handle: ({ input, userRef }) => drafts.get(input.params.draftId, userRef),
  });

  mount(endpoints.updateMailServerDraft, {
    authorize: read,
    audit: {
      event: 'mail-server-draft-update',
      severity: 'low',
      meta: ({ params, body }) => ({
        draftId: params.draftId,
        host: body.settings.server.host,
      }),
    },
    handle: ({ input, userRef }) =>
      drafts.update(input.params.draftId, input.body.settings, userRef),
  });

  mount(endpoints.deleteMailServerDraft, {
    authorize: read,
    audit: {
      event: 'mail-server-draft-delete',
      severity: 'low',
      meta: ofDraft,
    },
    handle: async ({ input, userRef }) => {
      await drafts.delete(input.params.draftId, userRef);
      return undefined;
    },
  });

  mount(endpoints.startDraftConsent, {
    authorize: may(mailServerAuthorizePermission),
    audit: { event: 'consent-start', severity: 'medium', meta: ofDraft },
    handle: ({ input, userRef }) =>
      drafts.startConsent(input.params.draftId, { ...input.body, userRef }),
  });

  mount(endpoints.connectMailServerDraft, {
    authorize: may(mailServerAuthorizePermission),
    audit: {
      event: 'mail-server-draft-connect',
      severity: 'medium',
      meta: ofDraft,
    },
    handle: async ({ input, userRef }) => {
      const draft = await drafts.find(input.params.draftId, userRef);
      checks.take(userRef);
      return drafts.connect(draft);
    },
  });

  mount(endpoints.checkMailServerDraft, {
    authorize: read,
    audit: { event: 'mail-server-draft-check', severity: 'low', meta: ofDraft },
    handle: async ({ input, userRef }) => {
      const draft = await drafts.find(input.params.draftId, userRef);
      checks.take(userRef);
      return drafts.test(draft, userRef);
    },
  });

  mount(endpoints.listMailServerDraftFolders, {
    authorize: read,
    audit: {
      event: 'mail-server-draft-folders',
      severity: 'low',
      meta: ofDraft,
    },
    handle: async ({ input, userRef }) => {
      const draft = await drafts.find(input.params.draftId, userRef);
      checks.take(userRef);
      return drafts.listFolders(draft);
    },
  });
}

function permissionOf(authorizer: Authorizer) {
  return (permission: BasicPermission) =>
    ({ credentials }: { credentials: UserCredentials }) =>
      authorizer.global(credentials, permission);
}
