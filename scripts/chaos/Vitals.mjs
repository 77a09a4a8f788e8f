// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

const MINUTES_PER_HOUR = 60;
/** From then on what is measured is judged: caches and heaps have grown. */
const WARM_AFTER = 1 / 3;
const MAX_MB_PER_HOUR = 2;
/** Above the most of the time before. */
const HANDLES_TO_SPARE = 15;

/**
 * How much of the system a process holds at a moment, as Linux tells.
 *
 * @typedef {object} Vitals
 * @property {number} minute - since the first one
 * @property {number} residentMb - resident memory
 * @property {number} handles - open files of any kind
 * @property {number} sockets - those among them that are sockets
 */

/** @returns {Promise<Omit<Vitals, 'minute'>>} of the process of an id */
export async function readVitals(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  const targets = await Promise.all(
    // One may be closed meanwhile.
    names.map(name => readlink(join(folder, name)).catch(() => '')),
  );
  return {
    residentMb: Number(kilobytes) / 1024,
    handles: names.length,
    sockets: targets.filter(target => target.startsWith('socket:')).length,
  };
}

/**
 * The slope of the line that fits best (least squares), per hour.
 *
 * @param {Vitals[]} vitals
 * @param {'residentMb' | 'handles' | 'sockets'} name
 */
export function slopePerHour(vitals, name) {
  const mean = pick =>
    vitals.reduce((sum, each) => sum + pick(each), 0) / vitals.length;
  const minute = mean(each => each.minute);
  const value = mean(each => each[name]);
  const spread = mean(each => (each.minute - minute) ** 2);
  const together = mean(each => (each.minute - minute) * (each[name] - value));
  return spread === 0 ? 0 : (together / spread) * MINUTES_PER_HOUR;
}

/**
 * Whether a process grows, once it is warm.
 *
 * @param {Vitals[]} vitals - a minute apart
 * @param {{ judgesMemory: boolean }} options
 * @returns {{ slope: number, grows: string[] }} MB an hour, and what is too much
 */
export function judgeVitals(vitals, { judgesMemory }) {
  const from = Math.ceil(vitals.length * WARM_AFTER);
  const [warming, warm] = [vitals.slice(0, from), vitals.slice(from)];
  const slope = warm.length > 0 ? slopePerHour(warm, 'residentMb') : 0;
  const grows = ['handles', 'sockets'].flatMap(what => {
    const most = Math.max(...warming.map(each => each[what]));
    const last = warm.at(-1)?.[what] ?? 0;
    return last > most + HANDLES_TO_SPARE
      ? [`${last} ${what}, once at most ${most}`]
      : [];
  });
  if (judgesMemory && slope > MAX_MB_PER_HOUR) {
    grows.push(`${slope.toFixed(1)} MB more each hour`);
  }
  return { slope, grows };
}
