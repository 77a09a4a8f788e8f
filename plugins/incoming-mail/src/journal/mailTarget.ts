// SPDX-License-Identifier: Apache-2.0

/** What the built-in handler made of a mail. */
export interface MailTarget {
  readonly kind: 'request' | 'comment';
  readonly number: number;
}

/**
 * Reads `request:12` and `request:12#…`; anything else was made by another
 * handler, whose targets this page has no view of.
 */
export function mailTargetOf(
  target: string | undefined,
): MailTarget | undefined {
  const match = /^request:(\d{1,10})(#.*)?$/.exec(target ?? '');
  return match
    ? { kind: match[2] ? 'comment' : 'request', number: Number(match[1]) }
    : undefined;
}
