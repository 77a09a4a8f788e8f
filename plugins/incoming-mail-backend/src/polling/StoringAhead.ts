// SPDX-License-Identifier: Apache-2.0
import { holdLease, inTransaction } from '../database';
import { FetchedBatch, MessageRef } from '../transport';
import { Reading } from './Reading';
import { wantsSettling } from './settleStored';
import { toArrivedMessage } from './toArrivedMessage';
import { Visit } from './types';

type Batch = { asked: readonly MessageRef[]; fetched: FetchedBatch };

/**
 * Stores a batch while the next one is fetched: at most two are in memory.
 */
export class StoringAhead {
  readonly #visit: Visit;
  readonly #reading: Reading;
  readonly #progress: { accepted: number };
  #storing: Promise<void> = Promise.resolve();

  constructor(visit: Visit, reading: Reading, progress: { accepted: number }) {
    this.#visit = visit;
    this.#reading = reading;
    this.#progress = progress;
  }

  /** Waits for the batch before, and rejects as it did; then begins. */
  async begin(batch: Batch): Promise<void> {
    await this.#storing;
    this.#storing = this.#store(batch);
    // Whoever waits for it hears of it; until then nobody listens.
    this.#storing.catch(() => {});
  }

  /** Waits for the last batch, and rejects as it did. */
  async end(): Promise<void> {
    await this.#storing;
  }

  async #store(batch: Batch): Promise<void> {
    const store = () => storeBatch(this.#visit, this.#reading, batch);
    const { observeStoring, onAccepted } = this.#visit.deps;
    const accepted = await (observeStoring?.(store) ?? store());
    this.#progress.accepted += accepted;
    if (accepted > 0) {
      onAccepted?.();
    }
  }
}

/** @returns how many mails were new */
function storeBatch(
  { mailbox, ticket, deps }: Visit,
  reading: Reading,
  batch: Batch,
): Promise<number> {
  const { asked, fetched } = batch;
  const { messages, refused } = fetched;
  const under = { mailboxId: mailbox.id, cursorId: reading.cursor.id };
  return inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    const arrived = messages.map(message => ({
      ...toArrivedMessage(message),
      review: reading.needsReview(message.ref),
    }));
    const accepted = await deps.inbox.accept(tx, {
      ...under,
      messages: arrived,
      recognisesBytes: reading.recognisesBytes,
      acknowledges: wantsSettling(mailbox),
    });
    const lost = await deps.gaps.count(tx, under.cursorId, refused);
    await deps.inbox.acceptUndelivered(tx, { ...under, sources: lost });
    if (reading.mayFillGaps) {
      await deps.gaps.remove(tx, under.cursorId, keysWithout(asked, refused));
    }
    await reading.moveOver(tx, { asked, messages: arrived, lost });
    return accepted;
  });
}

function keysWithout(
  refs: readonly MessageRef[],
  others: readonly MessageRef[],
): string[] {
  const excluded = new Set(others.map(({ sourceKey }) => sourceKey));
  return refs
    .map(({ sourceKey }) => sourceKey)
    .filter(key => !excluded.has(key));
}
