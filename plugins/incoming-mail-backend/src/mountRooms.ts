// SPDX-License-Identifier: Apache-2.0
import { InvariantStore, mountHealthRoutes } from './health';
import { Authorizer, MountEndpoint } from './http';
import { MessageLogStore, mountInboxRoutes, RawMailStore } from './inbox';
import { JournalStore, mountJournalRoutes } from './journal';
import { MailboxDoors } from './mailboxDoors';
import { OAuth } from './oauth';
import {
  HandlerRegistry,
  MessageRuns,
  mountProcessingRoutes,
} from './processing';
import { mountRequestRoutes, RequestStore } from './requests';

/** What the endpoints of the rooms work with. */
export interface MountRoomsOptions {
  readonly authorizer: Authorizer;
  readonly oauth: Pick<OAuth, 'mountRoutes'>;
  readonly doors: Omit<MailboxDoors, 'drafts'>;
  readonly journal: JournalStore;
  readonly messageLog: MessageLogStore;
  readonly rawMails: RawMailStore;
  readonly invariants: InvariantStore;
  readonly requests: RequestStore;
  readonly registry: HandlerRegistry;
  readonly runs: MessageRuns;
}

/** Has each room mount its rows of the endpoint table. */
export function mountRooms(
  mount: MountEndpoint,
  options: MountRoomsOptions,
): void {
  const { authorizer, oauth, doors, journal, messageLog, rawMails } = options;
  const { invariants, requests, registry, runs } = options;
  const { mailboxIdOf, expectMailServer } = doors;
  const shared = { authorizer, mailboxIdOf, expectMailServer };

  oauth.mountRoutes({ mount, authorizer });
  doors.mountRoutes(mount, authorizer);
  mountJournalRoutes(mount, { ...shared, journal });
  mountInboxRoutes(mount, { ...shared, messageLog, rawMails });
  mountHealthRoutes(mount, { authorizer, invariants });
  mountRequestRoutes(mount, { authorizer, requests });
  mountProcessingRoutes(mount, { ...shared, registry, runs });
}
