// SPDX-License-Identifier: Apache-2.0
import { createExtensionPoint } from '@backstage/backend-plugin-api';
import type { AnyMailHandler } from './handlers';
import type { OAuthProvider } from './providers';

/**
 * Where a module adds handlers of its own.
 *
 * @public
 */
export interface IncomingMailHandlersExtensionPoint {
  /**
   * Adds handlers. An id that is not kebab-case or is already taken fails the
   * start of the plugin.
   */
  addHandler(...handlers: Array<AnyMailHandler | AnyMailHandler[]>): void;
}

/** See {@link IncomingMailHandlersExtensionPoint}. @public */
export const incomingMailHandlersExtensionPoint =
  createExtensionPoint<IncomingMailHandlersExtensionPoint>({
    id: 'incoming-mail.handlers',
  });

/**
 * Where a module adds OAuth 2.0 providers of its own.
 *
 * @public
 */
export interface IncomingMailProvidersExtensionPoint {
  /**
   * Adds providers. An id that is not kebab-case or is already taken, or a
   * preset that could not be saved as an integration, fails the start of the
   * plugin.
   */
  addProvider(...providers: Array<OAuthProvider | OAuthProvider[]>): void;
}

/** See {@link IncomingMailProvidersExtensionPoint}. @public */
export const incomingMailProvidersExtensionPoint =
  createExtensionPoint<IncomingMailProvidersExtensionPoint>({
    id: 'incoming-mail.providers',
  });
