// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';

/** A connection that says what it is told, however wrong. */
export class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #wake = () => {};

  /** @param socket - connected or about to be */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    for (const event of ['data', 'close']) {
      socket.on(event, (data?: unknown) => {
        if (typeof data === 'string') this.#received += data;
        this.#wake();
      });
    }
  }

  /** What came and was not taken yet. */
  get received(): string {
    return this.#received;
  }

  /** @param text - one byte for each character */
  send(text: string): this {
    this.#socket.write(text, 'latin1');
    return this;
  }

  /** Waits for a line that matches and takes everything up to it. */
  async until(pattern: RegExp): Promise<string> {
    const line = new RegExp(`(${pattern.source})[^\n]*\n`, 'm');
    for (;;) {
      const found = line.exec(this.#received);
      if (found) return this.#take(found.index + found[0].length);
      if (this.#socket.closed) {
        throw new Error(`Closed before ${pattern}: ${this.#received}`);
      }
      await this.#news();
    }
  }

  /** Waits for so many bytes and takes them. */
  async bytes(count: number): Promise<string> {
    while (this.#received.length < count) {
      if (this.#socket.closed) throw new Error(`Closed: ${this.#received}`);
      await this.#news();
    }
    return this.#take(count);
  }

  /** Waits for the end of the connection; gives what was not taken. */
  async closed(): Promise<string> {
    while (!this.#socket.closed) await this.#news();
    return this.#received;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(count: number): string {
    const taken = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return taken;
  }

  #news(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }
}
