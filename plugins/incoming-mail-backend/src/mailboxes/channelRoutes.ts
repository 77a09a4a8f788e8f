// SPDX-License-Identifier: Apache-2.0
import {
  channelAuthorizePermission,
  channelCreatePermission,
  channelDeletePermission,
  channelReadPermission,
  channelUpdatePermission,
  endpoints,
} from '@postroom/plugin-incoming-mail-common';
import {
  Authorizer,
  MountEndpoint,
  projectRefOf,
  RunLimit,
  whoMay,
} from '../http';
import { ChannelService } from './ChannelService';

// Each check signs in at the mail server, which counts that itself.
const CHECKS_PER_MINUTE = 5;
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
    handle: async ({ input, userRef }) => {
      checks.take(userRef);
      return channels.check(projectRefOf(input.params));
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
        returnOrigin: input.body.returnOrigin,
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
}
