// SPDX-License-Identifier: Apache-2.0
import { CustomErrorBase, isError } from '@backstage/errors';
import { FailureCode } from '@postroom/plugin-incoming-mail-common';

/**
 * Thrown when the outside world makes it impossible to go on. The code is from
 * the failure catalogue and is the only thing that decides what happens next;
 * the message is for the log. Neither may hold a secret, and `detail` is
 * shortened foreign text that a page may show.
 *
 * @public
 */
export class MailFailure extends CustomErrorBase {
  name = 'MailFailure' as const;
  readonly code: FailureCode;
  readonly detail?: string;
  /** How long the other side asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number;

  constructor(
    code: FailureCode,
    message: string,
    options: { cause?: unknown; detail?: string; retryAfterMs?: number } = {},
  ) {
    super(message, options.cause);
    this.code = code;
    this.detail = options.detail && toDetail(options.detail);
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Tells a failure from any other error, also across copies of this package. */
  static is(error: unknown): error is MailFailure {
    return isError(error) && error.name === 'MailFailure' && 'code' in error;
  }
}

const MAX_DETAIL_LENGTH = 300;

// Foreign text: one line, no control characters, bounded (it ends up in logs
// and on pages).
function toDetail(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
      .trim()
      .slice(0, MAX_DETAIL_LENGTH)
  );
}
