// SPDX-License-Identifier: Apache-2.0
import {
  IncomingMailHandlersExtensionPoint,
  MailHandler,
} from '@postroom/plugin-incoming-mail-node';

/** Collects the handlers that modules bring, before the plugin starts. */
export class HandlerCollector implements IncomingMailHandlersExtensionPoint {
  readonly #handlers: MailHandler[] = [];

  addHandler(...handlers: Array<MailHandler | MailHandler[]>): void {
    this.#handlers.push(...handlers.flat());
  }

  /** All of them, in the order of arrival. */
  get handlers(): readonly MailHandler[] {
    return this.#handlers;
  }
}
