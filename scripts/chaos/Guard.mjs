// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fromRoot } from '../lib/repository.mjs';

/** Ends processes where this one is killed; see `guard.cjs`. */
export class Guard {
  #child;

  constructor() {
    this.#child = spawn(
      process.execPath,
      [fromRoot('scripts', 'chaos', 'guard.cjs')],
      { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
    );
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', () => {});
  }

  /**
   * Watches over a process, or over a group where the id is negative.
   *
   * @param {NodeJS.Signals} signal - what ends it
   * @returns {() => void} says that it has ended
   */
  watch(id, signal) {
    this.#child.stdin.write(`+ ${signal} ${id}\n`);
    return () => this.#child.stdin.write(`- ${signal} ${id}\n`);
  }

  /** Ends what is still watched over, and itself. */
  async close() {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}
