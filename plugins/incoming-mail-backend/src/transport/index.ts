// SPDX-License-Identifier: Apache-2.0
export { fetchBatches } from './fetchBatches';
export { isThisMachine } from './isThisMachine';
export { createOpenSession } from './openSession';
export type { OpenSessionOptions } from './openSession';
export { headDigest } from './headDigest';
export { findReadingStart, readingStart } from './readingStart';
export type { KnownListing, ReadingStart } from './readingStart';
export { secretOf } from './secretOf';
export type {
  FetchedBatch,
  FetchedMessage,
  FetchLimits,
  FolderDates,
  KeyedBy,
  MailFolder,
  MailSession,
  MessageRef,
  OpenFolder,
  OpenSession,
  SessionCredentials,
  SessionOptions,
  SessionStage,
  SettleOutcome,
  SettleRefusal,
} from './types';
