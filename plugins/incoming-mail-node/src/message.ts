// SPDX-License-Identifier: Apache-2.0

/**
 * A mailbox address as a header of the mail had it. Nothing vouches for it:
 * anyone can write any address into a header.
 *
 * @public
 */
export interface MailAddress {
  /** The display name, decoded; absent where there is none. */
  readonly name?: string;
  /**
   * The addr-spec with a lower-cased domain. Absent where the header's
   * address is malformed: it is then shown, but never acted on.
   */
  readonly address?: string;
}

/**
 * A part of the mail that is not its text.
 *
 * @public
 */
export interface MailAttachment {
  /**
   * A display name: no control or bidirectional characters, no path, at most
   * 150 bytes of UTF-8. Never use it as a file name on disk.
   */
  readonly name: string;
  /** What the mail claims it to be; trust magic bytes, not this. */
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Without the angle brackets (RFC 2392); for images inside the HTML part. */
  readonly contentId?: string;
  /** The decoded bytes. Kept in memory while the handler runs, not longer. */
  readonly content: Uint8Array;
}

/**
 * One field of the header. Fields are a list and never an object's properties:
 * a sender chooses the names, and `__proto__` is one.
 *
 * @public
 */
export interface MailHeaderField {
  /** Lower-cased, as in `x-alert-key`. */
  readonly name: string;
  /** Unfolded and decoded (RFC 2047), one line, at most 998 characters. */
  readonly value: string;
}

/**
 * A mail that has been read: everything decoded, bounded and scrubbed of NUL
 * and lone surrogates, nothing trusted. Deeply frozen and shared between
 * handlers; only the bytes of attachments cannot be frozen, and must not be
 * written to.
 *
 * @public
 */
export interface IncomingMessage {
  /** Our id of the mail, the same at each attempt. */
  readonly id: string;
  readonly mailboxId: string;
  /** The project whose channel it came through, as a lower-cased entity ref; absent for a mail server. */
  readonly projectRef?: string;
  /** When we stored it. */
  readonly acceptedAt: Date;
  /**
   * Whether it is older mail that a person had imported. Nobody is to be
   * notified of what becomes of it, and it must not be answered.
   */
  readonly imported?: boolean;
  /** What its `Date` field says; absent where missing or malformed. */
  readonly sentAt?: Date;
  /** Without angle brackets (RFC 5322 section 3.6.4). Chosen by the sender: not unique, not proof of anything. */
  readonly messageId?: string;
  /** Without angle brackets, at most 50. */
  readonly inReplyTo: readonly string[];
  /** Oldest first, without angle brackets, at most 50. */
  readonly references: readonly string[];
  readonly from?: MailAddress;
  readonly replyTo: readonly MailAddress[];
  /** At most 100. */
  readonly to: readonly MailAddress[];
  /** At most 100. */
  readonly cc: readonly MailAddress[];
  /** One line, possibly empty, at most 998 characters. */
  readonly subject: string;
  /**
   * Every field in the order of the header, at most 500. What the other
   * properties say has been judged; these have not. See {@link headerValue}.
   */
  readonly headers: readonly MailHeaderField[];
  /** The text part, or the text of the HTML part where there is no other. Lines end in `\n`; possibly empty; at most 1 MiB. */
  readonly text: string;
  /** The HTML part as it came, at most 1 MiB. Hostile until sanitised; absent where there is none. */
  readonly html?: string;
  readonly attachments: readonly MailAttachment[];
  /** The size of the whole mail on the server. */
  readonly sizeBytes: number;
  /** Whether only its beginning was kept because it is over the size limit; text and attachments may then be incomplete. */
  readonly truncated: boolean;
}

/**
 * The value of the first field of that name, in whatever letters.
 *
 * @public
 */
export function headerValue(
  message: Pick<IncomingMessage, 'headers'>,
  name: string,
): string | undefined {
  const wanted = name.toLowerCase();
  return message.headers.find(field => field.name === wanted)?.value;
}
