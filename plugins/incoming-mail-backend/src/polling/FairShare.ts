// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import {
  announceReplica,
  countShares,
  Db,
  freeAbandoned,
  withdrawReplica,
} from '../database';

// So that two replicas of an odd number do not pass one mailbox to and fro.
const SLACK = 0.1;

/**
 * How many mailboxes one replica may keep, where all that live keep the same
 * number. Each says that it lives, counts the others, and has what a dead one
 * kept visited.
 */
export class FairShare {
  readonly #options: { db: Db; holder: string; leaseMs: number };
  readonly #id = randomUUID();
  #most = Infinity;

  constructor(options: { db: Db; holder: string; leaseMs: number }) {
    this.#options = options;
  }

  /** The most mailboxes that are fair, as of the last refresh. */
  get most(): number {
    return this.#most;
  }

  async refresh(): Promise<void> {
    const { db, holder, leaseMs } = this.#options;
    await announceReplica(db, { id: this.#id, holder }, leaseMs);
    await freeAbandoned(db);
    const { replicas, mailboxes } = await countShares(db);
    this.#most =
      replicas <= 1
        ? Infinity
        : Math.ceil((mailboxes / replicas) * (1 + SLACK)) + 1;
  }

  async withdraw(): Promise<void> {
    await withdrawReplica(this.#options.db, this.#id);
  }
}
