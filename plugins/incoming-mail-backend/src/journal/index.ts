// SPDX-License-Identifier: Apache-2.0
export { JournalStore } from './JournalStore';
export type { NewJournalEntry } from './JournalStore';
export { mountJournalRoutes } from './journalRoutes';
