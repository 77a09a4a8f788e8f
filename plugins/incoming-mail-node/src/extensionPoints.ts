// SPDX-License-Identifier: Apache-2.0
import { createExtensionPoint } from '@backstage/backend-plugin-api';
import type { MailHandler } from './handlers';

/**
 * Where a module adds handlers of its own.
 *
 * @public
 */
export interface IncomingMailHandlersExtensionPoint {
  /**
   * Adds handlers. An id that is not kebab-case or is already taken fails the
   * start of the module that brought it.
   */
  addHandler(...handlers: Array<MailHandler | MailHandler[]>): void;
}

/** See {@link IncomingMailHandlersExtensionPoint}. @public */
export const incomingMailHandlersExtensionPoint =
  createExtensionPoint<IncomingMailHandlersExtensionPoint>({
    id: 'incoming-mail.handlers',
  });
