// SPDX-License-Identifier: Apache-2.0
export { InboxStore } from './InboxStore';
export { mountInboxRoutes } from './inboxRoutes';
export * from './types';
