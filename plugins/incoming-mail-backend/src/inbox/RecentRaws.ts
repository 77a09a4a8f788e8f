// SPDX-License-Identifier: Apache-2.0

const MAX_BYTES = 12 * 1_048_576;
// Large mails are read from the database into memory of their own, which is
// then handed on to a thread instead of being copied.
const MAX_MAIL_BYTES = 1_048_576;
const KEEP_MS = 20_000;
// From here on, whoever stores more lets the handling come after.
const CROWDED_BYTES = 8 * 1_048_576;
// Nobody asked for any for so long: it is not here that they are handled.
const TAKEN_LATELY_MS = 1_000;

/**
 * The bytes of mails that this replica has just stored, so that handling them
 * a moment later does not have to ask the database for what it was told a
 * moment ago. Nothing depends on it: an id is never given twice, so
 * bytes found under one are those that were stored under it, and what is not
 * found, as it was left out, is old or was stored by another replica, is read
 * from the database. An entry whose transaction was undone is never asked for.
 *
 * Mails are handled in the order in which they are stored. So where handling
 * falls behind, new ones are left out and not old ones dropped: those are next.
 */
export class RecentRaws {
  readonly #entries = new Map<string, { raw: Buffer; until: number }>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #takenAt = -Infinity;
  readonly #waiting = new Set<() => void>();

  add(messageId: string, raw: Buffer): void {
    if (raw.length > MAX_MAIL_BYTES || this.#bytes + raw.length > MAX_BYTES) {
      return;
    }
    const until = performance.now() + KEEP_MS;
    this.#entries.set(messageId, { raw, until });
    this.#bytes += raw.length;
    this.#timer ??= this.#later();
  }

  /** The bytes of a mail, which are then forgotten. */
  take(messageId: string): Buffer | undefined {
    const entry = this.#entries.get(messageId);
    // Also where it is not here: who asks is behind what is.
    this.#takenAt = performance.now();
    if (entry) {
      this.#forget(messageId, entry.raw);
    }
    return entry?.raw;
  }

  /**
   * Waits while this replica is handling mail and has much of it at hand: what
   * is stored faster than it is handled has to be read from the database again.
   * Resolves, at the latest, a second after bytes were last asked for, or when
   * aborted.
   */
  async whenRoom(signal: AbortSignal): Promise<void> {
    for (;;) {
      const restMs = this.#takenAt + TAKEN_LATELY_MS - performance.now();
      if (this.#bytes < CROWDED_BYTES || restMs <= 0 || signal.aborted) {
        return;
      }
      await this.#nextTake(restMs, signal);
    }
  }

  async #nextTake(waitMs: number, signal: AbortSignal): Promise<void> {
    let done = () => {};
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, waitMs);
      done = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#waiting.add(done);
    });
    signal.removeEventListener('abort', done);
    this.#waiting.delete(done);
  }

  #forget(messageId: string, raw: Buffer): void {
    this.#entries.delete(messageId);
    this.#bytes -= raw.length;
    this.#waiting.forEach(done => done());
  }

  #later(): NodeJS.Timeout {
    return setTimeout(() => this.#forgetOld(), KEEP_MS).unref();
  }

  #forgetOld(): void {
    const now = performance.now();
    for (const [messageId, { raw, until }] of this.#entries) {
      if (until <= now) {
        this.#forget(messageId, raw);
      }
    }
    this.#timer = this.#entries.size > 0 ? this.#later() : undefined;
  }
}
