// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { count, delay, described, flag, oneOf } from './faultFields';

/** What POP3 can do wrong. */
export const pop3Faults = {
  /** Open connections end and new ones are closed without a greeting. */
  pop3Down: flag,
  /** A connection ends after the server sent this many bytes. */
  pop3DropAfterBytes: count,
  /** In the text of a RETR nothing more is sent after this many bytes. */
  pop3StallAfterBytes: count,
  /** Wait before every reply. */
  pop3DelayMs: delay,
  /**
   * Logins with good credentials are refused with this response code
   * (RFC 2449 section 8.1, RFC 3206).
   */
  pop3RefuseLogin: oneOf(
    'AUTH',
    'IN-USE',
    'LOGIN-DELAY',
    'SYS/TEMP',
    'SYS/PERM',
  ),
  /**
   * UIDL is not known; gives other identifiers in each session; or gives all
   * messages of equal bytes the same one.
   */
  pop3Uidl: oneOf('absent', 'changing', 'duplicate'),
  /** LIST and STAT tell sizes that are off by so many bytes. */
  pop3SizeError: described(z.number().int()),
  /** Multi-line replies lack their final dot; the connection stays open. */
  pop3Unterminated: flag,
  /** The connection ends at QUIT without a reply, with or without deleting. */
  pop3QuitLost: oneOf('after-deleting', 'before-deleting'),
  /** What was retrieved is deleted for good, whatever becomes of the session. */
  pop3DeleteOnRetr: flag,
  /** A session sees no more than so many messages, the oldest (Gmail). */
  pop3ListLimit: count,
  /** What was retrieved before a clean QUIT is not listed again (Gmail). */
  pop3HideRetrieved: flag,
  /** Lone line feeds are sent, and counted, as CR and LF (Dovecot). */
  pop3RepairLineEnds: flag,
};
