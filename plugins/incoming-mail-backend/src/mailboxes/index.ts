// SPDX-License-Identifier: Apache-2.0
export { announceConsentEnds } from './announceConsentEnds';
export { announceExpiry } from './announceExpiry';
export { announceHealth } from './announceHealth';
export type { HealthNews } from './announceHealth';
export { ChannelService } from './ChannelService';
export { mountChannelRoutes } from './channelRoutes';
export { stateAfterVisit } from './mailboxHealth';
export { MailboxStore } from './MailboxStore';
export type { MailboxHealth, MailboxSettings } from './MailboxStore';
export { NoticeStore } from './NoticeStore';
export type { Notice } from './NoticeStore';
export { proveMailbox } from './proveMailbox';
export { createPortalNotifier, sendNotices } from './sendNotices';
export type { Notifier } from './sendNotices';
export type { HandlerBinding, Mailbox } from './types';
