// SPDX-License-Identifier: Apache-2.0
import { Socket } from 'node:net';
import { Pop3Response, ResponseFramer, ResponseShape } from './ResponseFramer';

/** Why a connection cannot be used any more. */
export class Pop3ConnectionError extends Error {
  name = 'Pop3ConnectionError' as const;

  constructor(
    readonly kind: 'closed' | 'silent' | 'not-pop3' | 'unasked' | 'abandoned',
    message: string,
    /** What the server said before, if anything. */
    readonly serverText?: string,
  ) {
    super(message);
  }
}

interface Pending {
  /** Absent for the greeting, which comes unasked. */
  readonly line?: string;
  readonly shape: ResponseShape;
  resolve(response: Pop3Response): void;
  reject(error: unknown): void;
}

/**
 * Commands and their answers on a socket, in order: a command is sent when the
 * answer to the one before is whole. Whatever goes wrong, everything that is
 * pending is rejected with one error and the socket is destroyed. No error
 * holds a command, which may be a password.
 *
 * It keeps no deadline but that of silence; a server that sends a byte now and
 * then is the caller's to give up.
 */
export class Pop3Connection {
  readonly #socket: Socket;
  readonly #framer = new ResponseFramer();
  readonly #queue: Pending[] = [];
  #current?: Pending;
  #failure?: unknown;

  /** @param socket - on which nothing was read yet; its events are taken over */
  constructor(socket: Socket, options: { inactivityMs: number }) {
    this.#socket = socket;
    socket.on('data', chunk => this.#take(chunk));
    socket.on('error', error => this.destroy(error));
    const close = () =>
      this.destroy(new Pop3ConnectionError('closed', 'The server hung up'));
    socket.on('end', close);
    socket.on('close', close);
    socket.setTimeout(options.inactivityMs, () =>
      this.destroy(new Pop3ConnectionError('silent', 'The server is silent')),
    );
  }

  /** The line that a server begins with. To be asked for first. */
  greeting(): Promise<Pop3Response> {
    return this.#enqueue({}, undefined);
  }

  /** Sends a line, without its end, when its turn has come. */
  send(line: string, shape: ResponseShape = {}): Promise<Pop3Response> {
    return this.#enqueue(shape, line);
  }

  /** Ends it here and now. The first reason is the one that counts. */
  destroy(
    reason: unknown = new Pop3ConnectionError('abandoned', 'It was given up'),
  ): void {
    this.#failure ??= reason;
    this.#socket.destroy();
    this.#current?.reject(this.#failure);
    this.#current = undefined;
    this.#queue.splice(0).forEach(({ reject }) => reject(this.#failure));
  }

  #enqueue(shape: ResponseShape, line?: string): Promise<Pop3Response> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#queue.push({ shape, line, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#current) {
      return;
    }
    this.#current = this.#queue.shift();
    if (this.#current) {
      this.#framer.expect(this.#current.shape);
      if (this.#current.line !== undefined) {
        this.#socket.write(`${this.#current.line}\r\n`);
      }
    }
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && this.#failure === undefined) {
      if (!this.#current) {
        this.#refuseUnasked(rest);
        return;
      }
      try {
        const { taken, response } = this.#framer.push(rest);
        rest = rest.subarray(taken);
        if (response) {
          this.#settle(response);
        }
      } catch (error) {
        this.destroy(
          new Pop3ConnectionError('not-pop3', (error as Error).message),
        );
      }
    }
  }

  #settle(response: Pop3Response): void {
    const { resolve } = this.#current!;
    this.#current = undefined;
    resolve(response);
    if (response.overflow) {
      this.destroy(
        new Pop3ConnectionError('not-pop3', 'sends more than it may'),
      );
    }
    this.#next();
  }

  // A server may say why it hangs up (RFC 1939 section 3 has no other place
  // for it); anything else that nobody asked for would be taken for the answer
  // to what is asked next.
  #refuseUnasked(bytes: Buffer): void {
    const [, text] = /^-ERR ?([^\r\n]*)/i.exec(bytes.toString()) ?? [];
    this.destroy(
      new Pop3ConnectionError('unasked', 'sends what nobody asked for', text),
    );
  }
}
