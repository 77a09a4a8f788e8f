// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root directory. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Absolute path of a file or folder in the repository. */
export function fromRoot(...parts) {
  return join(ROOT, ...parts);
}

/**
 * `require` as the root package sees it. Nothing but the set-up's own files may
 * be required before the set-up has run.
 */
export const requireFromRoot = createRequire(fromRoot('package.json'));
