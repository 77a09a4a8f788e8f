// SPDX-License-Identifier: Apache-2.0
import type { FaultField } from './faultFields';
import { allFaults, type Faults, type FaultsRequest } from './faultsRequest';

const fields = Object.entries<FaultField>(allFaults);

/** Holds the faults in force. They live in memory only: a restart heals all. */
export class FaultBoard {
  #faults = noFaults();
  readonly #listeners = new Set<(faults: Faults) => void>();

  get current(): Faults {
    return this.#faults;
  }

  /** Sets the named fields; the actions in the request are not its business. */
  set(request: FaultsRequest): void {
    const named = new Map(Object.entries(request));
    const changes = fields
      .filter(([name]) => named.get(name) !== undefined)
      .map(([name, { off }]) => [name, named.get(name) ?? off]);
    this.#change({ ...this.#faults, ...Object.fromEntries(changes) });
  }

  /** Counts a token error that was answered; the last one heals it. */
  spendTokenError(): void {
    const { tokenError } = this.#faults;
    if (tokenError?.times === undefined) return;
    const times = tokenError.times - 1;
    this.#change({
      ...this.#faults,
      tokenError: times > 0 ? { ...tokenError, times } : undefined,
    });
  }

  reset(): void {
    this.#change(noFaults());
  }

  /** Calls `listener` after every change; returns how to stop that. */
  subscribe(listener: (faults: Faults) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The reply of `GET /api/faults`: every field, `null` where one is off. */
  toJson(): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(this.#faults).map(([name, value]) => [
        name,
        value ?? null,
      ]),
    );
  }

  #change(faults: Faults): void {
    this.#faults = faults;
    for (const listener of this.#listeners) listener(faults);
  }
}

function noFaults(): Faults {
  // Built from the same table as the type.
  return Object.fromEntries(
    fields.map(([name, { off }]) => [name, off]),
  ) as Faults;
}
