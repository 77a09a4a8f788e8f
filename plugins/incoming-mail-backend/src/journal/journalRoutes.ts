// SPDX-License-Identifier: Apache-2.0
import {
  channelReadPermission,
  endpoints,
  mailServerReadPermission,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint, projectRefOf, whoMay } from '../http';
import { JournalStore } from './JournalStore';

/** What the routes need. */
export interface JournalRoutesOptions {
  readonly authorizer: Authorizer;
  readonly journal: JournalStore;
  /** @throws NotFoundError where the project has no channel */
  mailboxIdOf(projectRef: string): Promise<string>;
  /** @throws NotFoundError where there is no such mail server */
  expectMailServer(mailServerId: string): Promise<void>;
}

/** Mounts the journals of channels and of mail servers. */
export function mountJournalRoutes(
  mount: MountEndpoint,
  options: JournalRoutesOptions,
) {
  mount(endpoints.listJournal, {
    authorize: whoMay(options.authorizer, channelReadPermission),
    audit: { none: 'reads what the page polls' },
    handle: async ({ input }) =>
      options.journal.list(
        await options.mailboxIdOf(projectRefOf(input.params)),
        input.query,
      ),
  });

  mount(endpoints.listMailServerJournal, {
    authorize: ({ credentials }) =>
      options.authorizer.global(credentials, mailServerReadPermission),
    audit: { none: 'reads what the page polls' },
    handle: async ({ input }) => {
      const { mailServerId } = input.params;
      await options.expectMailServer(mailServerId);
      return options.journal.list(mailServerId, input.query);
    },
  });
}
