// SPDX-License-Identifier: Apache-2.0
import { isError } from '@backstage/errors';
import {
  channelAuthorizePermission,
  channelCreatePermission,
  channelDeletePermission,
  channelReadPermission,
  channelUpdatePermission,
  endpoints,
  integrationReadPermission,
} from '@postroom/plugin-incoming-mail-common';
import {
  Authorizer,
  MountEndpoint,
  projectRefOf,
  RunLimit,
  takeAtLeast,
  UserCredentials,
  whoMay,
} from '../http';
import { ChannelService } from './ChannelService';

// So that how soon an answer comes tells little of what is behind a port.
const SIGN_IN_FLOOR_MS = 1_000;
const CONNECTIONS_PER_MINUTE = 5;

type ProjectInput = {
  params: { kind: string; namespace: string; name: string };
};

const ofProject = (input: ProjectInput) => ({
  projectRef: projectRefOf(input.params),
});

/** Mounts what can be done with a project's channel. */
export function mountChannelRoutes(
  mount: MountEndpoint,
  options: {
    authorizer: Authorizer;
    channels: ChannelService;
    /** Bounds how often a person has us sign in somewhere. */
    checks: RunLimit;
  },
) {
  const { authorizer, channels, checks } = options;
  const { actions } = channels;
  const find = (input: ProjectInput) =>
    channels.getMailbox(projectRefOf(input.params));
  const connections = new RunLimit({
    max: CONNECTIONS_PER_MINUTE,
    windowMs: 60_000,
  });

  mount(endpoints.getChannel, {
    authorize: whoMay(authorizer, channelReadPermission),
    audit: { none: 'reads what the page polls' },
    handle: ({ input }) => channels.get(projectRefOf(input.params)),
  });

  mount(endpoints.createChannel, {
    authorize: whoMay(authorizer, channelCreatePermission),
    audit: { event: 'channel-create', severity: 'medium', meta: ofProject },
    handle: ({ input, userRef }) =>
      channels.create({
        projectRef: projectRefOf(input.params),
        settings: input.body,
        userRef,
      }),
  });

  mount(endpoints.updateChannel, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { event: 'channel-update', severity: 'medium', meta: ofProject },
    handle: ({ input, userRef }) =>
      channels.update({
        projectRef: projectRefOf(input.params),
        settings: input.body,
        userRef,
      }),
  });

  mount(endpoints.deleteChannel, {
    authorize: whoMay(authorizer, channelDeletePermission),
    audit: { event: 'channel-delete', severity: 'medium', meta: ofProject },
    handle: async ({ input }) => {
      await channels.delete(projectRefOf(input.params));
      return undefined;
    },
  });

  mount(endpoints.checkChannel, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { event: 'channel-check', severity: 'low', meta: ofProject },
    handle: async ({ input, userRef, credentials }) => {
      checks.take(userRef);
      const mailbox = await find(input);
      return signingIn(authorizer, credentials, showDetail =>
        actions.check(mailbox, { showDetail }),
      );
    },
  });

  mount(endpoints.pollChannel, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { none: 'changes nothing but when the next visit is' },
    handle: async ({ input }) => {
      await actions.visitNow(await find(input));
      return undefined;
    },
  });

  mount(endpoints.startConsent, {
    authorize: whoMay(authorizer, channelAuthorizePermission),
    audit: { event: 'consent-start', severity: 'medium', meta: ofProject },
    handle: async ({ input, userRef }) =>
      actions.startConsent(await find(input), { ...input.body, userRef }),
  });

  mount(endpoints.activateChannel, {
    authorize: whoMay(authorizer, channelAuthorizePermission),
    audit: { event: 'channel-activate', severity: 'medium', meta: ofProject },
    handle: async ({ input, userRef, credentials }) => {
      checks.take(userRef);
      return signingIn(authorizer, credentials, showDetail =>
        channels.activate(projectRefOf(input.params), { showDetail }),
      );
    },
  });

  mount(endpoints.pauseChannel, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { event: 'channel-pause', severity: 'medium', meta: ofProject },
    handle: async ({ input, userRef }) => {
      await actions.pause(await find(input), userRef);
      return channels.get(projectRefOf(input.params));
    },
  });

  mount(endpoints.resumeChannel, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { event: 'channel-resume', severity: 'medium', meta: ofProject },
    handle: async ({ input, userRef }) => {
      await actions.resume(await find(input), userRef);
      return channels.get(projectRefOf(input.params));
    },
  });

  mount(endpoints.previewChannel, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { event: 'channel-preview', severity: 'low', meta: ofProject },
    handle: async ({ input, userRef, credentials }) => {
      checks.take(userRef);
      const mailbox = await find(input);
      return signingIn(authorizer, credentials, () => actions.preview(mailbox));
    },
  });

  mount(endpoints.listChannelFolders, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { event: 'channel-folders', severity: 'low', meta: ofProject },
    handle: async ({ input, userRef, credentials }) => {
      checks.take(userRef);
      const mailbox = await find(input);
      return signingIn(authorizer, credentials, () =>
        actions.listFolders(mailbox),
      );
    },
  });

  mount(endpoints.startChannelImport, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { event: 'channel-import', severity: 'medium', meta: ofProject },
    handle: async ({ input, userRef }) =>
      actions.startImport(await find(input), input.body, userRef),
  });

  mount(endpoints.cancelChannelImport, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { event: 'channel-import-cancel', severity: 'low', meta: ofProject },
    handle: async ({ input, userRef }) => {
      await actions.cancelImport(await find(input), userRef);
      return undefined;
    },
  });

  mount(endpoints.connectChannel, {
    authorize: whoMay(authorizer, channelAuthorizePermission),
    audit: { event: 'channel-connect', severity: 'medium', meta: ofProject },
    handle: async ({ input, userRef }) => {
      connections.take(userRef);
      return actions.connect(await find(input));
    },
  });

  mount(endpoints.createConsentLink, {
    authorize: whoMay(authorizer, channelAuthorizePermission),
    audit: {
      event: 'consent-link-create',
      severity: 'medium',
      meta: ofProject,
    },
    handle: ({ input, userRef }) =>
      channels.createLink({
        projectRef: projectRefOf(input.params),
        userRef,
        lifetimeHours: input.body.lifetimeHours,
      }),
  });

  mount(endpoints.listConsentLinks, {
    authorize: whoMay(authorizer, channelAuthorizePermission),
    audit: {
      none: 'reads what the page shows; the links’ secrets are not stored',
    },
    handle: async ({ input }) => ({
      items: await channels.listLinks(projectRefOf(input.params)),
    }),
  });

  mount(endpoints.revokeConsentLink, {
    authorize: whoMay(authorizer, channelAuthorizePermission),
    audit: {
      event: 'consent-link-revoke',
      severity: 'medium',
      meta: input => ({ ...ofProject(input), linkId: input.params.linkId }),
    },
    handle: async ({ input, userRef }) => {
      await channels.revokeLink({
        projectRef: projectRefOf(input.params),
        linkId: input.params.linkId,
        userRef,
      });
      return undefined;
    },
  });
}

/**
 * Signs in somewhere for a person. What the server said, and how soon, is for
 * administrators: to others it would tell what is behind a port.
 */
async function signingIn<T>(
  authorizer: Authorizer,
  credentials: UserCredentials,
  work: (showDetail: boolean) => Promise<T>,
): Promise<T> {
  const showDetail = await mayReadIntegrations(authorizer, credentials);
  return showDetail
    ? work(true)
    : takeAtLeast(SIGN_IN_FLOOR_MS, () => work(false));
}

/** Whether a person is one of those who see integrations: an administrator. */
async function mayReadIntegrations(
  authorizer: Authorizer,
  credentials: UserCredentials,
): Promise<boolean> {
  try {
    await authorizer.global(credentials, integrationReadPermission);
    return true;
  } catch (error) {
    if (isError(error) && error.name === 'NotAllowedError') {
      return false;
    }
    throw error;
  }
}
