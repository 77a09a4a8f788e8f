// SPDX-License-Identifier: Apache-2.0
import {
  ChannelState,
  FailureCode,
  failures,
} from '@postroom/plugin-incoming-mail-common';

/**
 * The state of a mailbox after a visit: active after one that went well, else
 * what the failure catalogue says. A failure that says nothing about the
 * mailbox leaves the state as it was.
 */
export function stateAfterVisit(
  current: ChannelState,
  failure: FailureCode | undefined,
): ChannelState {
  return failure ? failures[failure].health ?? current : 'active';
}
