// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/**
 * Seconds of processor time that this process and all that has ended of its
 * children took; undefined where the system does not tell (it is Linux that
 * does).
 */
export function processorSeconds() {
  let stat;
  try {
    stat = readFileSync('/proc/self/stat', 'utf8');
  } catch {
    return undefined;
  }
  // `pid (name) state …`, and a name may hold anything; then, from the state
  // on, the 12th to 15th: own and children's, in user mode and in the kernel.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + +each, 0);
  return ticks / TICKS_PER_SECOND;
}
