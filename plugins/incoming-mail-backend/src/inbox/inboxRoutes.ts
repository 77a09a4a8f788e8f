// SPDX-License-Identifier: Apache-2.0
import {
  endpoints,
  mailServerReadPermission,
  mailServerReadRawPermission,
  messageReadPermission,
  messageReadRawPermission,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint, projectRefOf, whoMay } from '../http';
import { MessageLogStore } from './MessageLogStore';
import { RawMailStore } from './RawMailStore';

/** What the routes need. */
export interface InboxRoutesOptions {
  readonly authorizer: Authorizer;
  readonly messageLog: MessageLogStore;
  readonly rawMails: RawMailStore;
  /** @throws NotFoundError where the project has no channel */
  mailboxIdOf(projectRef: string): Promise<string>;
  /** @throws NotFoundError where there is no such mail server */
  expectMailServer(mailServerId: string): Promise<void>;
}

/**
 * Mounts the mail logs of projects and of mail servers, and the download of a
 * mail. To see what arrives and what becomes of it is one right, to read the
 * mails themselves is another: at both doors.
 */
export function mountInboxRoutes(
  mount: MountEndpoint,
  options: InboxRoutesOptions,
) {
  const { authorizer, messageLog, rawMails, mailboxIdOf, expectMailServer } =
    options;

  mount(endpoints.listMessages, {
    authorize: whoMay(authorizer, messageReadPermission),
    audit: { none: 'reads what the page polls' },
    handle: async ({ input }) =>
      messageLog.list(
        await mailboxIdOf(projectRefOf(input.params)),
        input.query,
      ),
  });

  mount(endpoints.listMailServerMessages, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, mailServerReadPermission),
    audit: { none: 'reads what the page polls' },
    handle: async ({ input }) => {
      const { mailServerId } = input.params;
      await expectMailServer(mailServerId);
      return messageLog.list(mailServerId, input.query);
    },
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
      const message = await messageLog.get(mailboxId, input.params.messageId);
      return rawMails.read(message.id);
    },
  });

  mount(endpoints.downloadMailServerMessage, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, mailServerReadRawPermission),
    audit: {
      event: 'message-download',
      severity: 'medium',
      meta: ({ params }) => ({ ...params }),
    },
    handle: async ({ input }) => {
      const { mailServerId, messageId } = input.params;
      await expectMailServer(mailServerId);
      const message = await messageLog.get(mailServerId, messageId);
      return rawMails.read(message.id);
    },
  });
}
