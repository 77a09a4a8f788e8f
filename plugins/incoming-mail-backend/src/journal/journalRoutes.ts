// SPDX-License-Identifier: Apache-2.0
import {
  channelReadPermission,
  endpoints,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint, projectRefOf, whoMay } from '../http';
import { JournalStore } from './JournalStore';

/** What the routes need. */
export interface JournalRoutesOptions {
  readonly authorizer: Authorizer;
  readonly journal: JournalStore;
  /** @throws NotFoundError where the project has no channel */
  mailboxIdOf(projectRef: string): Promise<string>;
}

/** Mounts the journal of a channel. */
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
}
