// SPDX-License-Identifier: Apache-2.0

/**
 * The Dovecot to test on: what `POSTROOM_DOVECOT` names, which `npm test` sets.
 *
 * @returns `undefined` without; tests then skip what needs it
 * @throws where it is missing with `CI` set, so that no build is green because
 * of what it did not run
 */
export function findDovecot(env = process.env): string | undefined {
  const { POSTROOM_DOVECOT: program, CI: ci } = env;
  if (!program && ci) {
    throw new Error(
      'CI is set and POSTROOM_DOVECOT is not: the tests on Dovecot would be skipped',
    );
  }
  return program || undefined;
}
