// SPDX-License-Identifier: Apache-2.0
import type { Failure } from '@postroom/plugin-incoming-mail-common';

/** How far an authorization is, as the page shows it. */
export type AuthorizeState =
  | { status: 'idle' }
  | { status: 'opening' }
  | { status: 'connecting' }
  | { status: 'waiting' }
  /** The tab itself goes to `startUrl` at the next click, and comes back. */
  | { status: 'blocked'; startUrl: string }
  /** The window shows a code that has to be entered here. */
  | { status: 'unclaimed'; claiming: boolean; triesLeft?: number }
  | { status: 'succeeded' }
  | { status: 'failed'; failure: Failure }
  | { status: 'failed'; error: Error }
  | { status: 'cancelled' };

/** Whether something is under way that other buttons wait for. */
export function isUnderWay({ status }: AuthorizeState): boolean {
  return ['opening', 'connecting', 'waiting', 'blocked', 'unclaimed'].includes(
    status,
  );
}
