// SPDX-License-Identifier: Apache-2.0

const FIRST_BYTES = 16 * 1024;

/**
 * Bytes that come in pieces, put where they stay: where it was told how many
 * to expect, nothing is held twice. Memory that is reserved and not written to
 * costs nothing.
 */
export class ByteCollector {
  #bytes: Buffer;
  #length = 0;

  /** @param expectedBytes - how many are said to come, which may be wrong */
  constructor(expectedBytes = 0) {
    // Never from Node's shared pool: what is collected may be handed on to a
    // thread with the memory that it stands in.
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(expectedBytes, FIRST_BYTES));
  }

  get length(): number {
    return this.#length;
  }

  add(piece: Buffer): void {
    const end = this.#length + piece.length;
    if (end > this.#bytes.length) {
      const former = this.#bytes;
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(end, 2 * former.length));
      former.copy(this.#bytes, 0, 0, this.#length);
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = end;
  }

  /** What came; nothing is to be added afterwards. */
  take(): Buffer {
    const all = this.#bytes.subarray(0, this.#length);
    // A view keeps all that was reserved.
    return 2 * this.#length < this.#bytes.length ? Buffer.from(all) : all;
  }
}
