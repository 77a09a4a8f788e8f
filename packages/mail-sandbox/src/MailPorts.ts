// SPDX-License-Identifier: Apache-2.0

/** Where the mail servers listen, by what they speak. */
export interface MailPorts {
  /** IMAP without TLS. */
  readonly imap: number;
  /** IMAP with TLS from the first byte. */
  readonly imaps: number;
  /** IMAP that begins without TLS and offers STARTTLS. */
  readonly imapStartTls: number;
  /** POP3 without TLS. */
  readonly pop3: number;
  /** POP3 with TLS from the first byte. */
  readonly pop3s: number;
}
