// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { createCounter } from '../createCounter';

/** A mail as LIST and UIDL tell of it. */
export interface ListedMail {
  /** Its message number, which ends with the session. */
  readonly position: number;
  readonly sizeBytes: number;
  /** Its name, and the how-manieth of that name it is; absent without UIDL. */
  readonly uidlKey?: string;
}

const MAX_MAILS = 250_000;

// RFC 1939 section 7: 1 to 70 characters from 0x21 to 0x7E.
const UIDL = /^[\x21-\x7e]{1,70}$/;

/**
 * Reads a listing, in ascending order.
 *
 * Copies of one mail may have one name (RFC 1939 section 7 allows what servers
 * do that name mails by their contents), so a name is numbered. Without a name
 * for every mail there are none.
 *
 * @param list - the body of LIST
 * @param uidl - the body of UIDL, if the server knows it
 * @throws MailFailure `protocol-error` for numbers that are none
 */
export function readListing(
  list: Buffer,
  uidl: Buffer | undefined,
): ListedMail[] {
  const sizes = new Map<number, number>();
  for (const line of linesOf(list)) {
    // What follows the size is the server's own (RFC 1939 section 5).
    const [, number, size] = /^(\d{1,10}) (\d{1,15})(?: .*)?$/.exec(line) ?? [];
    if (!(Number(number) > 0) || sizes.has(Number(number))) {
      throw new MailFailure('protocol-error', 'LIST holds no valid numbers');
    }
    sizes.set(Number(number), Number(size));
  }
  if (sizes.size > MAX_MAILS) {
    throw new MailFailure('protocol-error', 'The mailbox is too large', {
      detail: `No mailbox of more than ${MAX_MAILS} mails can be read by POP3`,
    });
  }
  const positions = [...sizes.keys()].sort((a, b) => a - b);
  const names = uidl && readNames(uidl);
  const isNamed = names && positions.every(position => names.has(position));
  const count = createCounter();
  return positions.map(position => ({
    position,
    sizeBytes: sizes.get(position)!,
    uidlKey: isNamed ? `uidl:${count(names.get(position)!)}` : undefined,
  }));
}

function readNames(uidl: Buffer): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of linesOf(uidl)) {
    const [, number, name] = /^(\d{1,10}) +(.*?) *$/.exec(line) ?? [];
    if (name) {
      names.set(Number(number), toName(name));
    }
  }
  return names;
}

// What is no valid name may be one all the same, and is kept within bounds.
function toName(uidl: string): string {
  return UIDL.test(uidl)
    ? uidl
    : `~${createHash('sha256').update(uidl, 'latin1').digest('base64url')}`;
}

function linesOf(body: Buffer): string[] {
  return body
    .toString('latin1')
    .split('\r\n')
    .filter(line => line !== '');
}
