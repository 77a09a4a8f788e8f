// SPDX-License-Identifier: Apache-2.0

/** How a command ended (RFC 1939 section 3). */
export interface Pop3Reply {
  readonly status: '+OK' | '-ERR';
  /** The extended response code (RFC 2449 section 8), without its brackets. */
  readonly code?: string;
  readonly text: string;
  /**
   * What follows the status, for multi-line replies: bytes as they are, not
   * yet dot-stuffed.
   */
  readonly body?: Buffer;
  /** The body is that of a message, which faults treat in their own way. */
  readonly isMessage?: boolean;
}

export function ok(text: string): Pop3Reply {
  return { status: '+OK', text };
}

/** A multi-line reply that consists of lines of text. */
export function listing(text: string, lines: readonly string[]): Pop3Reply {
  const body = Buffer.from(lines.map(line => `${line}\r\n`).join(''), 'latin1');
  return { status: '+OK', text, body };
}

export function refused(text: string, code?: string): Pop3Reply {
  return { status: '-ERR', code, text };
}

/** Writes the first line of a reply, without its end. */
export function formatStatus({ status, code, text }: Pop3Reply): string {
  return `${status} ${code ? `[${code}] ` : ''}${text}`;
}
