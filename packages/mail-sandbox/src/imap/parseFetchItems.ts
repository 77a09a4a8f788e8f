// SPDX-License-Identifier: Apache-2.0
import { ImapSyntaxError } from './ImapSyntaxError';
import type { ImapValue } from './CommandScanner';
import { oneOrMore, textOf } from './values';

/** Which bytes of a message `BODY[…]` means. */
export interface BodySection {
  /** Part numbers, empty for the whole message. */
  readonly path: readonly number[];
  readonly what: 'all' | 'header' | 'text' | 'mime' | 'fields' | 'fields-not';
  /** Header names in lower case, for `fields` and `fields-not`. */
  readonly fields: readonly string[];
}

export type FetchItem =
  | {
      readonly kind:
        | 'UID'
        | 'FLAGS'
        | 'INTERNALDATE'
        | 'RFC822.SIZE'
        | 'ENVELOPE'
        | 'BODYSTRUCTURE'
        | 'BODY';
    }
  | {
      readonly kind: 'section';
      /** How the response names it. */
      readonly label: string;
      readonly section: BodySection;
      /** Does not set \Seen. */
      readonly peek: boolean;
      /** `<start.length>` */
      readonly partial?: { readonly start: number; readonly length: number };
    };

const MAX_ITEMS = 100;

const macros: Readonly<Record<string, readonly string[]>> = {
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
};

const simpleKinds = [
  'UID',
  'FLAGS',
  'INTERNALDATE',
  'RFC822.SIZE',
  'ENVELOPE',
  'BODYSTRUCTURE',
  'BODY',
] as const;

const whole: BodySection = { path: [], what: 'all', fields: [] };

/** `BODY`, maybe `.PEEK`, a section, maybe a partial range. */
const SECTION = /^BODY(\.PEEK)?\[(.*)\](?:<(\d{1,10})\.(\d{1,10})>)?$/i;

/**
 * Reads the items of a FETCH (RFC 3501 section 6.4.5).
 *
 * @throws ImapSyntaxError
 */
export function parseFetchItems(value: ImapValue | undefined): FetchItem[] {
  const names = oneOrMore(value).map(textOf);
  if (names.length > MAX_ITEMS) throw new ImapSyntaxError('Too many items');
  return names.flatMap(name => {
    const macro = macros[name.toUpperCase()];
    return macro ? macro.map(parseItem) : parseItem(name);
  });
}

function parseItem(name: string): FetchItem {
  const upper = name.toUpperCase();
  const simple = simpleKinds.find(kind => kind === upper);
  if (simple) return { kind: simple };
  switch (upper) {
    case 'RFC822':
      return { kind: 'section', label: upper, section: whole, peek: false };
    case 'RFC822.HEADER':
      return {
        kind: 'section',
        label: upper,
        section: { ...whole, what: 'header' },
        peek: true,
      };
    case 'RFC822.TEXT':
      return {
        kind: 'section',
        label: upper,
        section: { ...whole, what: 'text' },
        peek: false,
      };
    default:
      return parseSectionItem(name);
  }
}

function parseSectionItem(name: string): FetchItem {
  const match = SECTION.exec(name);
  if (!match) throw new ImapSyntaxError('Unknown FETCH item');
  const [, peek, sectionText, start, length] = match;
  const partial =
    start === undefined
      ? undefined
      : { start: Number(start), length: Number(length) };
  if (partial?.length === 0) throw new ImapSyntaxError('Empty range');
  return {
    kind: 'section',
    // The response repeats the section and where the range starts.
    label: `BODY[${sectionText}]${partial ? `<${partial.start}>` : ''}`,
    section: parseSection(sectionText),
    peek: peek !== undefined,
    partial,
  };
}

/** Part numbers, then maybe a word, then maybe a list of header names. */
const SECTION_TEXT =
  /^((?:\d{1,4}(?:\.|$))*)(?:(HEADER|TEXT|MIME)|HEADER\.FIELDS(\.NOT)? \(([^()]*)\))?$/i;

function parseSection(text: string): BodySection {
  const match = SECTION_TEXT.exec(text);
  if (!match) throw new ImapSyntaxError('Unknown section');
  const [, numbers, word, not, names] = match;
  const path = numbers.split('.').filter(Boolean).map(Number);
  if (names !== undefined) {
    return {
      path,
      what: not ? 'fields-not' : 'fields',
      fields: names
        .split(' ')
        .filter(Boolean)
        .map(field => field.replace(/"/g, '').toLowerCase()),
    };
  }
  switch (word?.toUpperCase()) {
    case 'HEADER':
      return { path, what: 'header', fields: [] };
    case 'TEXT':
      return { path, what: 'text', fields: [] };
    case 'MIME':
      return { path, what: 'mime', fields: [] };
    default:
      return { path, what: 'all', fields: [] };
  }
}
