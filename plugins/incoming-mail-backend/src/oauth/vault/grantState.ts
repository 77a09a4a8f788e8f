// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

// The life of a grant
//
// A consent makes it active. While it is active its tokens are renewed again
// and again; a renewal that fails for now leaves it active. It ends by the
// provider (revoked) or by an administrator who pointed the integration
// elsewhere; then its tokens are gone and only a new consent helps.
//
// That a renewal is under way, or that one has to wait after a failure, is not
// a state: both are times in the row that pass by themselves, so a replica
// that dies leaves nothing behind.

export const grantStateSchema = z.enum(['active', 'needs-consent']);

/** Whether a grant can be used. */
export type GrantState = z.infer<typeof grantStateSchema>;

/** What happens to a grant. */
export type GrantEvent =
  | 'consented'
  | 'refreshed'
  | 'refresh-failed'
  | 'revoked'
  | 'integration-changed';

const transitions: Readonly<
  Record<GrantState, Partial<Record<GrantEvent, GrantState>>>
> = {
  active: {
    consented: 'active',
    refreshed: 'active',
    'refresh-failed': 'active',
    revoked: 'needs-consent',
    'integration-changed': 'needs-consent',
  },
  'needs-consent': {
    consented: 'active',
    'integration-changed': 'needs-consent',
  },
};

/** The state after an event; undefined where the event cannot happen. */
export function nextGrantState(
  state: GrantState,
  event: GrantEvent,
): GrantState | undefined {
  return transitions[state][event];
}

/** The states in which an event can happen: what an UPDATE has to ask for. */
export function statesBefore(event: GrantEvent): GrantState[] {
  return grantStateSchema.options.filter(
    state => nextGrantState(state, event) !== undefined,
  );
}

// The shares of a token's life at which it is renewed ahead.
const LATE = 0.8;
const EARLIEST = 0.5;
const AHEAD_MS = 300_000;
const JITTER = 0.05;

/**
 * How long after its issue a token is renewed ahead: at 80 % of its life or
 * five minutes before its end, whichever is first, though never in the first
 * half. Moved forward by the jitter, so that mailboxes that were authorized
 * together do not renew together.
 *
 * @param random - a number from 0 to below 1
 */
export function refreshAheadMs(
  expiresInMs: number,
  random: () => number,
): number {
  const latest = Math.max(
    Math.min(expiresInMs * LATE, expiresInMs - AHEAD_MS),
    expiresInMs * EARLIEST,
  );
  return Math.round(latest - expiresInMs * JITTER * random());
}
