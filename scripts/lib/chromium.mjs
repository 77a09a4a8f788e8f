// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { PlainError } from './plainly.mjs';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function findChromium() {
  const places = [process.env.CHROMIUM_PATH, ...USUAL_PLACES];
  return places.filter(Boolean).find(path => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether this is a Debian, and ours to install things on. */
function mayInstall() {
  return (
    process.getuid?.() === 0 &&
    spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
  );
}

function install() {
  console.log('Installing Chromium from Debian (about a minute) …');
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', 'chromium'], options);
}

/**
 * The system's Chromium or Chrome; installed where that is possible without
 * asking anyone, which is on Debian as root. A browser is never downloaded by
 * other means.
 *
 * @returns {string} the path of the program
 */
export function ensureChromium() {
  if (!findChromium() && mayInstall()) {
    install();
  }
  const path = findChromium();
  if (!path) {
    throw new PlainError(
      'No Chromium or Chrome was found. Install one, or name its program in CHROMIUM_PATH.',
    );
  }
  return path;
}
