// SPDX-License-Identifier: Apache-2.0
import { PlainError } from './plainly.mjs';

/**
 * Refuses a Node that cannot run the project: `^20.19 || >=22.12`, the first
 * versions that can `require` the ES modules among our dependencies.
 *
 * @param {string} version - such as '20.19.0'
 */
export function checkNodeVersion(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const fits =
    (major === 20 && minor >= 19) ||
    (major === 22 && minor >= 12) ||
    major >= 23;
  if (!fits) {
    throw new PlainError(
      `Postroom needs Node 20.19 or newer (or 22.12 or newer), this is ${version}. Install one from https://nodejs.org and try again.`,
    );
  }
}
