// SPDX-License-Identifier: Apache-2.0
export { AccountGate } from './AccountGate';
export { AccountGateStore } from './AccountGateStore';
export { createBaseline } from './createBaseline';
export { CursorStore } from './CursorStore';
export { GapStore } from './GapStore';
export { KnownSourceStore } from './KnownSourceStore';
export { PollDispatcher } from './PollDispatcher';
export type { PollDispatcherOptions } from './PollDispatcher';
export type { PollDeps, PollOutcome, PollPolicy } from './types';
export { relievedBelow } from './VisitBudget';
