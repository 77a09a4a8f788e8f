// SPDX-License-Identifier: Apache-2.0
import { isLoopback } from '../egress';

/**
 * Whether a host is this very machine by its name or address. A name that
 * merely resolves to it is not: what it resolves to may change.
 */
export function isThisMachine(host: string): boolean {
  return host === 'localhost' || isLoopback(host);
}
