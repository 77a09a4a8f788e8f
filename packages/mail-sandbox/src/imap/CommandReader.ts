// SPDX-License-Identifier: Apache-2.0

/**
 * A command as it came: text and literals in turn, beginning and ending with
 * text. The announcements of the literals (`{12}`) are not in the text.
 */
export type RawCommand = readonly Buffer[];

export type ReaderEvent =
  | { readonly kind: 'command'; readonly command: RawCommand }
  /** A literal was announced and the client waits for leave to send it. */
  | { readonly kind: 'literal-awaited' }
  /** A line above the limit; the rest of it is being skipped. */
  | { readonly kind: 'line-too-long' }
  /**
   * A literal above the limit. If the client waits for leave, the command is
   * over; if not (`{12+}`, RFC 7888), its bytes come anyway and the connection
   * must end. `text` is what came before, for the tag.
   */
  | {
      readonly kind: 'literal-too-long';
      readonly text: Buffer;
      readonly waits: boolean;
    };

const LF = 0x0a;

/** The announcement of a literal at the end of a line. */
const LITERAL = /\{(\d{1,15})(\+?)\}$/;

/** Longest announcement; only so much of a line's end is looked at. */
const LITERAL_TAIL = 20;

/**
 * Cuts the bytes of a client into commands (RFC 3501 section 4.3: a literal
 * continues the line that announced it). It knows no commands and keeps no
 * more than the limits allow. The result does not depend on how the bytes
 * were cut into chunks.
 */
export class CommandReader {
  /** Bytes of text in one command, all its lines together. */
  readonly #maxTextBytes: number;
  /** Bytes of all literals of one command; may be raised after the login. */
  maxLiteralBytes: number;

  #done: Buffer[] = [];
  #pieces: Buffer[] = [];
  #textBytes = 0;
  #literalBytes = 0;
  /** Bytes that the current literal still lacks; 0 = reading text. */
  #missing = 0;
  #skipping = false;

  constructor(limits: { maxTextBytes: number; maxLiteralBytes: number }) {
    this.#maxTextBytes = limits.maxTextBytes;
    this.maxLiteralBytes = limits.maxLiteralBytes;
  }

  *push(chunk: Buffer): Generator<ReaderEvent> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#missing > 0) {
        rest = this.#takeLiteral(rest);
        continue;
      }
      const end = rest.indexOf(LF);
      const part = end === -1 ? rest : rest.subarray(0, end + 1);
      rest = rest.subarray(part.length);
      const event = this.#takeText(part, end !== -1);
      if (event) yield event;
    }
  }

  #takeLiteral(bytes: Buffer): Buffer {
    const part = bytes.subarray(0, this.#missing);
    this.#pieces.push(part);
    this.#missing -= part.length;
    if (this.#missing === 0) this.#finishPart();
    return bytes.subarray(part.length);
  }

  #takeText(part: Buffer, endsLine: boolean): ReaderEvent | undefined {
    if (this.#skipping) {
      this.#skipping = !endsLine;
      return undefined;
    }
    this.#textBytes += part.length;
    if (this.#textBytes > this.#maxTextBytes) {
      this.#reset();
      this.#skipping = !endsLine;
      return { kind: 'line-too-long' };
    }
    this.#pieces.push(part);
    return endsLine ? this.#finishLine() : undefined;
  }

  #finishLine(): ReaderEvent | undefined {
    const line = withoutLineEnd(Buffer.concat(this.#pieces));
    const tail = line.toString(
      'latin1',
      Math.max(0, line.length - LITERAL_TAIL),
    );
    const literal = LITERAL.exec(tail);
    if (!literal) {
      const command = [...this.#done, line];
      this.#reset();
      return { kind: 'command', command };
    }
    const length = Number(literal[1]);
    const waits = literal[2] === '';
    this.#literalBytes += length;
    if (this.#literalBytes > this.maxLiteralBytes) {
      const [text = line] = this.#done;
      this.#reset();
      return { kind: 'literal-too-long', text, waits };
    }
    this.#pieces = [line.subarray(0, line.length - literal[0].length)];
    this.#finishPart();
    this.#missing = length;
    // An empty literal is complete at once; the line goes on after it.
    if (length === 0) this.#finishPart();
    return waits ? { kind: 'literal-awaited' } : undefined;
  }

  #finishPart(): void {
    // The pieces are views of the socket's chunks; this is their one copy.
    this.#done.push(Buffer.concat(this.#pieces));
    this.#pieces = [];
  }

  #reset(): void {
    this.#done = [];
    this.#pieces = [];
    this.#textBytes = 0;
    this.#literalBytes = 0;
    this.#missing = 0;
  }
}

function withoutLineEnd(line: Buffer): Buffer {
  const text = line.subarray(0, line.length - 1);
  return text.at(-1) === 0x0d ? text.subarray(0, -1) : text;
}
