// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';

/** proc(5), stat: ended, and only not yet asked for how. */
const DEAD = new Set(['Z', 'X']);

/**
 * The ids of the processes of a group that are alive, by Linux's own table. A
 * signal would also reach those that have ended and wait for the system's first
 * process to take note, which may take seconds.
 */
export async function livingProcesses(group: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  const members = await Promise.all(
    pids.map(async pid => {
      // Gone since the listing.
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      // `pid (name) state parent group …`; a name may hold anything.
      const [state, , itsGroup] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ');
      return Number(itsGroup) === group && !DEAD.has(state);
    }),
  );
  return pids.filter((_, index) => members[index]).map(Number);
}
