// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

const PROGRAM = '/usr/sbin/dovecot';

/** Dovecot's IMAP comes in a package of its own. */
const IMAP = '/usr/lib/dovecot/imap';

const POLICY = '/usr/sbin/policy-rc.d';
const PACKAGES = ['dovecot-imapd', 'dovecot-pop3d'];
const APT_TIMEOUT_MS = 5 * 60_000;
const VERSION_TIMEOUT_MS = 10_000;
const DENIED = 101;

/**
 * invoke-rc.d and deb-systemd-invoke ask this before they start a service. It
 * speaks of Dovecot alone: left behind by a power cut, it stops nothing else.
 */
const POLICY_SCRIPT = `#!/bin/sh
case "$*" in
  *dovecot*) exit ${DENIED} ;;
esac
exit 0
`;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Version 2.4 has another language of configuration. */
function isVersion23() {
  const { stdout } = spawnSync(PROGRAM, ['--version'], {
    encoding: 'utf8',
    timeout: VERSION_TIMEOUT_MS,
  });
  return Boolean(stdout?.startsWith('2.3.'));
}

/** The Dovecot that the environment names, or Debian's; undefined without. */
function findDovecot() {
  const { POSTROOM_DOVECOT } = process.env;
  if (POSTROOM_DOVECOT) {
    return POSTROOM_DOVECOT;
  }
  const isUsable = [PROGRAM, IMAP].every(isExecutable) && isVersion23();
  return isUsable ? PROGRAM : undefined;
}

/** Why Dovecot is not installed here; undefined where it can be. */
function obstacle() {
  if (existsSync(PROGRAM)) {
    return `${PROGRAM} is not version 2.3 with ${PACKAGES[0]}`;
  }
  if (!existsSync('/etc/debian_version')) {
    return 'this is no Debian';
  }
  return process.getuid?.() === 0 ? undefined : 'that takes root';
}

/**
 * Runs `call` while Debian's packages cannot start Dovecot as a service. A
 * policy that is there already is left alone.
 *
 * @param {() => void} call - synchronous
 * @param {string} [policy] - where the policy lies
 * @returns {boolean} false where a policy is there that lets Dovecot start;
 *   `call` was not made then
 */
export function withoutService(call, policy = POLICY) {
  if (existsSync(policy)) {
    const { status } = spawnSync(policy, ['dovecot.service', 'start']);
    if (status !== DENIED) {
      return false;
    }
    call();
    return true;
  }
  // A Ctrl-C ends apt-get, and is no reason to leave the policy behind.
  const ignore = () => {};
  SIGNALS.forEach(signal => process.on(signal, ignore));
  try {
    writeFileSync(policy, POLICY_SCRIPT, { mode: 0o755 });
    call();
  } finally {
    rmSync(policy, { force: true });
    SIGNALS.forEach(signal => process.off(signal, ignore));
  }
  return true;
}

/** @returns why it is missing, should it be */
function install() {
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: APT_TIMEOUT_MS,
  };
  const installed = withoutService(() => {
    spawnSync('apt-get', ['update', '-qq'], options);
    spawnSync('apt-get', ['install', '-y', '-qq', ...PACKAGES], options);
    // Nor is it to start when the machine does.
    if (existsSync('/etc/init.d/dovecot')) {
      spawnSync('update-rc.d', ['dovecot', 'disable'], { stdio: 'ignore' });
    }
  });
  if (!installed) {
    return `${POLICY} would let it start as a service`;
  }
  return obstacle() ?? 'apt-get did not manage';
}

function sayMissing(reason) {
  const effect = process.env.CI
    ? 'the tests on it FAIL, as CI is set'
    : 'the tests on it are SKIPPED';
  console.warn(
    `\n!! Dovecot is missing and was not installed (${reason}): ${effect}.\n`,
  );
}

/**
 * The real IMAP server that some tests run on. Where it is missing it is
 * installed, if that is possible without asking anyone, which is on Debian as
 * root; as a program alone: no service is started, now or later. Where it
 * stays missing, that is said.
 *
 * @returns {string | undefined} the path of the program
 */
export function ensureDovecot() {
  const found = findDovecot();
  if (found) {
    return found;
  }
  let reason = obstacle();
  if (!reason) {
    console.log(
      `Installing a mail server for the tests, not as a service (half a minute): apt-get install ${PACKAGES.join(
        ' ',
      )} …`,
    );
    reason = install();
  }
  const installed = findDovecot();
  if (!installed) {
    sayMissing(reason);
  }
  return installed;
}
