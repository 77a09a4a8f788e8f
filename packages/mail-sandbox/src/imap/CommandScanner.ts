// SPDX-License-Identifier: Apache-2.0
import type { RawCommand } from './CommandReader';
import { ImapSyntaxError } from './ImapSyntaxError';

/** A value of a command, without knowledge of what it means there. */
export type ImapValue =
  | { readonly kind: 'atom'; readonly text: string }
  | { readonly kind: 'string'; readonly bytes: Buffer }
  | { readonly kind: 'list'; readonly items: readonly ImapValue[] };

/** Lists in lists: SEARCH nests a little, an attacker a lot. */
const MAX_DEPTH = 20;

/** Walks over the parts of a raw command. Text is read as Latin-1. */
export class CommandScanner {
  readonly #parts: RawCommand;
  #part = 0;
  #text: string;
  #at = 0;

  constructor(parts: RawCommand) {
    this.#parts = parts;
    this.#text = parts[0].toString('latin1');
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length && !this.#literalIsNext;
  }

  get #literalIsNext(): boolean {
    return this.#at >= this.#text.length && this.#part + 1 < this.#parts.length;
  }

  /** Everything up to the next space. */
  word(): string {
    const end = this.#text.indexOf(' ', this.#at);
    const word = this.#text.slice(
      this.#at,
      end === -1 ? this.#text.length : end,
    );
    this.#at += word.length;
    return word;
  }

  expectSpace(): void {
    if (this.#text[this.#at] !== ' ')
      throw new ImapSyntaxError('Missing space');
    this.#at += 1;
  }

  value(depth: number): ImapValue {
    if (this.#literalIsNext) return this.#literal();
    switch (this.#text[this.#at]) {
      case '"':
        return { kind: 'string', bytes: this.#quoted() };
      case '(':
        return this.#list(depth + 1);
      default:
        return this.#atom();
    }
  }

  #literal(): ImapValue {
    const bytes = this.#parts[this.#part + 1];
    this.#part += 2;
    this.#text = this.#parts[this.#part].toString('latin1');
    this.#at = 0;
    return { kind: 'string', bytes };
  }

  #quoted(): Buffer {
    // Either an escaped quote or backslash, or anything else but those two.
    const match = /"((?:\\["\\]|[^"\\\r\n])*)"/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#text);
    if (!found) throw new ImapSyntaxError('Unfinished string');
    this.#at += found[0].length;
    return Buffer.from(found[1].replace(/\\(.)/g, '$1'), 'latin1');
  }

  #list(depth: number): ImapValue {
    if (depth > MAX_DEPTH) throw new ImapSyntaxError('Lists too deep');
    this.#at += 1;
    const items: ImapValue[] = [];
    while (this.#text[this.#at] !== ')') {
      if (this.atEnd) throw new ImapSyntaxError('Unfinished list');
      if (this.#text[this.#at] === ' ') this.#at += 1;
      else items.push(this.value(depth));
    }
    this.#at += 1;
    return { kind: 'list', items };
  }

  /**
   * Visible characters without specials; what stands in brackets belongs to
   * it, spaces and all: `BODY[HEADER.FIELDS (From To)]<0.10>`.
   */
  #atom(): ImapValue {
    const match = /(?:(?![()"[\]{])[!-~]|\[[ -\\^-~]*\])+/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#text);
    if (!found) throw new ImapSyntaxError('Unexpected character');
    this.#at += found[0].length;
    return { kind: 'atom', text: found[0] };
  }
}
