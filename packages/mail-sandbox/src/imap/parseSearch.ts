// SPDX-License-Identifier: Apache-2.0
import { headerFields } from '../mail/headers';
import type { StoredMessage } from './Mailbox';
import { NumberSet } from './NumberSet';
import { ImapSyntaxError } from './ImapSyntaxError';
import type { ImapValue } from './CommandScanner';
import type { NumberedMessage, SelectedMailbox } from './SelectedMailbox';
import { dateOf, textOf } from './values';

/** Whether a message is wanted. */
export type SearchTest = (candidate: NumberedMessage) => boolean;

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_DEPTH = 20;

/** Takes keys from the front of a list of values. */
class SearchKeys {
  readonly #values: readonly ImapValue[];
  readonly #selected: SelectedMailbox;
  readonly #depth: number;
  #at = 0;

  constructor(
    values: readonly ImapValue[],
    selected: SelectedMailbox,
    depth: number,
  ) {
    if (depth > MAX_DEPTH) throw new ImapSyntaxError('Search too deep');
    if (values.length === 0) throw new ImapSyntaxError('Missing search key');
    this.#values = values;
    this.#selected = selected;
    this.#depth = depth;
  }

  all(): SearchTest {
    const tests: SearchTest[] = [];
    while (this.#at < this.#values.length) tests.push(this.#key(this.#depth));
    return candidate => tests.every(test => test(candidate));
  }

  #next(): ImapValue {
    const value = this.#values[this.#at];
    if (!value) throw new ImapSyntaxError('Missing search argument');
    this.#at += 1;
    return value;
  }

  #text(): string {
    return textOf(this.#next());
  }

  #key(depth: number): SearchTest {
    if (depth > MAX_DEPTH) throw new ImapSyntaxError('Search too deep');
    const value = this.#next();
    if (value.kind === 'list') {
      return new SearchKeys(value.items, this.#selected, depth + 1).all();
    }
    const name = textOf(value);
    switch (name.toUpperCase()) {
      case 'NOT': {
        const test = this.#key(depth + 1);
        return candidate => !test(candidate);
      }
      case 'OR': {
        const one = this.#key(depth + 1);
        const other = this.#key(depth + 1);
        return candidate => one(candidate) || other(candidate);
      }
      case 'UID': {
        const last = this.#selected.all().at(-1)?.message.uid ?? 0;
        const uids = NumberSet.parse(this.#text(), last);
        return ({ message }) => uids.has(message.uid);
      }
      default:
        return this.#flagKey(name) ?? this.#dataKey(name) ?? this.#set(name);
    }
  }

  #set(text: string): SearchTest {
    if (!/^[\d*]/.test(text)) throw new ImapSyntaxError('Unknown search key');
    const numbers = NumberSet.parse(text, this.#selected.count);
    return ({ number }) => numbers.has(number);
  }

  #flagKey(name: string): SearchTest | undefined {
    const flag = (wanted: string, there: boolean): SearchTest => {
      return ({ message }) => hasFlag(message, wanted) === there;
    };
    const upper = name.toUpperCase();
    switch (upper) {
      case 'ALL':
      case 'OLD':
        // No session ever holds \Recent, so all messages are old.
        return () => true;
      case 'NEW':
      case 'RECENT':
        return () => false;
      case 'ANSWERED':
      case 'DELETED':
      case 'DRAFT':
      case 'FLAGGED':
      case 'SEEN':
        return flag(`\\${upper}`, true);
      case 'UNANSWERED':
      case 'UNDELETED':
      case 'UNDRAFT':
      case 'UNFLAGGED':
      case 'UNSEEN':
        return flag(`\\${upper.slice(2)}`, false);
      case 'KEYWORD':
        return flag(this.#text(), true);
      case 'UNKEYWORD':
        return flag(this.#text(), false);
      default:
        return undefined;
    }
  }

  #dataKey(name: string): SearchTest | undefined {
    const upper = name.toUpperCase();
    switch (upper) {
      case 'LARGER': {
        const size = Number(this.#text());
        return ({ message }) => message.raw.length > size;
      }
      case 'SMALLER': {
        const size = Number(this.#text());
        return ({ message }) => message.raw.length < size;
      }
      case 'SINCE':
      case 'BEFORE':
      case 'ON':
        return dateTest(upper, dateOf(this.#text()), internalTime);
      case 'SENTSINCE':
      case 'SENTBEFORE':
      case 'SENTON':
        return dateTest(upper.slice(4), dateOf(this.#text()), sentTime);
      case 'FROM':
      case 'TO':
      case 'CC':
      case 'BCC':
      case 'SUBJECT':
        return headerTest(name, this.#text());
      case 'HEADER':
        return headerTest(this.#text(), this.#text());
      case 'BODY':
      case 'TEXT':
        return bytesTest(this.#text());
      default:
        return undefined;
    }
  }
}

/**
 * Reads the keys of a SEARCH (RFC 3501 section 6.4.4) into one test. Header
 * keys compare bytes of the unfolded header without regard to case; encoded
 * words are not decoded. BODY and TEXT look at the raw bytes.
 *
 * @throws ImapSyntaxError
 */
export function parseSearch(
  args: readonly ImapValue[],
  selected: SelectedMailbox,
): SearchTest {
  const keys = new SearchKeys(args, selected, 0);
  return keys.all();
}

function hasFlag({ flags }: StoredMessage, wanted: string): boolean {
  const lower = wanted.toLowerCase();
  return [...flags].some(flag => flag.toLowerCase() === lower);
}

function internalTime({ internalDate }: StoredMessage): number {
  return internalDate.getTime();
}

function sentTime({ raw }: StoredMessage): number {
  const date = headerFields(raw).find(
    ({ name }) => name.toLowerCase() === 'date',
  );
  return Date.parse(date?.value ?? '');
}

/** Compares days, in UTC. */
function dateTest(
  relation: string,
  day: number,
  timeOf: (message: StoredMessage) => number,
): SearchTest {
  return ({ message }) => {
    const time = timeOf(message);
    if (relation === 'SINCE') return time >= day;
    if (relation === 'BEFORE') return time < day;
    return time >= day && time < day + DAY_MS;
  };
}

function headerTest(name: string, part: string): SearchTest {
  const wantedName = name.toLowerCase();
  const wanted = part.toLowerCase();
  return ({ message }) =>
    headerFields(message.raw).some(
      field =>
        field.name.toLowerCase() === wantedName &&
        field.value.toLowerCase().includes(wanted),
    );
}

function bytesTest(part: string): SearchTest {
  const wanted = part.toLowerCase();
  return ({ message }) =>
    message.raw.toString('latin1').toLowerCase().includes(wanted);
}
