// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import { Connection } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { RefusedError } from '../../http';
import { Secret } from '../../secrets';
import { isDomainAllowed, isReady } from '../integrations/integrationRules';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { isSecureBaseUrl } from '../integrations/redirectUrl';
import { IntegrationRecord } from '../integrations/types';
import { withClientSecrets } from '../integrations/withClientSecrets';
import { isClientFault } from '../oauthFailures';
import { TokenEndpoint } from '../tokenEndpoint';
import { refreshAheadMs } from '../vault/grantState';
import { GrantStore } from '../vault/GrantStore';
import { TokenSet } from '../vault/types';
import type { ConsentHooks, SeenFolder } from './ConsentCompletion';
import { ConsentMailbox } from './types';

// Access without a person (RFC 6749 section 4.4)
//
// The provider's administrator has allowed the application to read mailboxes,
// and nobody is asked about any single one. What a consent would show is shown
// otherwise: that the person may connect the mailbox by the portal's
// permission, that the mailbox is one that projects may read by the
// integration's domains, and that the application can read it by signing in.
// Then the same transaction as after a consent stores the grant, if
// integration and mailbox are still those that were looked at.

// Below what a browser and the proxies on the way wait for an answer.
const TIMEOUT_MS = 50_000;

/** Connects mailboxes that an application reads in its own name. */
export class ApplicationAccess {
  readonly #integrations: IntegrationStore;
  readonly #grants: GrantStore;
  readonly #tokenEndpoint: TokenEndpoint;
  readonly #externalBaseUrl: string;
  readonly #hooks: ConsentHooks;
  readonly #random: () => number;

  constructor(options: {
    integrations: IntegrationStore;
    grants: GrantStore;
    tokenEndpoint: TokenEndpoint;
    externalBaseUrl: string;
    hooks: ConsentHooks;
    random?: () => number;
  }) {
    this.#integrations = options.integrations;
    this.#grants = options.grants;
    this.#tokenEndpoint = options.tokenEndpoint;
    this.#externalBaseUrl = options.externalBaseUrl;
    this.#hooks = options.hooks;
    this.#random = options.random ?? Math.random;
  }

  /**
   * Gets a token, signs in to the mailbox with it, and stores it. Does no harm
   * when it is done again, or twice at once: the later grant replaces the
   * other.
   *
   * @returns how it ended, also where provider or mail server refused
   * @throws RefusedError where the installation has no https, or the
   *   integration does not allow it
   * @throws ConflictError where the mailbox's owner has to consent
   */
  async connect(mailbox: ConsentMailbox): Promise<Connection> {
    if (!isSecureBaseUrl(this.#externalBaseUrl)) {
      throw new RefusedError('https-required');
    }
    const integration = await this.#integrations.find(mailbox.integrationId);
    refuseUnusable(integration, mailbox.address);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const tokens = await this.#requestToken(integration, signal);
      const seen = await this.#prove(mailbox, tokens.accessToken, signal);
      await this.#store(mailbox, { integration, tokens, seen });
      return { status: 'succeeded' };
    } catch (error) {
      if (!MailFailure.is(error)) {
        throw error;
      }
      const { code, detail } = error;
      await this.#hooks.onRefused?.({ mailboxId: mailbox.id, code });
      return { status: 'failed', failure: { code, detail } };
    }
  }

  async #requestToken(
    integration: IntegrationRecord,
    signal: AbortSignal,
  ): Promise<TokenSet> {
    try {
      return await withClientSecrets(integration, this.#integrations, as =>
        this.#tokenEndpoint.requestForApplication(as, { signal }),
      );
    } catch (error) {
      if (isClientFault(error)) {
        await this.#integrations.setFault(integration, error);
      }
      throw error;
    }
  }

  /** The one proof that the application may read this mailbox. */
  async #prove(
    mailbox: ConsentMailbox,
    accessToken: Secret,
    signal: AbortSignal,
  ): Promise<SeenFolder> {
    try {
      return await this.#hooks.proveMailbox({
        mailboxId: mailbox.id,
        accessToken,
        signal,
      });
    } catch (error) {
      if (MailFailure.is(error) && error.code === 'login-refused') {
        // The catalogue's words for it are those for a mailbox's owner.
        throw new MailFailure(
          'application-refused',
          'The mail server does not let the application into the mailbox',
          { detail: error.detail },
        );
      }
      throw error;
    }
  }

  /** All or nothing: the grant and what depends on it. */
  async #store(
    mailbox: ConsentMailbox,
    given: {
      integration: IntegrationRecord;
      tokens: TokenSet;
      seen: SeenFolder;
    },
  ): Promise<void> {
    const { integration, tokens, seen } = given;
    const grant = {
      mailboxId: mailbox.id,
      integrationId: integration.id,
      account: mailbox.address,
    };
    await this.#integrations.transaction(async tx => {
      const version = await this.#integrations.holdVersion(tx, integration.id);
      if (
        version !== integration.version ||
        !(await this.#grants.fitsMailbox(tx, grant))
      ) {
        throw new MailFailure(
          'integration-changed',
          'The mailbox or its integration was changed while it was connected',
        );
      }
      await this.#grants.put(tx, {
        ...grant,
        integrationVersion: version,
        tokens: {
          ...tokens,
          refreshAheadMs: refreshAheadMs(tokens.expiresInMs, this.#random),
        },
      });
      await this.#integrations.clearFault(integration, tx);
      await this.#hooks.onGranted(tx, { mailboxId: mailbox.id, seen });
    });
  }
}

/** @throws RefusedError, ConflictError */
function refuseUnusable(
  integration: IntegrationRecord | undefined,
  address: string,
): asserts integration is IntegrationRecord {
  if (!integration || !isReady(integration)) {
    throw new RefusedError('integration-incomplete');
  }
  const { grantType, allowedDomains } = integration.settings;
  if (grantType !== 'client_credentials') {
    throw new ConflictError(
      'The owner of this mailbox has to authorize it: it cannot be connected without',
    );
  }
  // The schema refuses an empty list, which means "any" elsewhere: any project
  // could read any mailbox of the organization.
  if (
    allowedDomains.length === 0 ||
    !isDomainAllowed(address, allowedDomains)
  ) {
    throw new RefusedError('domain-not-allowed');
  }
}
