// SPDX-License-Identifier: Apache-2.0
export { InboxStore } from './InboxStore';
export { mountInboxRoutes } from './inboxRoutes';
export { RawMailStore } from './RawMailStore';
export * from './types';
