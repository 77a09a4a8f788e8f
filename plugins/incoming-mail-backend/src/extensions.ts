// SPDX-License-Identifier: Apache-2.0
import {
  AnyMailHandler,
  IncomingMailHandlersExtensionPoint,
  IncomingMailProvidersExtensionPoint,
  OAuthProvider,
} from '@postroom/plugin-incoming-mail-node';

/** Collects the handlers that modules bring, before the plugin starts. */
export class HandlerCollector implements IncomingMailHandlersExtensionPoint {
  readonly #handlers: AnyMailHandler[] = [];

  addHandler(...handlers: Array<AnyMailHandler | AnyMailHandler[]>): void {
    this.#handlers.push(...handlers.flat());
  }

  /** All of them, in the order of arrival. */
  get handlers(): readonly AnyMailHandler[] {
    return this.#handlers;
  }
}

/** Collects the providers that modules bring, before the plugin starts. */
export class ProviderCollector implements IncomingMailProvidersExtensionPoint {
  readonly #providers: OAuthProvider[] = [];

  addProvider(...providers: Array<OAuthProvider | OAuthProvider[]>): void {
    this.#providers.push(...providers.flat());
  }

  /** All of them, in the order of arrival. */
  get providers(): readonly OAuthProvider[] {
    return this.#providers;
  }
}
