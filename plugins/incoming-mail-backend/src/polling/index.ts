// SPDX-License-Identifier: Apache-2.0
export { CursorStore } from './CursorStore';
export { PollDispatcher } from './PollDispatcher';
export type { PollOutcome, PollPolicy } from './types';
