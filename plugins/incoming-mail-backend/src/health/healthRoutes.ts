// SPDX-License-Identifier: Apache-2.0
import {
  endpoints,
  mailServerReadPermission,
} from '@postroom/plugin-incoming-mail-common';
import { Authorizer, MountEndpoint, RunLimit } from '../http';
import { InvariantStore } from './InvariantStore';

/**
 * Mounts what operators ask for. Whoever may see mail servers may see the ids
 * of records that are not as they should be; nothing of a mail is shown.
 */
export function mountHealthRoutes(
  mount: MountEndpoint,
  options: { authorizer: Authorizer; invariants: InvariantStore },
) {
  // Each run goes through all mail.
  const limit = new RunLimit({ max: 6, windowMs: 60_000 });

  mount(endpoints.checkInvariants, {
    authorize: ({ credentials }) =>
      options.authorizer.global(credentials, mailServerReadPermission),
    audit: { none: 'counts records, and names some by their ids' },
    handle: async ({ userRef }) => {
      limit.take(userRef);
      return options.invariants.check();
    },
  });
}
