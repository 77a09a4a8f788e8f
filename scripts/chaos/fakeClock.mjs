// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const LIB = '/usr/lib';
const APT_TIMEOUT_MS = 3 * 60_000;

function findLibrary() {
  if (!existsSync(LIB)) {
    return undefined;
  }
  return readdirSync(LIB)
    .map(folder => join(LIB, folder, 'faketime', 'libfaketime.so.1'))
    .find(existsSync);
}

function install() {
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: APT_TIMEOUT_MS,
  };
  const args = ['install', '-y', '-qq', 'libfaketime'];
  if (spawnSync('apt-get', args, options).status !== 0) {
    spawnSync('apt-get', ['update', '-qq'], options);
    spawnSync('apt-get', args, options);
  }
}

/**
 * What moves a process's clock: libfaketime, installed where that is possible
 * without asking anyone, which is on Debian as root. Timers go on as they are.
 *
 * @returns {((offset: string) => NodeJS.ProcessEnv) | undefined} the
 *   environment of a process whose clock is off by `+10m`, say
 */
export function findFakeClock() {
  if (
    !findLibrary() &&
    existsSync('/etc/debian_version') &&
    process.getuid?.() === 0
  ) {
    console.log('Installing what moves clocks: apt-get install libfaketime …');
    install();
  }
  const library = findLibrary();
  if (!library) {
    console.warn('\n!! libfaketime is missing: wrong clocks are NOT TRIED.\n');
    return undefined;
  }
  return offset => ({
    LD_PRELOAD: library,
    FAKETIME: offset,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
}
