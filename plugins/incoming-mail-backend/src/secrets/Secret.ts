// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';

const REDACTED = '[secret]';

/**
 * A value that must not be seen. It prints as `[secret]` wherever a value is
 * printed by accident: string conversion, JSON, `util.inspect` and with it
 * every logger. Only {@link Secret.reveal} gives it away, so each place that
 * does can be found.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that sends or seals it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
