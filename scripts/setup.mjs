// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { installDependencies } from './lib/installDependencies.mjs';
import { ensureLocalConfig } from './lib/localConfig.mjs';
import { checkNodeVersion } from './lib/nodeVersion.mjs';
import { runMain } from './lib/plainly.mjs';
import { isUpToDate } from './lib/setUpStamp.mjs';

/**
 * Brings a fresh clone to where everything runs: Node checked, dependencies as
 * in yarn.lock, native modules built, the demo's own key written. Does
 * nothing, in a few milliseconds, where that is so already.
 *
 * @throws PlainError where it cannot go on
 */
export async function ensureSetUp() {
  checkNodeVersion();
  if (!isUpToDate()) {
    await installDependencies();
  }
  if (ensureLocalConfig()) {
    console.log('Wrote a random key for the demo to app-config.local.yaml.');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(ensureSetUp);
}
