// SPDX-License-Identifier: Apache-2.0
export { HandlerRegistry } from './handle/HandlerRegistry';
export { MessageRuns } from './MessageRuns';
export { openParser } from './parse/openParser';
export { mountProcessingRoutes } from './processingRoutes';
export { ProcessingWorker } from './ProcessingWorker';
export type { ProcessingWorkerOptions } from './ProcessingWorker';
export type {
  MailboxDirectory,
  OnProcessingOutcome,
  ProcessingOutcome,
} from './types';
