// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { isClaimCode } from './claimCode';
import { ConsentCompletion } from './ConsentCompletion';
import {
  CLAIM_TRIES,
  PendingGrant,
  PendingGrantStore,
} from './PendingGrantStore';
import { ConsentRecord } from './types';

/**
 * The end of a consent that came from another site. Its browser could not show
 * who sat there; now the person who started it shows the code that this
 * browser got, which proves that they are one and the same, or talk to each
 * other. Whoever lured somebody else into consenting does not see it.
 */
export class ConsentClaims {
  readonly #pending: PendingGrantStore;
  readonly #integrations: IntegrationStore;
  readonly #completion: ConsentCompletion;

  constructor(options: {
    pending: PendingGrantStore;
    integrations: IntegrationStore;
    completion: ConsentCompletion;
  }) {
    this.#pending = options.pending;
    this.#integrations = options.integrations;
    this.#completion = options.completion;
  }

  /**
   * Tries a code on the consent of the person who started it. With the right
   * one what was given is proven and stored; after the last wrong one it is
   * dropped. How the consent then stands is its own to tell.
   *
   * @returns how many tries are left, while it is still to be claimed
   */
  async claim(
    consent: ConsentRecord,
    code: string,
  ): Promise<number | undefined> {
    const pending = await this.#pending.countTry(consent.id);
    if (!pending) {
      return undefined;
    }
    const shown = await pending.openClaim();
    if (shown && isClaimCode(code, shown)) {
      await this.#complete(consent, pending);
      return undefined;
    }
    const triesLeft = CLAIM_TRIES - pending.tries;
    if (triesLeft > 0) {
      return triesLeft;
    }
    await this.#pending.drop(consent.id);
    await this.#completion.fail(
      consent,
      new MailFailure('claim-refused', 'The last try was wrong as well'),
    );
    return undefined;
  }

  /** @throws what is no failure of the outside world, after it was noted */
  async #complete(
    consent: ConsentRecord,
    pending: PendingGrant,
  ): Promise<void> {
    if (!(await this.#pending.claim(consent.id))) {
      return;
    }
    try {
      const tokens = await pending.openTokens();
      const integration = await this.#integrations.find(consent.integrationId);
      if (!tokens || !integration) {
        throw new MailFailure('integration-changed', 'The integration is gone');
      }
      const { consentedAs } = pending;
      await this.#completion.complete(consent, {
        integration,
        tokens,
        consentedAs,
      });
    } catch (error) {
      await this.#completion.fail(consent, error);
      if (!MailFailure.is(error)) {
        throw error;
      }
    } finally {
      await this.#pending.drop(consent.id);
    }
  }
}
