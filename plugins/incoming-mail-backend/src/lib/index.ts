// SPDX-License-Identifier: Apache-2.0
export { backoffMs } from './backoff';
export type { BackoffPolicy } from './backoff';
export { boundedHtml, MAX_HTML_DEPTH } from './boundedHtml';
export { sleep } from './sleep';
export { startPipeline } from './startPipeline';
export type { Pipeline, PipelineOptions } from './startPipeline';
