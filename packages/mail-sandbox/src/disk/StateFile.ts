// SPDX-License-Identifier: Apache-2.0
import { writeFileAtomically } from './writeFileAtomically';

/** From the first change to the write; within the promised 200 ms. */
const WRITE_DELAY_MS = 120;

/**
 * Keeps a small state on disk as one file. Changes are gathered for a moment
 * and then written in one atomic, synchronous write, so a SIGKILL loses at
 * most what changed in the last 200 ms and never tears the file.
 */
export class StateFile {
  readonly #path: string;
  readonly #serialize: () => string;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, serialize: () => string) {
    this.#path = path;
    this.#serialize = serialize;
  }

  /** Says that the state changed. The delay does not start anew each time. */
  changed(): void {
    this.#timer ??= setTimeout(() => this.flush(), WRITE_DELAY_MS);
  }

  /** Writes now, if anything is waiting. */
  flush(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    writeFileAtomically(this.#path, this.#serialize());
  }
}
