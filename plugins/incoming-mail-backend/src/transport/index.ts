// SPDX-License-Identifier: Apache-2.0
export { fetchBatches } from './fetchBatches';
export { isThisMachine } from './isThisMachine';
export { createOpenSession } from './openSession';
export type { OpenSessionOptions } from './openSession';
export type {
  FetchedMessage,
  FolderDates,
  MailSession,
  MessageRef,
  OpenFolder,
  OpenSession,
  SessionCredentials,
  SessionOptions,
  SessionStage,
} from './types';
