// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { count, delay, described, flag, oneOf } from './faultFields';

/** A line of a reply behind its tag; short, and a line. */
const replySchema = z
  .string()
  .max(500)
  .regex(/^(?:OK|NO|BAD) [ -~]+$/);

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
  /**
   * A command is not carried out: it is answered with this line, as in
   * `NO [THROTTLED] Later`, or without one by the end of the connection.
   */
  imapAnswer: described(
    z.strictObject({
      /** In capitals, and `UID COPY` for the one by UID. */
      command: z.string().max(32),
      reply: replySchema.optional(),
    }),
  ),
  /**
   * `absent`: a mailbox is opened without its UIDVALIDITY; `changing`: with
   * another one in each session.
   */
  imapUidValidity: oneOf('absent', 'changing'),
  /** Capabilities that are not named, such as `MOVE`; they go on working. */
  imapHides: described(z.array(z.string().max(32)).max(20)),
};
