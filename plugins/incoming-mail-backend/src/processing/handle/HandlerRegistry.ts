// SPDX-License-Identifier: Apache-2.0
import { ConflictError, InputError } from '@backstage/errors';
import { MailHandler } from '@postroom/plugin-incoming-mail-node';

const KEBAB_CASE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
// The column of handler_bindings.
const MAX_ID_LENGTH = 100;

/** The handlers of this installation: ours, and those that modules brought. */
export class HandlerRegistry {
  readonly #handlers = new Map<string, MailHandler>();

  /**
   * @throws InputError for an id that is not kebab-case
   * @throws ConflictError for an id that two handlers have, naming both
   */
  constructor(handlers: readonly MailHandler[]) {
    for (const handler of handlers) {
      this.#add(handler);
    }
  }

  #add(handler: MailHandler) {
    const { id, title } = handler;
    if (!KEBAB_CASE.test(id) || id.length > MAX_ID_LENGTH) {
      throw new InputError(
        `The id '${id}' of the mail handler '${title}' must be kebab-case, at most ${MAX_ID_LENGTH} characters`,
      );
    }
    const other = this.#handlers.get(id);
    if (other) {
      throw new ConflictError(
        `The mail handlers '${other.title}' and '${title}' have the same id '${id}'`,
      );
    }
    this.#handlers.set(id, handler);
  }

  /** Undefined where the module that brought it is no longer installed. */
  find(id: string): MailHandler | undefined {
    return this.#handlers.get(id);
  }

  /** Every handler, in the order in which they were added. */
  list(): MailHandler[] {
    return [...this.#handlers.values()];
  }
}
