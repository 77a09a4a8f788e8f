// SPDX-License-Identifier: Apache-2.0
export { createGuardedFetch } from './guardedFetch';
export type {
  GuardedFetch,
  GuardedFetchOptions,
  GuardedRequest,
} from './guardedFetch';
export { createHostPolicy, isLoopback } from './hostPolicy';
export type { HostPolicy } from './hostPolicy';
export { networkFailureCode } from './networkFailureCode';
export { pinnedLookup, resolveHost } from './resolveHost';
export type { Lookup, PinnedAddress } from './resolveHost';
export { trustedAuthorities } from './trustedAuthorities';
export { DeadlineError, withDeadline } from './withDeadline';
