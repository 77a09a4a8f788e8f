// SPDX-License-Identifier: Apache-2.0
import {
  endpoints,
  messageReadPermission,
  messageReadRawPermission,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint, projectRefOf, whoMay } from '../http';
import { InboxStore } from './InboxStore';

/** What the routes need. */
export interface InboxRoutesOptions {
  readonly authorizer: Authorizer;
  readonly inbox: InboxStore;
  /** @throws NotFoundError where the project has no channel */
  mailboxIdOf(projectRef: string): Promise<string>;
}

/** Mounts the mail log of a project and the download of a mail. */
export function mountInboxRoutes(
  mount: MountEndpoint,
  options: InboxRoutesOptions,
) {
  const { authorizer, inbox, mailboxIdOf } = options;

  mount(endpoints.listMessages, {
    authorize: whoMay(authorizer, messageReadPermission),
    audit: { none: 'reads what the page polls' },
    handle: async ({ input }) =>
      inbox.list(await mailboxIdOf(projectRefOf(input.params)), input.query),
  });

  mount(endpoints.downloadMessage, {
    authorize: whoMay(authorizer, messageReadRawPermission),
    audit: {
      event: 'message-download',
      severity: 'medium',
      meta: input => ({
        projectRef: projectRefOf(input.params),
        messageId: input.params.messageId,
      }),
    },
    handle: async ({ input }) => {
      const mailboxId = await mailboxIdOf(projectRefOf(input.params));
      const message = await inbox.get(mailboxId, input.params.messageId);
      return inbox.readRaw(message.id);
    },
  });
}
