// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './repository.mjs';

const STAMP = join('node_modules', '.postroom-setup');
const WORKSPACE_FOLDERS = ['packages', 'plugins'];

function manifests(root) {
  const workspaces = WORKSPACE_FOLDERS.flatMap(folder =>
    readdirSync(join(root, folder))
      .sort()
      .map(name => join(folder, name, 'package.json')),
  );
  return ['package.json', ...workspaces].filter(path =>
    existsSync(join(root, path)),
  );
}

/**
 * What an installation depends on, as one hash: the lockfile, every manifest,
 * Yarn's settings, and the Node that native modules were built for.
 */
export function fingerprint(root = ROOT) {
  const hash = createHash('sha256');
  for (const path of ['yarn.lock', '.yarnrc.yml', ...manifests(root)]) {
    hash.update(`${path}\0`);
    if (existsSync(join(root, path))) {
      hash.update(readFileSync(join(root, path)));
    }
  }
  const { platform, arch, versions } = process;
  hash.update(`${platform}\0${arch}\0${versions.modules}`);
  return hash.digest('hex');
}

/** Whether the last complete installation was made from the very same input. */
export function isUpToDate(root = ROOT) {
  const stamp = join(root, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root);
}

/** True before the first complete installation. */
export function isFirstTime(root = ROOT) {
  return !existsSync(join(root, 'node_modules', '.yarn-state.yml'));
}

/** To be called before an installation begins: half of one is none. */
export function clearStamp(root = ROOT) {
  rmSync(join(root, STAMP), { force: true });
}

/** To be called when an installation is complete. */
export function writeStamp(root = ROOT) {
  writeFileSync(join(root, STAMP), fingerprint(root));
}
