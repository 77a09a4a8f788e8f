// SPDX-License-Identifier: Apache-2.0

/** A sleep that can be cut short, also by a ring just before it began. */
export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Ends after `ms`, at the next ring, or when `signal` is aborted. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const ring = () => this.ring();
    const timer = setTimeout(ring, ms);
    signal.addEventListener('abort', ring);
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    signal.removeEventListener('abort', ring);
    this.#rung = false;
  }
}
