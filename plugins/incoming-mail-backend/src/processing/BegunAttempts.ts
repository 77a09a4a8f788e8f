// SPDX-License-Identifier: Apache-2.0
import { BegunBatch } from './SharedTransaction';
import { ProcessingOutcome } from './types';

/** Attempts that are counted, until they end; of mails that were listed together. */
export class BegunAttempts {
  readonly #open = new Set<string>();
  readonly #beginning: Promise<void>[] = [];

  /** Notes the attempts at a batch, once they are counted. */
  begin(batch: Promise<BegunBatch>): void {
    const noted = batch.then(
      begun => begun.forEach(({ waiting }) => this.#open.add(waiting.id)),
      // None of them is counted, or the lease is lost.
      () => {},
    );
    this.#beginning.push(noted);
  }

  /** Notes how an attempt ended, also one that was not begun in a batch. */
  end(messageId: string, { kind }: ProcessingOutcome): void {
    if (kind === 'aborted' || kind === 'put-off') {
      this.#open.add(messageId);
    } else {
      this.#open.delete(messageId);
    }
  }

  /** The mails at which an attempt was begun and did not end. */
  async givenUp(): Promise<string[]> {
    await Promise.all(this.#beginning);
    return [...this.#open];
  }
}
