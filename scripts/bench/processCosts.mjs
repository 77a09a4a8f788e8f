// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

// What Linux tells of processes. Times are in ticks of 10 ms, as on every
// machine that Debian runs on (USER_HZ).
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 50;

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone since it was listed.
    return undefined;
  }
}

/** Fields of /proc/<pid>/stat from the third on: the second may hold spaces. */
function statOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function kibOf(pid, field) {
  const line = read(`/proc/${pid}/status`)?.match(
    new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm'),
  );
  return line ? Number(line[1]) : 0;
}

/** A process and all that it started, directly or not, and that still run. */
function treeOf(root) {
  const children = new Map();
  for (const name of readdirSync('/proc').filter(entry =>
    /^\d+$/.test(entry),
  )) {
    const parent = Number(statOf(name)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (let at = 0; at < tree.length; at += 1) {
    tree.push(...(children.get(tree[at]) ?? []));
  }
  return tree;
}

/**
 * Seconds of processor time of a process and all that it started, those that
 * have ended included.
 */
export function cpuSecondsOf(root) {
  const ticks = treeOf(root).map(pid =>
    (statOf(pid)?.slice(11, 15) ?? []).reduce((sum, n) => sum + Number(n), 0),
  );
  return ticks.reduce((sum, n) => sum + n, 0) / TICKS_PER_SECOND;
}

/** Resident memory of one process now, in MB. */
export function memoryOf(pid) {
  return kibOf(pid, 'VmRSS') / 1024;
}

/** The most that one process ever held since {@link forgetPeak}, in MB. */
export function peakMemoryOf(pid) {
  return kibOf(pid, 'VmHWM') / 1024;
}

/** Has the peak begin anew. */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/**
 * Watches the largest process below a process until told to stop.
 *
 * @returns {() => number} stops, and tells its peak in MB
 */
export function watchLargest(root) {
  let peak = 0;
  const look = () => {
    for (const pid of treeOf(root)) {
      peak = Math.max(peak, peakMemoryOf(pid));
    }
  };
  const timer = setInterval(look, SAMPLE_MS);
  return () => {
    look();
    clearInterval(timer);
    return peak;
  };
}
