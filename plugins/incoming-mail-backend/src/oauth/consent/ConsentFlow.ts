// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { hashToken, randomToken, Secret } from '../../secrets';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { redirectUrl } from '../integrations/redirectUrl';
import { IntegrationRecord } from '../integrations/types';
import { withClientSecrets } from '../integrations/withClientSecrets';
import { toAuthorizationFailure } from '../oauthFailures';
import { TokenEndpoint } from '../tokenEndpoint';
import { TokenSet } from '../vault/types';
import { authorizationUrl } from './authorizationUrl';
import { makeClaimCode } from './claimCode';
import { ConsentCompletion } from './ConsentCompletion';
import { ConsentLinkStore } from './ConsentLinkStore';
import { ConsentStore } from './ConsentStore';
import {
  ConsentCallback,
  findMistrust,
  judgeConsentingAccount,
} from './judgeCallback';
import { PendingGrantStore } from './PendingGrantStore';
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
// Then: tokens, what they allow, whose they are; whether they open the mailbox,
// and one transaction that stores them, is `ConsentCompletion`'s.
//
// Where the portal is on another site than we are, nobody's cookie of
// Backstage comes along, and 2. shows the browser alone. What is given then
// waits, unused, until the person who started the consent claims it.

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
      readonly kind: 'unclaimed';
      readonly consent: ConsentRecord;
      /** For this browser's eyes and the opener's. */
      readonly code: Secret;
    }
  | {
      readonly kind: 'failed';
      readonly consent: ConsentRecord;
      readonly code: FailureCode;
      /** What was thrown, where it was no failure of the outside world. */
      readonly error?: unknown;
    };

/** What a code was redeemed for. */
interface RedeemedConsent {
  readonly tokens: TokenSet;
  /** Who gave access, where that is not the mailbox's own account. */
  readonly consentedAs?: string;
}

/** The half of a consent that happens in the popup. */
export class ConsentFlow {
  readonly #consents: ConsentStore;
  readonly #links: ConsentLinkStore;
  readonly #pending: PendingGrantStore;
  readonly #integrations: IntegrationStore;
  readonly #completion: ConsentCompletion;
  readonly #tokenEndpoint: TokenEndpoint;
  readonly #externalBaseUrl: string;

  constructor(options: {
    consents: ConsentStore;
    links: ConsentLinkStore;
    pending: PendingGrantStore;
    integrations: IntegrationStore;
    completion: ConsentCompletion;
    tokenEndpoint: TokenEndpoint;
    externalBaseUrl: string;
  }) {
    this.#consents = options.consents;
    this.#links = options.links;
    this.#pending = options.pending;
    this.#integrations = options.integrations;
    this.#completion = options.completion;
    this.#tokenEndpoint = options.tokenEndpoint;
    this.#externalBaseUrl = options.externalBaseUrl;
  }

  /**
   * Uses up a ticket and makes the authorization request. Undefined where the
   * ticket is not one, is another person's, was used before or has run out.
   *
   * @param userRef - who is signed in to Backstage in this browser
   */
  async begin(
    ticket: string,
    userRef: string | undefined,
  ): Promise<BegunConsent | undefined> {
    const consent = await this.#consents.findByTicket(ticket);
    return consent && mayBegin(consent, userRef)
      ? this.start(consent)
      : undefined;
  }

  /**
   * Makes the authorization request of a consent whose browser is the right
   * one. Undefined where it was started before or has run out.
   */
  async start(consent: ConsentRecord): Promise<BegunConsent | undefined> {
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
      await this.#refuseEndedLink(consent);
      const given = await this.#redeem(callback, consent, integration);
      if (consent.kind === 'cross-site') {
        return await this.#keepForClaim(consent, given);
      }
      await this.#completion.complete(consent, { integration, ...given });
      return { kind: 'succeeded', consent };
    } catch (error) {
      if (MailFailure.is(error) && error.code === 'client-refused') {
        await this.#integrations.setFault(integration, error);
      }
      const code = await this.#completion.fail(consent, error);
      return MailFailure.is(error)
        ? { kind: 'failed', consent, code }
        : { kind: 'failed', consent, code, error };
    }
  }

  /** A link that has had its end meanwhile spares the provider the question. */
  async #refuseEndedLink({ linkId }: ConsentRecord): Promise<void> {
    const link = linkId && (await this.#links.find(linkId));
    if (linkId && (!link || link.used || link.revoked)) {
      throw new MailFailure(
        link && link.used ? 'link-used' : 'link-revoked',
        'The link has had its end',
      );
    }
  }

  /** Stores what was given apart, unused, for whoever knows the code. */
  async #keepForClaim(
    consent: ConsentRecord,
    given: RedeemedConsent,
  ): Promise<CallbackOutcome> {
    const { tokens, consentedAs } = given;
    const code = makeClaimCode();
    await this.#pending.put(consent.id, { claim: code, tokens, consentedAs });
    return { kind: 'unclaimed', consent, code };
  }

  /** Tokens that allow all that is needed and are, as far as told, the right account's. */
  async #redeem(
    callback: ConsentCallback,
    consent: ConsentRecord,
    integration: IntegrationRecord,
  ): Promise<RedeemedConsent> {
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
    return {
      tokens,
      consentedAs: judgeConsentingAccount(consent, integration, account),
    };
  }

  #redirectUri(integration: IntegrationRecord): string {
    return redirectUrl(this.#externalBaseUrl, integration.callbackSlug);
  }
}

/** A link's consent has no start URL: it is started as it is made. */
function mayBegin(
  consent: ConsentRecord,
  userRef: string | undefined,
): boolean {
  return (
    consent.kind === 'cross-site' ||
    (consent.kind === 'popup' && consent.userRef === userRef)
  );
}

/**
 * Made of the browser's token, so that it need not be stored (OpenID Connect
 * Core section 15.5.2).
 */
function nonceOf(browserToken: string): string {
  return hashToken(`nonce:${browserToken}`);
}
