// SPDX-License-Identifier: Apache-2.0

/** The command is not IMAP; answered with BAD. */
export class ImapSyntaxError extends Error {
  /** The tag, if the command got that far; `*` if not. */
  readonly tag: string;

  constructor(message: string, tag = '*') {
    super(message);
    this.name = 'ImapSyntaxError';
    this.tag = tag;
  }
}
