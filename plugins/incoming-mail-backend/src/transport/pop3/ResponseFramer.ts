// SPDX-License-Identifier: Apache-2.0
import { ByteCollector } from '../ByteCollector';

// RFC 1939 section 3: a response is a line; a multi-line one goes on until a
// line that is a single dot, and every line of it that begins with a dot has
// one put before it. Where TCP cuts all this into pieces means nothing, which
// is what this file is about: a byte at a time would be enough.

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const CARRIAGE_RETURN = Buffer.from([CR]);

// RFC 2449 section 4 allows 512 bytes; servers put a whole sentence there.
const MAX_STATUS_BYTES = 8192;

/** What answer a command has. */
export interface ResponseShape {
  /** Whether a body follows `+OK`. */
  readonly multiline?: boolean;
  /** Whether the server may ask for more (`+ …`, RFC 5034 section 4). */
  readonly mayContinue?: boolean;
  /** How long the body is said to be; it may be wrong. */
  readonly expectedBytes?: number;
  /** How much of the body is kept; all of it unless told. */
  readonly keepBytes?: number;
  /** How much of it is taken from the wire at most; see `overflow`. */
  readonly maxBytes?: number;
}

/** A whole answer. */
export interface Pop3Response {
  readonly status: 'ok' | 'error' | 'continue';
  /** The first line after its status word. */
  readonly text: string;
  /** The body, as it was before dots were put in, with all its line ends. */
  readonly body: Buffer;
  /** How long the body was, also where less is kept. */
  readonly bodyBytes: number;
  /**
   * The body is longer than the shape allows, and has not ended. Where the
   * next answer begins is not known any more.
   */
  readonly overflow: boolean;
}

/** The server does not speak POP3. */
export class FrameError extends Error {
  name = 'FrameError' as const;
}

// Where in the body the next byte stands:
// - line: at the beginning of a line
// - dot: after a dot that began a line
// - dot-cr: after a dot and CR that began a line
// - text: within a line
// - cr: after a CR within a line
type BodyState = 'line' | 'dot' | 'dot-cr' | 'text' | 'cr';

/**
 * Cuts what a POP3 server sends into answers, byte-exactly and wherever the
 * pieces fall. Knows nothing of sockets; one answer at a time.
 */
export class ResponseFramer {
  #shape?: ResponseShape;
  #statusLine: Buffer[] = [];
  #statusBytes = 0;
  #status?: Pick<Pop3Response, 'status' | 'text'>;
  #state: BodyState = 'line';
  #body?: ByteCollector;
  #bodyBytes = 0;

  /** Begins an answer; the one before must have ended. */
  expect(shape: ResponseShape): void {
    this.#shape = shape;
    this.#statusLine = [];
    this.#statusBytes = 0;
    this.#status = undefined;
    this.#state = 'line';
    this.#body = undefined;
    this.#bodyBytes = 0;
  }

  /**
   * Takes bytes, up to the end of the answer.
   *
   * @returns how many were taken, and the answer once it is whole
   * @throws FrameError where this is not POP3
   */
  push(chunk: Buffer): { taken: number; response?: Pop3Response } {
    let at = 0;
    if (!this.#status) {
      const end = chunk.indexOf(LF);
      at = end === -1 ? chunk.length : end + 1;
      this.#takeStatus(chunk.subarray(0, at));
      if (end === -1) {
        return { taken: at };
      }
      this.#status = this.#readStatus();
    }
    const { status } = this.#status;
    if (status !== 'ok' || !this.#shape?.multiline) {
      return { taken: at, response: this.#finish(false) };
    }
    const { taken, ended } = this.#takeBody(chunk, at);
    const { maxBytes = Infinity } = this.#shape;
    if (!ended && this.#bodyBytes > maxBytes) {
      return { taken, response: this.#finish(true) };
    }
    return { taken, response: ended ? this.#finish(false) : undefined };
  }

  #takeStatus(bytes: Buffer): void {
    this.#statusLine.push(bytes);
    this.#statusBytes += bytes.length;
    if (this.#statusBytes > MAX_STATUS_BYTES) {
      throw new FrameError('sends a line without end');
    }
  }

  #readStatus(): Pick<Pop3Response, 'status' | 'text'> {
    const line = Buffer.concat(this.#statusLine)
      .toString()
      .replace(/\r?\n$/, '');
    const [, word = '', text = ''] =
      /^(\+OK|-ERR|\+(?= |$)) ?([^]*)$/i.exec(line) ?? [];
    switch (word.toUpperCase()) {
      case '+OK':
        return { status: 'ok', text };
      case '-ERR':
        return { status: 'error', text };
      case '+':
        if (this.#shape?.mayContinue) {
          return { status: 'continue', text };
        }
        break;
      default:
    }
    throw new FrameError('answers with neither +OK nor -ERR');
  }

  #takeBody(chunk: Buffer, from: number): { taken: number; ended: boolean } {
    // Everything from here to the byte that is looked at belongs to the body.
    let begin = from;
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      switch (this.#state) {
        case 'line':
          if (byte === DOT) {
            this.#keep(chunk.subarray(begin, at));
            begin = at + 1;
            this.#state = 'dot';
          } else {
            this.#state = byte === CR ? 'cr' : 'text';
          }
          break;
        case 'dot':
          if (byte === CR) {
            begin = at + 1;
            this.#state = 'dot-cr';
          } else {
            this.#state = 'text';
          }
          break;
        case 'dot-cr':
          if (byte === LF) {
            return { taken: at + 1, ended: true };
          }
          // It was a line of the mail after all.
          this.#keep(CARRIAGE_RETURN);
          begin = at;
          this.#state = byte === CR ? 'cr' : 'text';
          break;
        case 'cr':
          if (byte === LF) {
            this.#state = 'line';
          } else {
            this.#state = byte === CR ? 'cr' : 'text';
          }
          break;
        default: {
          const next = byte === CR ? at : chunk.indexOf(CR, at);
          if (next === -1) {
            at = chunk.length;
          } else {
            at = next;
            this.#state = 'cr';
          }
        }
      }
    }
    this.#keep(chunk.subarray(begin));
    return { taken: chunk.length, ended: false };
  }

  #keep(bytes: Buffer): void {
    const { keepBytes = Infinity, expectedBytes = 0 } = this.#shape ?? {};
    this.#bodyBytes += bytes.length;
    this.#body ??= new ByteCollector(Math.min(expectedBytes, keepBytes));
    const room = keepBytes - this.#body.length;
    if (room > 0 && bytes.length > 0) {
      this.#body.add(bytes.length > room ? bytes.subarray(0, room) : bytes);
    }
  }

  #finish(overflow: boolean): Pop3Response {
    const response = {
      ...this.#status!,
      body: this.#body?.take() ?? Buffer.alloc(0),
      bodyBytes: this.#bodyBytes,
      overflow,
    };
    this.#body = undefined;
    return response;
  }
}
