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

// Each check signs in at the mail server, which counts that itself.
const CHECKS_PER_MINUTE = 5;
// So that how soon an answer comes tells little of what is behind a port.
const CHECK_FLOOR_MS = 1_000;
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
  options: { authorizer: Authorizer; channels: ChannelService },
) {
  const { authorizer, channels } = options;
  const checks = new RunLimit({ max: CHECKS_PER_MINUTE, windowMs: 60_000 });
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
      const showDetail = await mayReadIntegrations(authorizer, credentials);
      const check = () =>
        channels.check(projectRefOf(input.params), { showDetail });
      return showDetail ? check() : takeAtLeast(CHECK_FLOOR_MS, check);
    },
  });

  mount(endpoints.pollChannel, {
    authorize: whoMay(authorizer, channelUpdatePermission),
    audit: { none: 'changes nothing but when the next visit is' },
    handle: async ({ input }) => {
      await channels.visitNow(projectRefOf(input.params));
      return undefined;
    },
  });

  mount(endpoints.startConsent, {
    authorize: whoMay(authorizer, channelAuthorizePermission),
    audit: { event: 'consent-start', severity: 'medium', meta: ofProject },
    handle: ({ input, userRef }) =>
      channels.startConsent({
        projectRef: projectRefOf(input.params),
        userRef,
        ...input.body,
      }),
  });

  mount(endpoints.connectChannel, {
    authorize: whoMay(authorizer, channelAuthorizePermission),
    audit: { event: 'channel-connect', severity: 'medium', meta: ofProject },
    handle: async ({ input, userRef }) => {
      connections.take(userRef);
      return channels.connect(projectRefOf(input.params));
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
