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
    handle: async ({ input, userRef }) => {
      checks.take(userRef);
      return actions.check(await find(input));
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
    handle: async ({ input, userRef }) => {
      checks.take(userRef);
      return channels.activate(projectRefOf(input.params));
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
    handle: async ({ input, userRef }) => {
      checks.take(userRef);
      return actions.preview(await find(input));
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
}
