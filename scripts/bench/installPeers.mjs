// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { withoutService } from '../lib/dovecot.mjs';
import { versionOf } from './peers.mjs';

const APT_TIMEOUT_MS = 10 * 60_000;

/**
 * Installs what is missing of the peers from Debian's packages, none of them
 * as a service.
 *
 * @returns those that are there, with their versions, and the ids of those
 *   that are not
 */
export function installPeers(peers) {
  const missing = peers.filter(peer => !versionOf(peer));
  const packages = missing.flatMap(({ debian, alsoDebian = [] }) => [
    debian,
    ...alsoDebian,
  ]);
  if (packages.length > 0) {
    console.log(`Installing peers: apt-get install ${packages.join(' ')} …`);
    install(packages);
  }
  const installed = peers
    .map(peer => ({ ...peer, version: versionOf(peer) }))
    .filter(({ version }) => version);
  const ids = new Set(installed.map(({ id }) => id));
  return {
    installed,
    absent: peers.map(({ id }) => id).filter(id => !ids.has(id)),
  };
}

function install(packages) {
  const options = {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: APT_TIMEOUT_MS,
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  // One by one: what cannot be had must not stand in the way of the others.
  for (const name of packages) {
    withoutService(() =>
      spawnSync(
        'apt-get',
        ['install', '-y', '-qq', '--no-install-recommends', name],
        options,
      ),
    );
  }
}
