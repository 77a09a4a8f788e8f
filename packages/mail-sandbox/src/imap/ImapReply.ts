// SPDX-License-Identifier: Apache-2.0

/** How a command ended (RFC 3501 section 7.1). */
export interface ImapReply {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** The response code, without its brackets. */
  readonly code?: string;
  readonly text: string;
}

export function ok(text: string, code?: string): ImapReply {
  return { status: 'OK', code, text };
}

export function no(text: string, code?: string): ImapReply {
  return { status: 'NO', code, text };
}

export function bad(text: string): ImapReply {
  return { status: 'BAD', text };
}

/** Writes a reply as a line, without its end. `tag` is `*` for untagged. */
export function formatReply(tag: string, reply: ImapReply): string {
  const code = reply.code ? `[${reply.code}] ` : '';
  return `${tag} ${reply.status} ${code}${reply.text}`;
}
