// SPDX-License-Identifier: Apache-2.0
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import { Consent, StartedConsent } from '@postroom/plugin-incoming-mail-common';
import { RefusedError } from '../../http';
import { randomToken } from '../../secrets';
import { isDomainAllowed, isReady } from '../integrations/integrationRules';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { isSecureBaseUrl, startUrl } from '../integrations/redirectUrl';
import { IntegrationRecord } from '../integrations/types';
import { ConsentStore } from './ConsentStore';
import { ConsentMailbox, ConsentRecord } from './types';

const MAX_OPEN_CONSENTS = 5;

/** The half of a consent that the page drives; the popup's is `ConsentFlow`. */
export class ConsentService {
  readonly #consents: ConsentStore;
  readonly #integrations: IntegrationStore;
  readonly #externalBaseUrl: string;
  readonly #returnOrigins: ReadonlySet<string>;

  constructor(options: {
    consents: ConsentStore;
    integrations: IntegrationStore;
    /** Of the plugin, as browsers reach it. */
    externalBaseUrl: string;
    /** Exact origins of pages that a consent may be started from. */
    returnOrigins: readonly string[];
  }) {
    this.#consents = options.consents;
    this.#integrations = options.integrations;
    this.#externalBaseUrl = options.externalBaseUrl;
    this.#returnOrigins = new Set(options.returnOrigins);
  }

  /**
   * Starts a consent for a mailbox, on behalf of a person who may.
   *
   * @throws InputError where the origin is not one that the configuration lists
   * @throws RefusedError where the installation has no https, or the
   *   integration does not allow it
   * @throws ConflictError where nobody has to consent, or the person has too
   *   many under way
   */
  async startConsent(options: {
    mailbox: ConsentMailbox;
    userRef: string;
    returnOrigin: string;
  }): Promise<StartedConsent> {
    const { mailbox, userRef, returnOrigin } = options;
    if (!this.#returnOrigins.has(returnOrigin)) {
      throw new InputError(
        `Invalid input: body.returnOrigin is neither the origin of app.baseUrl nor listed in incomingMail.oauth.returnOrigins`,
      );
    }
    if (!isSecureBaseUrl(this.#externalBaseUrl)) {
      throw new RefusedError('https-required');
    }
    const integration = await this.#integrations.find(mailbox.integrationId);
    const integrationVersion = usableVersion(integration, mailbox.address);
    await this.#refuseTooMany(userRef, mailbox.id);
    const ticket = randomToken();
    const { id, expiresAt } = await this.#consents.create({
      mailbox,
      integrationVersion,
      userRef,
      ticket,
      returnOrigin,
    });
    return {
      consentId: id,
      startUrl: startUrl(this.#externalBaseUrl, ticket),
      expiresAt: expiresAt.toISOString(),
    };
  }

  /** @throws NotFoundError also where somebody else started it */
  async getConsent(id: string, userRef: string): Promise<Consent> {
    const consent = await this.#getOwn(id, userRef);
    return {
      id: consent.id,
      status: consent.outcome ?? (consent.expired ? 'expired' : 'waiting'),
      ...(consent.failureCode && {
        failure: {
          code: consent.failureCode,
          detail: consent.failureDetail,
        },
      }),
      expiresAt: consent.expiresAt.toISOString(),
    };
  }

  /**
   * Gives a consent up. One that has ended stays as it is; one that is just
   * being completed stores nothing any more.
   *
   * @throws NotFoundError also where somebody else started it
   */
  async cancelConsent(id: string, userRef: string): Promise<void> {
    await this.#getOwn(id, userRef);
    await this.#consents.cancel(id);
  }

  async #getOwn(id: string, userRef: string): Promise<ConsentRecord> {
    const consent = await this.#consents.find(id);
    if (consent?.userRef !== userRef) {
      throw new NotFoundError(`There is no consent ${id}`);
    }
    return consent;
  }

  // Two starts at the same moment may both be let in: this bounds what one
  // person can pile up, and need not be exact.
  async #refuseTooMany(userRef: string, mailboxId: string): Promise<void> {
    const open = await this.#consents.countOpen(userRef, mailboxId);
    if (open >= MAX_OPEN_CONSENTS) {
      throw new ConflictError(
        `You have ${open} authorizations under way; finish or cancel one first`,
      );
    }
  }
}

function usableVersion(
  integration: IntegrationRecord | undefined,
  address: string,
): number {
  if (!integration || !isReady(integration)) {
    throw new RefusedError('integration-incomplete');
  }
  const { grantType, allowedDomains } = integration.settings;
  if (grantType !== 'authorization_code') {
    throw new ConflictError(
      'The application reads this mailbox in its own name: nobody has to authorize it; connect it instead',
    );
  }
  if (!isDomainAllowed(address, allowedDomains)) {
    throw new RefusedError('domain-not-allowed');
  }
  return integration.version;
}
