// SPDX-License-Identifier: Apache-2.0
import { ConflictError, InputError } from '@backstage/errors';
import {
  MAX_PROVIDERS,
  ProviderDescription,
  providerDescriptionSchema,
  providerIdSchema,
} from '@postroom/plugin-incoming-mail-common';
import {
  OAuthProvider,
  ownAuthorizationParameters,
} from '@postroom/plugin-incoming-mail-node';

/** The providers that modules brought, checked at the start. */
export class ProviderCatalogue {
  readonly #providers = new Map<string, OAuthProvider>();

  /**
   * @throws InputError for a description that could not be saved as an
   *   integration, and for parameters that are ours
   * @throws ConflictError for an id that is taken
   */
  constructor(providers: readonly OAuthProvider[] = []) {
    if (providers.length > MAX_PROVIDERS) {
      throw new InputError(`There are more than ${MAX_PROVIDERS} providers`);
    }
    for (const provider of providers) {
      this.#add(provider);
    }
  }

  #add(provider: OAuthProvider): void {
    const { id } = provider.description;
    const parsed = providerDescriptionSchema.safeParse(provider.description);
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0];
      throw new InputError(
        `The provider '${id}' cannot be offered: ${path.join('.')} ${message}`,
      );
    }
    const builtIn: readonly string[] = providerIdSchema.options;
    if (builtIn.includes(id) || this.#providers.has(id)) {
      throw new ConflictError(`There are two providers with the id '${id}'`);
    }
    const own = Object.keys(provider.authorizationParameters ?? {}).find(name =>
      ownAuthorizationParameters.includes(name.toLowerCase()),
    );
    if (own !== undefined) {
      throw new InputError(
        `The provider '${id}' must not set the parameter '${own}' of authorization requests`,
      );
    }
    this.#providers.set(id, provider);
  }

  /** Undefined where the module that brought it is no longer installed. */
  find(id: string | undefined): OAuthProvider | undefined {
    return id === undefined ? undefined : this.#providers.get(id);
  }

  /** What the editor offers, in the order of arrival. */
  describe(): ProviderDescription[] {
    return [...this.#providers.values()].map(({ description }) => description);
  }
}
