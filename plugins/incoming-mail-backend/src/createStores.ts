// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { Db } from './database';
import { InboxStore } from './inbox';
import { JournalStore } from './journal';
import { ImportStore, MailboxStore } from './mailboxes';
import { CursorStore, GapStore, KnownSourceStore } from './polling';

/** What the plugin's two loops keep in the database. */
export interface Stores {
  readonly cursors: CursorStore;
  readonly gaps: GapStore;
  readonly imports: ImportStore;
  readonly inbox: InboxStore;
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
    cursors: new CursorStore(db),
    gaps: new GapStore(db),
    imports: new ImportStore(db),
    inbox: new InboxStore(db),
    journal: new JournalStore({ db, logger }),
    mailboxes: new MailboxStore(db),
    sources: new KnownSourceStore(db),
  };
}
