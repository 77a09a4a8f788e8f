// SPDX-License-Identifier: Apache-2.0
export { ChannelService } from './ChannelService';
export { mountChannelRoutes } from './channelRoutes';
export { stateAfterVisit } from './mailboxHealth';
export { MailboxStore } from './MailboxStore';
export type { MailboxHealth, MailboxSettings } from './MailboxStore';
export { proveMailbox } from './proveMailbox';
export type { HandlerBinding, Mailbox } from './types';
