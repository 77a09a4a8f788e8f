// SPDX-License-Identifier: Apache-2.0
import { count, delay, flag } from './faultFields';

/** What IMAP can do wrong. */
export const imapFaults = {
  /** Open connections end and new ones are closed without a greeting. */
  imapDown: flag,
  /** A connection ends after the server sent this many bytes. */
  imapDropAfterBytes: count,
  /** Every login is refused as if the credentials were wrong. */
  imapRefuseLogin: flag,
  /** Wait before every command. */
  imapDelayMs: delay,
};
