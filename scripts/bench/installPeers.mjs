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
  if (missing.length > 0) {
    spawnSync('apt-get', ['update', '-qq'], aptOptions());
    missing.forEach(install);
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

// One by one: what cannot be had must not stand in the way of the others.
function install(peer) {
  const { debian, alsoDebian = [], debconf } = peer;
  const packages = [...alsoDebian, debian];
  console.log(`Installing a peer: apt-get install ${packages.join(' ')} …`);
  if (debconf) {
    spawnSync('debconf-set-selections', { input: debconf });
  }
  for (const name of packages) {
    // What a package needs of its set-up may come from one before it.
    const options = aptOptions(peer.installEnvironment?.());
    withoutService(() =>
      spawnSync(
        'apt-get',
        ['install', '-y', '-qq', '--no-install-recommends', name],
        options,
      ),
    );
  }
}

function aptOptions(environment) {
  return {
    stdio: 'ignore',
    env: {
      ...process.env,
      ...environment,
      DEBIAN_FRONTEND: 'noninteractive',
    },
    timeout: APT_TIMEOUT_MS,
  };
}
