// SPDX-License-Identifier: Apache-2.0
import { InputError, NotFoundError } from '@backstage/errors';
import {
  ClaimedConsent,
  Consent,
  grantLimits,
  StartedConsent,
} from '@postroom/plugin-incoming-mail-common';
import { RefusedError, TooManyRequestsError } from '../../http';
import { randomToken } from '../../secrets';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { isSecureBaseUrl, startUrl } from '../integrations/redirectUrl';
import { GrantStore } from '../vault/GrantStore';
import { ConsentClaims } from './ConsentClaims';
import { ConsentStore } from './ConsentStore';
import { PendingGrantStore } from './PendingGrantStore';
import { refuseBusyMailbox } from './refuseBusyMailbox';
import { isReturnPath } from './returnPath';
import { ConsentMailbox, ConsentRecord } from './types';
import { usableVersion } from './usableVersion';

const MAX_OPEN_CONSENTS = 5;

/** The half of a consent that the page drives; the popup's is `ConsentFlow`. */
export class ConsentService {
  readonly #consents: ConsentStore;
  readonly #pending: PendingGrantStore;
  readonly #claims: ConsentClaims;
  readonly #integrations: IntegrationStore;
  readonly #grants: GrantStore;
  readonly #externalBaseUrl: string;
  readonly #returnOrigins: ReadonlySet<string>;
  readonly #crossSite: boolean;

  constructor(options: {
    consents: ConsentStore;
    pending: PendingGrantStore;
    claims: ConsentClaims;
    integrations: IntegrationStore;
    grants: GrantStore;
    /** Of the plugin, as browsers reach it. */
    externalBaseUrl: string;
    /** Exact origins of pages that a consent may be started from. */
    returnOrigins: readonly string[];
    /** Whether browsers keep Backstage's cookie from our popup. */
    crossSite: boolean;
  }) {
    this.#consents = options.consents;
    this.#pending = options.pending;
    this.#claims = options.claims;
    this.#crossSite = options.crossSite;
    this.#integrations = options.integrations;
    this.#grants = options.grants;
    this.#externalBaseUrl = options.externalBaseUrl;
    this.#returnOrigins = new Set(options.returnOrigins);
  }

  /**
   * Starts a consent for a mailbox, on behalf of a person who may.
   *
   * @throws InputError where the origin is not one that the configuration
   *   lists, or the path is not one of its pages
   * @throws RefusedError where the installation has no https, or the
   *   integration does not allow it
   * @throws ConflictError where nobody has to consent
   * @throws TooManyRequestsError where too many are under way
   */
  async startConsent(options: {
    mailbox: ConsentMailbox;
    userRef: string;
    returnOrigin: string;
    returnPath?: string;
  }): Promise<StartedConsent> {
    const { mailbox, userRef, returnOrigin, returnPath } = options;
    if (!this.#returnOrigins.has(returnOrigin)) {
      throw new InputError(
        `Invalid input: body.returnOrigin is neither the origin of app.baseUrl nor listed in incomingMail.oauth.returnOrigins`,
      );
    }
    if (returnPath !== undefined && !isReturnPath(returnPath, returnOrigin)) {
      throw new InputError(
        'Invalid input: body.returnPath is not the path of a page',
      );
    }
    if (!isSecureBaseUrl(this.#externalBaseUrl)) {
      throw new RefusedError('https-required');
    }
    const integration = await this.#integrations.find(mailbox.integrationId);
    const integrationVersion = usableVersion(integration, mailbox.address);
    await this.#refuseCrowd(mailbox);
    await refuseBusyMailbox(this.#consents, mailbox.id);
    const ticket = randomToken();
    const created = await this.#consents.create({
      mailbox,
      integrationVersion,
      kind: this.#crossSite ? 'cross-site' : 'popup',
      userRef,
      ticket,
      returnOrigin,
      returnPath,
      maxOpen: MAX_OPEN_CONSENTS,
    });
    if (created.kind === 'too-many') {
      throw new TooManyRequestsError(
        `You have ${created.open} authorizations under way; finish or cancel one first`,
      );
    }
    return {
      consentId: created.id,
      startUrl: startUrl(this.#externalBaseUrl, ticket),
      expiresAt: created.expiresAt.toISOString(),
    };
  }

  /** @throws NotFoundError also where somebody else started it */
  async getConsent(id: string, userRef: string): Promise<Consent> {
    const consent = await this.#getOwn(id, userRef);
    return {
      id: consent.id,
      status: await this.#statusOf(consent),
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
    await this.#pending.drop(id);
  }

  /**
   * Tries the code of a consent that was given on another site.
   *
   * @throws NotFoundError also where somebody else started it
   */
  async claimConsent(options: {
    id: string;
    userRef: string;
    code: string;
  }): Promise<ClaimedConsent> {
    const { id, userRef, code } = options;
    const consent = await this.#getOwn(id, userRef);
    const triesLeft = await this.#claims.claim(consent, code);
    return { ...(await this.getConsent(id, userRef)), triesLeft };
  }

  async #statusOf(consent: ConsentRecord): Promise<Consent['status']> {
    if (consent.outcome) {
      return consent.outcome;
    }
    const pending =
      consent.kind === 'cross-site' && consent.consumed
        ? await this.#pending.findState(consent.id)
        : undefined;
    if (pending) {
      return pending === 'unclaimed' ? 'unclaimed' : 'waiting';
    }
    return consent.expired ? 'expired' : 'waiting';
  }

  async #getOwn(id: string, userRef: string): Promise<ConsentRecord> {
    const consent = await this.#consents.find(id);
    if (consent?.userRef !== userRef) {
      throw new NotFoundError(`There is no consent ${id}`);
    }
    return consent;
  }

  /** Tells at once what the end of the consent would find out. */
  async #refuseCrowd(mailbox: ConsentMailbox): Promise<void> {
    const { id: mailboxId, integrationId, address: account } = mailbox;
    const others = await this.#grants.accounts.countOthers({
      mailboxId,
      integrationId,
      account,
    });
    if (others >= grantLimits.refuseFrom) {
      throw new RefusedError('too-many-grants');
    }
  }
}
