// SPDX-License-Identifier: Apache-2.0

/** A line without its end, or the news that one was too long and is skipped. */
export type LineEvent =
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'line-too-long' };

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts the bytes of a client into lines, however they were cut into chunks. A
 * lone LF ends a line too, as real servers have it. It never keeps more than
 * one line of the allowed length.
 */
export class LineReader {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #skipping = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(chunk: Buffer): Generator<LineEvent> {
    let rest = chunk;
    while (rest.length > 0) {
      const end = rest.indexOf(LF);
      const part = end === -1 ? rest : rest.subarray(0, end);
      rest = rest.subarray(end === -1 ? rest.length : end + 1);
      const event = this.#take(part, end !== -1);
      if (event) yield event;
    }
  }

  #take(part: Buffer, endsLine: boolean): LineEvent | undefined {
    if (this.#skipping) {
      this.#skipping = !endsLine;
      return undefined;
    }
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) {
      this.#reset();
      this.#skipping = !endsLine;
      return { kind: 'line-too-long' };
    }
    this.#pieces.push(part);
    if (!endsLine) return undefined;
    const line = Buffer.concat(this.#pieces);
    this.#reset();
    const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
    return { kind: 'line', line: text.toString('utf8') };
  }

  #reset(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }
}
