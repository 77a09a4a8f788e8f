// SPDX-License-Identifier: Apache-2.0
export { fetchBatches } from './fetchBatches';
export { createOpenSession } from './openSession';
export type { OpenSessionOptions } from './openSession';
export { secretOf } from './secretOf';
export type {
  FetchedMessage,
  MailSession,
  MessageRef,
  OpenFolder,
  OpenSession,
  SessionCredentials,
  SessionOptions,
  SessionStage,
} from './types';
