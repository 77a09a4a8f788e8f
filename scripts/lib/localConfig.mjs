// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fromRoot } from './repository.mjs';

export const LOCAL_CONFIG = fromRoot('app-config.local.yaml');

const KEY_BYTES = 32;

function content() {
  return `# Written by the set-up for this machine alone; git-ignored. The demo's data
# (.demo) can only be read with this key.
incomingMail:
  vault:
    keys:
      - kid: demo-1
        secret: ${randomBytes(KEY_BYTES).toString('base64url')}
`;
}

/** Gives the demo a sealing key of its own, once. Returns whether it had to. */
export function ensureLocalConfig(path = LOCAL_CONFIG) {
  try {
    // wx: never over a file that is there, not even in a race.
    writeFileSync(path, content(), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}
