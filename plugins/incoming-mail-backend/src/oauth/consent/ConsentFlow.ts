// SPDX-License-Identifier: Apache-2.0
import {
  FailureCode,
  grantLimits,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Tx } from '../../database';
import { hashToken, randomToken, Secret } from '../../secrets';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { redirectUrl } from '../integrations/redirectUrl';
import { IntegrationRecord } from '../integrations/types';
import { withClientSecrets } from '../integrations/withClientSecrets';
import { toAuthorizationFailure } from '../oauthFailures';
import { TokenEndpoint } from '../tokenEndpoint';
import { refreshAheadMs } from '../vault/grantState';
import { GrantStore } from '../vault/GrantStore';
import { RevocationStore } from '../vault/RevocationStore';
import { TokenSet } from '../vault/types';
import { authorizationUrl } from './authorizationUrl';
import { ConsentFailure, ConsentStore } from './ConsentStore';
import {
  ConsentCallback,
  findMistrust,
  refuseOtherAccount,
} from './judgeCallback';
import { ConsentRecord } from './types';

// What a callback has to show before the provider is asked for anything, in
// this order:
//
// 1. its state is one that we gave out, at the redirect URL of the integration
//    that it was given out for (mix-up, RFC 9700 section 4.4), and the
//    integration has not changed since;
// 2. it comes from the browser that the consent was started in (cookie), and
//    from the person who started it (Backstage's cookie): nobody can have
//    another person finish their consent (RFC 6749 section 10.12);
// 3. the issuer that it names, if any, is the right one (RFC 9207);
// 4. it is the first: the row is marked as consumed before the token request,
//    so of fifty identical callbacks one gets through (RFC 6749 section 4.1.2).
//
// Then: tokens, what they allow, whose they are, whether they open the mailbox,
// and only then one transaction that stores them, if integration and mailbox
// are still those that the consent was started for.

// Signing in to the mailbox, with a margin to what the store allows for the
// completion altogether.
const PROOF_MS = 60_000;

/** What the proving sign-in saw: where reading can start. */
export interface SeenFolder {
  readonly folder: string;
  /** The folder's numbering. */
  readonly uidValidity: number;
  /** Mail that arrives from now on has this number or a higher one. */
  readonly uidNext: number;
}

/** What the composing plugin does when a mailbox was, or was not, authorized. */
export interface ConsentHooks {
  /**
   * Signs in to the mailbox with the token that is about to be stored.
   *
   * @throws MailFailure where that does not work
   */
  proveMailbox(options: {
    mailboxId: string;
    accessToken: Secret;
    signal: AbortSignal;
  }): Promise<SeenFolder>;
  /** Part of the transaction that stores the grant; may be run again. */
  onGranted(
    tx: Tx,
    options: { mailboxId: string; seen: SeenFolder },
  ): Promise<void>;
  /** Told of a consent that failed after the person had come back. */
  onRefused?(options: { mailboxId: string; code: FailureCode }): Promise<void>;
}

/** Where a popup goes from here, and the cookie value it needs on its return. */
export interface BegunConsent {
  readonly consentId: string;
  readonly location: string;
  readonly browserToken: string;
}

/**
 * How a callback ended. `refused`: it did not show that it may know anything
 * about the consent, so it is told nothing.
 */
export type CallbackOutcome =
  | { readonly kind: 'refused' }
  | { readonly kind: 'succeeded'; readonly consent: ConsentRecord }
  | {
      readonly kind: 'failed';
      readonly consent: ConsentRecord;
      readonly code: FailureCode;
      /** What was thrown, where it was no failure of the outside world. */
      readonly error?: unknown;
    };

/** The half of a consent that happens in the popup. */
export class ConsentFlow {
  readonly #consents: ConsentStore;
  readonly #integrations: IntegrationStore;
  readonly #grants: GrantStore;
  readonly #revocations: RevocationStore;
  readonly #tokenEndpoint: TokenEndpoint;
  readonly #externalBaseUrl: string;
  readonly #hooks: ConsentHooks;
  readonly #random: () => number;

  constructor(options: {
    consents: ConsentStore;
    integrations: IntegrationStore;
    grants: GrantStore;
    revocations: RevocationStore;
    tokenEndpoint: TokenEndpoint;
    externalBaseUrl: string;
    hooks: ConsentHooks;
    random?: () => number;
  }) {
    this.#consents = options.consents;
    this.#integrations = options.integrations;
    this.#grants = options.grants;
    this.#revocations = options.revocations;
    this.#tokenEndpoint = options.tokenEndpoint;
    this.#externalBaseUrl = options.externalBaseUrl;
    this.#hooks = options.hooks;
    this.#random = options.random ?? Math.random;
  }

  /**
   * Uses up a ticket and makes the authorization request. Undefined where the
   * ticket is not one, is another person's, was used before or has run out.
   */
  async begin(
    ticket: string,
    userRef: string,
  ): Promise<BegunConsent | undefined> {
    const consent = await this.#consents.findByTicket(ticket);
    if (consent?.userRef !== userRef) {
      return undefined;
    }
    const integration = await this.#integrations.find(consent.integrationId);
    if (integration?.version !== consent.integrationVersion) {
      await this.#consents.refuse(consent.id, { code: 'integration-changed' });
      return undefined;
    }
    const browserToken = randomToken();
    const state = randomToken();
    const verifier = new Secret(randomToken());
    const nonce = integration.settings.scopes.includes('openid')
      ? nonceOf(browserToken)
      : undefined;
    const start = { state, browserToken, verifier, nonce };
    if (!(await this.#consents.start(consent.id, start))) {
      return undefined;
    }
    return {
      consentId: consent.id,
      browserToken,
      location: authorizationUrl({
        integration,
        redirectUri: this.#redirectUri(integration),
        state,
        verifier,
        nonce,
        loginHint: consent.expectedAccount,
      }),
    };
  }

  /** Takes a provider's answer; never throws for what the outside world does. */
  async complete(callback: ConsentCallback): Promise<CallbackOutcome> {
    const consent = await this.#consents.findByState(callback.answer.state);
    if (!consent) {
      return { kind: 'refused' };
    }
    const integration = await this.#integrations.find(consent.integrationId);
    const reason = findMistrust(callback, consent, integration);
    if (reason || !integration) {
      await this.#consents.refuse(
        consent.id,
        reason ?? { code: 'integration-changed' },
      );
      return { kind: 'refused' };
    }
    if (!(await this.#consents.consume(consent.id))) {
      await this.#consents.refuse(consent.id, { code: 'consent-expired' });
      return { kind: 'refused' };
    }
    try {
      const tokens = await this.#redeem(callback, consent, integration);
      const seen = await this.#hooks.proveMailbox({
        mailboxId: consent.mailboxId,
        accessToken: tokens.accessToken,
        signal: AbortSignal.timeout(PROOF_MS),
      });
      await this.#store(consent, { integration, tokens, seen });
      return { kind: 'succeeded', consent };
    } catch (error) {
      if (MailFailure.is(error) && error.code === 'client-refused') {
        await this.#integrations.setFault(integration, error);
      }
      return this.#fail(consent, error);
    }
  }

  /** Tokens that allow all that is needed and are, as far as told, the right account's. */
  async #redeem(
    callback: ConsentCallback,
    consent: ConsentRecord,
    integration: IntegrationRecord,
  ): Promise<TokenSet> {
    const { result } = callback.answer;
    if (result.kind === 'error') {
      throw toAuthorizationFailure(result.error);
    }
    const verifier = await consent.openVerifier();
    const browserToken = callback.readBrowserToken(consent.id);
    if (!verifier || !browserToken) {
      throw new MailFailure('consent-invalid', 'The consent was not started');
    }
    const redemption = {
      code: result.code,
      verifier,
      redirectUri: this.#redirectUri(integration),
      nonce: consent.nonceHash && nonceOf(browserToken),
    };
    const { tokens, account } = await withClientSecrets(
      integration,
      this.#integrations,
      as => this.#tokenEndpoint.redeemCode(as, redemption),
    );
    refuseOtherAccount(consent, integration, account);
    return tokens;
  }

  /** All or nothing: the grant, what depends on it, and the consent's end. */
  async #store(
    consent: ConsentRecord,
    given: {
      integration: IntegrationRecord;
      tokens: TokenSet;
      seen: SeenFolder;
    },
  ): Promise<void> {
    const { integration, tokens, seen } = given;
    const { id, mailboxId, integrationId, expectedAccount } = consent;
    await this.#consents.transaction(async tx => {
      const version = await this.#integrations.holdVersion(tx, integrationId);
      const expected = await this.#consents.findVersion(tx, id);
      if (version === undefined || version !== expected) {
        throw new MailFailure(
          'integration-changed',
          'The mailbox or its integration was changed during the consent',
        );
      }
      await this.#refuseCrowd(tx, consent);
      await this.#grants.put(tx, {
        mailboxId,
        integrationId,
        integrationVersion: version,
        account: expectedAccount,
        tokens: {
          ...tokens,
          refreshAheadMs: refreshAheadMs(tokens.expiresInMs, this.#random),
        },
      });
      await this.#cancelRevocations(tx, expectedAccount, integration);
      await this.#integrations.clearFault(integration, tx);
      await this.#hooks.onGranted(tx, { mailboxId, seen });
      if (!(await this.#consents.succeed(tx, id))) {
        throw new MailFailure('consent-invalid', 'The consent was cancelled');
      }
    });
  }

  /**
   * The transaction holds the integration's version, so that of two consents
   * at the same moment the second one is counted after the first.
   */
  async #refuseCrowd(tx: Tx, consent: ConsentRecord): Promise<void> {
    const { mailboxId, integrationId, expectedAccount: account } = consent;
    const others = await this.#grants.countOthers(
      { mailboxId, integrationId, account },
      tx,
    );
    if (others >= grantLimits.refuseFrom) {
      throw new MailFailure(
        'too-many-grants',
        `${others} mailboxes use the account through the integration ${integrationId}`,
      );
    }
  }

  /**
   * What still waits to be revoked for the account stays as it is now: the
   * provider may take it for the grant that has just been given.
   */
  async #cancelRevocations(
    tx: Tx,
    account: string,
    { settings }: IntegrationRecord,
  ): Promise<void> {
    const { clientId, revocationEndpoint } = settings;
    if (clientId && revocationEndpoint) {
      await this.#revocations.cancelAllOf(tx, {
        account,
        clientId,
        revocationEndpoint,
      });
    }
  }

  async #fail(
    consent: ConsentRecord,
    error: unknown,
  ): Promise<CallbackOutcome> {
    const failure: ConsentFailure = MailFailure.is(error)
      ? { code: error.code, detail: error.detail }
      : { code: 'internal-error' };
    const { code } = failure;
    if (await this.#consents.fail(consent.id, failure)) {
      const { mailboxId } = consent;
      await this.#hooks.onRefused?.({ mailboxId, code });
    }
    return MailFailure.is(error)
      ? { kind: 'failed', consent, code }
      : { kind: 'failed', consent, code, error };
  }

  #redirectUri(integration: IntegrationRecord): string {
    return redirectUrl(this.#externalBaseUrl, integration.callbackSlug);
  }
}

/**
 * Made of the browser's token, so that it need not be stored (OpenID Connect
 * Core section 15.5.2).
 */
function nonceOf(browserToken: string): string {
  return hashToken(`nonce:${browserToken}`);
}
