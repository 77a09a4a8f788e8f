// SPDX-License-Identifier: Apache-2.0
export type { AcknowledgementStore } from './AcknowledgementStore';
export type { AttemptStore } from './AttemptStore';
export { createInboxStores } from './createInboxStores';
export type { InboxStores } from './createInboxStores';
export type { InboxStore } from './InboxStore';
export { mountInboxRoutes } from './inboxRoutes';
export type { MessageLogStore } from './MessageLogStore';
export type { MessageQueueStore } from './MessageQueueStore';
export type { RawMailStore } from './RawMailStore';
export * from './types';
