// SPDX-License-Identifier: Apache-2.0
import { SaveObstacle } from '@postroom/plugin-incoming-mail-common';
import { hashToken } from '../secrets';
import { DraftFacts, Mailbox } from './types';

const TEST_LIFE_MS = 15 * 60_000;

/**
 * Names exactly what a test of a connection is about: the settings that it
 * depends on, and what was signed in with. Anything else (a name, a handler)
 * may be changed between test and save.
 *
 * @param credentials - tells one password, or one consent under one version of
 *   an integration, from another; undefined where there is none
 */
export function draftFingerprint(
  draft: Mailbox,
  credentials: string | undefined,
): string {
  const { address, server, folder, authentication, timeoutSeconds } = draft;
  return hashToken(
    JSON.stringify([
      address,
      server.protocol,
      server.host,
      server.port,
      server.security,
      folder,
      authentication.method,
      authentication.method === 'oauth'
        ? authentication.integrationId
        : authentication.userName ?? '',
      timeoutSeconds ?? 0,
      credentials ?? '',
    ]),
  );
}

/** What stands between a draft and being saved; undefined where nothing does. */
export function findSaveObstacle(
  test: DraftFacts['test'],
  now: { readonly fingerprint: string; readonly testAgeMs?: number },
): SaveObstacle | undefined {
  if (!test || now.testAgeMs === undefined) {
    return 'not-tested';
  }
  if (test.fingerprint !== now.fingerprint) {
    return 'changed-since-test';
  }
  return now.testAgeMs > TEST_LIFE_MS ? 'test-too-old' : undefined;
}
