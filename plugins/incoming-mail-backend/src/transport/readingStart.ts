// SPDX-License-Identifier: Apache-2.0
import { OpenFolder } from './types';

/** See {@link readingStart}. */
export interface ReadingStart {
  readonly uidValidity: number;
  readonly uidNext: number;
}

/**
 * Where reading can start for mail that arrives from now on, by the numbering
 * of a folder. One whose positions end with the session (POP3) has none, which
 * UIDVALIDITY 0 says: no IMAP folder has it.
 */
export function readingStart(opened: OpenFolder): ReadingStart {
  return opened.positions === 'uids'
    ? { uidValidity: opened.uidValidity, uidNext: opened.uidNext }
    : { uidValidity: 0, uidNext: 1 };
}
