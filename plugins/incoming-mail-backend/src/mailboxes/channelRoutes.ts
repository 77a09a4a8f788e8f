// SPDX-License-Identifier: Apache-2.0
import {
  channelAuthorizePermission,
  channelCreatePermission,
  channelDeletePermission,
  channelReadPermission,
  channelUpdatePermission,
  endpoints,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint, projectRefOf } from '../http';
import { ChannelService } from './ChannelService';

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

  mount(endpoints.getChannel, {
    authorize: ({ credentials, input }) =>
      authorizer.project(
        credentials,
        channelReadPermission,
        projectRefOf(input.params),
      ),
    audit: { none: 'reads what the page polls' },
    handle: ({ input }) => channels.get(projectRefOf(input.params)),
  });

  mount(endpoints.createChannel, {
    authorize: ({ credentials, input }) =>
      authorizer.project(
        credentials,
        channelCreatePermission,
        projectRefOf(input.params),
      ),
    audit: { event: 'channel-create', severity: 'medium', meta: ofProject },
    handle: ({ input, userRef }) =>
      channels.create({
        projectRef: projectRefOf(input.params),
        settings: input.body,
        userRef,
      }),
  });

  mount(endpoints.updateChannel, {
    authorize: ({ credentials, input }) =>
      authorizer.project(
        credentials,
        channelUpdatePermission,
        projectRefOf(input.params),
      ),
    audit: { event: 'channel-update', severity: 'medium', meta: ofProject },
    handle: ({ input, userRef }) =>
      channels.update({
        projectRef: projectRefOf(input.params),
        settings: input.body,
        userRef,
      }),
  });

  mount(endpoints.deleteChannel, {
    authorize: ({ credentials, input }) =>
      authorizer.project(
        credentials,
        channelDeletePermission,
        projectRefOf(input.params),
      ),
    audit: { event: 'channel-delete', severity: 'medium', meta: ofProject },
    handle: async ({ input }) => {
      await channels.delete(projectRefOf(input.params));
      return undefined;
    },
  });

  mount(endpoints.pollChannel, {
    authorize: ({ credentials, input }) =>
      authorizer.project(
        credentials,
        channelUpdatePermission,
        projectRefOf(input.params),
      ),
    audit: { none: 'changes nothing but when the next visit is' },
    handle: async ({ input }) => {
      await channels.visitNow(projectRefOf(input.params));
      return undefined;
    },
  });

  mount(endpoints.startConsent, {
    authorize: ({ credentials, input }) =>
      authorizer.project(
        credentials,
        channelAuthorizePermission,
        projectRefOf(input.params),
      ),
    audit: { event: 'consent-start', severity: 'medium', meta: ofProject },
    handle: ({ input, userRef }) =>
      channels.startConsent({
        projectRef: projectRefOf(input.params),
        userRef,
        returnOrigin: input.body.returnOrigin,
      }),
  });
}
