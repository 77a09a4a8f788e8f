// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { Db } from './database';
import { createInboxStores, InboxStores } from './inbox';
import { JournalStore } from './journal';
import { ImportStore, MailboxStore } from './mailboxes';
import { CursorStore, GapStore, KnownSourceStore } from './polling';

/** What the plugin's two loops keep in the database. */
export interface Stores extends InboxStores {
  readonly cursors: CursorStore;
  readonly gaps: GapStore;
  readonly imports: ImportStore;
  readonly journal: JournalStore;
  readonly mailboxes: MailboxStore;
  readonly sources: KnownSourceStore;
}

/** Opens the stores that reading and handling mail share with the endpoints. */
export function createStores({
  db,
  logger,
}: {
  db: Db;
  logger: LoggerService;
}): Stores {
  return {
    ...createInboxStores(db),
    cursors: new CursorStore(db),
    gaps: new GapStore(db),
    imports: new ImportStore(db),
    journal: new JournalStore({ db, logger }),
    mailboxes: new MailboxStore(db),
    sources: new KnownSourceStore(db),
  };
}
