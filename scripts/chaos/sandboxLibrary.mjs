// SPDX-License-Identifier: Apache-2.0
import { fromRoot, requireFromRoot } from '../lib/repository.mjs';

let library;

/**
 * `packages/mail-sandbox`, loaded into this process: its servers, its proxy and
 * its generator of mails. Only after the set-up.
 *
 * @returns {typeof import('../../packages/mail-sandbox/src/index')}
 */
export function sandboxLibrary() {
  if (!library) {
    // What lets Node require TypeScript; it reports files to a watcher that
    // is not there.
    requireFromRoot('@backstage/cli/config/nodeTransform.cjs');
    library = requireFromRoot(
      fromRoot('packages', 'mail-sandbox', 'src', 'index.ts'),
    );
  }
  return library;
}
