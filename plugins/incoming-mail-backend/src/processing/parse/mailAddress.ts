// SPDX-License-Identifier: Apache-2.0
import { domainToASCII } from 'node:url';
import { MailAddress } from '@postroom/plugin-incoming-mail-node';
import { toOneLine } from './boundedText';

// Addresses are where parsers differ, and where they differ somebody can be
// taken for somebody else. Ours gives an address only where no parser could
// read another one out of the same bytes; everything else stays visible as a
// name and is never acted on.

const MAX_NAME_LENGTH = 200;
// Longer is no name of a person; decoding is spared the rest.
const MAX_ENCODED_NAME_LENGTH = 4_096;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}";
// RFC 5321 section 4.5.3.1.1 bounds the local part to 64 octets. Atoms are
// joined by single dots, which no atom contains: nothing backtracks.
const LOCAL_PART = new RegExp(`^${ATOM}(?:\\.${ATOM}){0,31}$`);
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL}){0,126}$`);
const MAX_LOCAL_LENGTH = 64;
const MAX_DOMAIN_LENGTH = 253;

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Decodes encoded words (RFC 2047). */
export type DecodeWords = (text: string) => string;

/**
 * An addr-spec (RFC 5322 section 3.4.1) with its domain in lower case, if it
 * is of the plain kind: a dot-atom, one `@`, a domain of LDH labels that is
 * valid in IDNA. Quoted local parts, comments, domain literals, encoded words
 * and everything that is not ASCII give undefined.
 */
export function canonicalAddress(addrSpec: string): string | undefined {
  const spec = addrSpec.trim();
  const at = spec.indexOf('@');
  const local = spec.slice(0, Math.max(at, 0));
  const domain = spec.slice(at + 1).toLowerCase();
  const plain =
    local.length <= MAX_LOCAL_LENGTH &&
    domain.length <= MAX_DOMAIN_LENGTH &&
    LOCAL_PART.test(local) &&
    // RFC 2047 section 5 keeps encoded words out of an addr-spec; decoded, it
    // would be another address.
    !local.includes('=?') &&
    DOMAIN.test(domain) &&
    domainToASCII(domain) === domain;
  return plain ? `${local}@${domain}` : undefined;
}

/**
 * The author of a mail. The address is left out where the mail names more than
 * one author, in one `From` field or in several: programs disagree about which
 * of them counts.
 */
export function parseFrom(
  values: readonly string[],
  decodeWords: DecodeWords,
): MailAddress | undefined {
  const listed = values.flatMap(value => listMailboxes(value, 2));
  if (listed.length === 0) {
    return undefined;
  }
  const single = values.length === 1 && listed.length === 1;
  return toAddress(
    { ...listed[0], sound: single && !listed[0].inGroup && listed[0].sound },
    decodeWords,
  );
}

/** The mailboxes of `To`, `Cc` or `Reply-To` fields, those in groups included. */
export function parseAddressList(
  values: readonly string[],
  options: { limit: number; decodeWords: DecodeWords },
): MailAddress[] {
  const { limit, decodeWords } = options;
  const listed: ListedMailbox[] = [];
  for (const value of values) {
    listed.push(...listMailboxes(value, limit - listed.length));
  }
  return listed.map(mailbox => toAddress(mailbox, decodeWords));
}

/** One mailbox of an address field, before anything is decoded. */
interface ListedMailbox {
  readonly name: string;
  readonly addrSpec: string;
  readonly inGroup: boolean;
  /** Whether its syntax leaves one way to read it. */
  readonly sound: boolean;
}

function toAddress(
  mailbox: ListedMailbox,
  decodeWords: DecodeWords,
): MailAddress {
  const address = mailbox.sound
    ? canonicalAddress(mailbox.addrSpec)
    : undefined;
  const name =
    toName(mailbox.name, decodeWords) ||
    // An address that is not to be used is at least to be seen.
    (address === undefined ? toName(mailbox.addrSpec, decodeWords) : '');
  return Object.freeze({
    ...(name && { name }),
    ...(address !== undefined && { address }),
  });
}

function toName(encoded: string, decodeWords: DecodeWords): string {
  const bounded = encoded.trim().slice(0, MAX_ENCODED_NAME_LENGTH);
  return bounded && toOneLine(decodeWords(bounded), MAX_NAME_LENGTH);
}

/** What has been read of one mailbox. */
class MailboxText {
  /** Everything outside brackets and comments, quotes as they came. */
  #bare = '';
  /** The same as a person reads it: quoted strings without their quotes. */
  #words = '';
  #hasAt = false;
  #comments: string[] = [];
  #angle: string | undefined;
  #sound = true;

  isEmpty(): boolean {
    return (
      this.#angle === undefined &&
      this.#bare.trim() === '' &&
      this.#comments.length === 0
    );
  }

  mayBeAddress(): boolean {
    return this.#angle !== undefined || this.#hasAt;
  }

  add(character: string) {
    if (character !== ' ' && character !== '\t') {
      // Words after `<…>` belong to nothing, and a comment amid an address
      // hides where it ends.
      this.#sound &&=
        this.#angle === undefined &&
        !(this.#comments.length > 0 && this.#hasAt);
    }
    this.#hasAt ||= character === '@';
    this.#bare += character;
    this.#words += character;
  }

  /** Reads what begins with a quote, a parenthesis or a bracket; gives the position after it. */
  take(value: string, start: number): number {
    const { end, text, closed } = readDelimited(value, start);
    this.#sound &&= closed;
    switch (value[start]) {
      case '(':
        this.#comments.push(text);
        break;
      case '<':
        this.#sound &&= this.#angle === undefined;
        this.#angle ??= text;
        break;
      default:
        this.#sound &&= this.#angle === undefined;
        this.#bare += value.slice(start, end);
        this.#words += text;
    }
    return end;
  }

  toListed(inGroup: boolean, sound: boolean): ListedMailbox {
    const bracketed = this.#angle !== undefined;
    return {
      name: bracketed ? this.#words : this.#comments.join(' '),
      addrSpec: this.#angle ?? this.#bare,
      inGroup,
      sound: sound && this.#sound,
    };
  }
}

const CLOSING = { '"': '"', '(': ')', '<': '>' } as const;

/**
 * Reads a quoted string, a comment or an angle-addr from `start`. A backslash
 * takes the next character as it is, except between angle brackets.
 */
function readDelimited(
  value: string,
  start: number,
): { end: number; text: string; closed: boolean } {
  const opening = value[start] as keyof typeof CLOSING;
  const closing = CLOSING[opening];
  let text = '';
  let depth = 1;
  for (let at = start + 1; at < value.length; at += 1) {
    const character = value[at];
    if (character === '\\' && opening !== '<' && at + 1 < value.length) {
      at += 1;
      text += value[at];
      continue;
    }
    if (character === closing) {
      depth -= 1;
      if (depth === 0) {
        return { end: at + 1, text, closed: true };
      }
    } else if (character === opening && opening === '(') {
      depth += 1;
    }
    text += character;
  }
  return { end: value.length, text, closed: false };
}

/**
 * Splits an address field (RFC 5322 section 3.4) into at most `limit`
 * mailboxes. One pass; what is malformed comes out as not `sound`.
 */
function listMailboxes(value: string, limit: number): ListedMailbox[] {
  const tainted = CONTROL.test(value);
  const found: ListedMailbox[] = [];
  let mailbox = new MailboxText();
  let inGroup = false;
  const finish = () => {
    if (!mailbox.isEmpty()) {
      found.push(mailbox.toListed(inGroup, !tainted));
    }
    mailbox = new MailboxText();
  };
  for (let at = 0; at < value.length && found.length < limit; ) {
    const character = value[at];
    if (character === '"' || character === '(' || character === '<') {
      at = mailbox.take(value, at);
      continue;
    }
    if (character === ',' || character === ';') {
      finish();
      // Outlook separates mailboxes by semicolons, so one outside a group is
      // no fault.
      inGroup = inGroup && character === ',';
    } else if (character === ':' && !inGroup && !mailbox.mayBeAddress()) {
      mailbox = new MailboxText();
      inGroup = true;
    } else {
      mailbox.add(character);
    }
    at += 1;
  }
  if (found.length < limit) {
    finish();
  }
  return found;
}
