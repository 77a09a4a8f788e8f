// SPDX-License-Identifier: Apache-2.0
import {
  FailureCode,
  grantLimits,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Tx } from '../../database';
import { Secret } from '../../secrets';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { IntegrationRecord } from '../integrations/types';
import { refreshAheadMs } from '../vault/grantState';
import { GrantStore } from '../vault/GrantStore';
import { RevocationStore } from '../vault/RevocationStore';
import { TokenSet } from '../vault/types';
import { ConsentLinkStore } from './ConsentLinkStore';
import { ConsentFailure, ConsentStore } from './ConsentStore';
import { ConsentRecord } from './types';

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
  /**
   * What stands in a folder that has no numbering (POP3). Handed on, and not
   * looked at here.
   */
  readonly known?: {
    readonly keyedBy: 'uidl' | 'digest';
    readonly mails: ReadonlyArray<{
      readonly sourceKey: string;
      readonly sizeBytes: number;
      readonly headDigest?: string;
    }>;
  };
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
  /** Told of what became of a link, outside the portal. */
  onLink?(options: LinkNews): Promise<void>;
}

/** What somebody did with a link. */
export interface LinkNews {
  readonly mailboxId: string;
  readonly event: 'link-opened' | 'link-used' | 'link-refused';
  /** Why it was refused. */
  readonly code?: FailureCode;
}

/** What a consent gave, and through what. */
export interface GivenConsent {
  readonly integration: IntegrationRecord;
  readonly tokens: TokenSet;
  /** Who gave access, where that is not the mailbox's own account. */
  readonly consentedAs?: string;
}

/**
 * The end of a consent that gave tokens: they are proven at the mailbox, then
 * one transaction stores them, if integration and mailbox are still those that
 * the consent was started for.
 */
export class ConsentCompletion {
  readonly #consents: ConsentStore;
  readonly #links: ConsentLinkStore;
  readonly #integrations: IntegrationStore;
  readonly #grants: GrantStore;
  readonly #revocations: RevocationStore;
  readonly #hooks: ConsentHooks;
  readonly #random: () => number;

  constructor(options: {
    consents: ConsentStore;
    links: ConsentLinkStore;
    integrations: IntegrationStore;
    grants: GrantStore;
    revocations: RevocationStore;
    hooks: ConsentHooks;
    random?: () => number;
  }) {
    this.#consents = options.consents;
    this.#links = options.links;
    this.#integrations = options.integrations;
    this.#grants = options.grants;
    this.#revocations = options.revocations;
    this.#hooks = options.hooks;
    this.#random = options.random ?? Math.random;
  }

  /** @throws MailFailure where nothing was stored */
  async complete(consent: ConsentRecord, given: GivenConsent): Promise<void> {
    const seen = await this.#prove(consent, given);
    await this.#store(consent, { ...given, seen });
    if (consent.linkId) {
      const { mailboxId } = consent;
      await this.#hooks.onLink?.({ mailboxId, event: 'link-used' });
    }
  }

  /**
   * Ends a consent with whatever was thrown.
   *
   * @returns how it is told
   */
  async fail(consent: ConsentRecord, error: unknown): Promise<FailureCode> {
    const failure: ConsentFailure = MailFailure.is(error)
      ? { code: error.code, detail: error.detail }
      : { code: 'internal-error' };
    const { code } = failure;
    if (await this.#consents.fail(consent.id, failure)) {
      const { mailboxId } = consent;
      await this.#hooks.onRefused?.({ mailboxId, code });
    }
    return code;
  }

  async #prove(
    { mailboxId }: ConsentRecord,
    { tokens, consentedAs }: GivenConsent,
  ): Promise<SeenFolder> {
    try {
      return await this.#hooks.proveMailbox({
        mailboxId,
        accessToken: tokens.accessToken,
        signal: AbortSignal.timeout(PROOF_MS),
      });
    } catch (error) {
      if (
        consentedAs !== undefined &&
        MailFailure.is(error) &&
        error.code === 'login-refused'
      ) {
        const detail = `The mail server does not let ${consentedAs} read this mailbox`;
        throw new MailFailure('wrong-account', detail, { detail });
      }
      throw error;
    }
  }

  /** All or nothing: the grant, what depends on it, and the consent's end. */
  async #store(
    consent: ConsentRecord,
    given: GivenConsent & { seen: SeenFolder },
  ): Promise<void> {
    const { integration, tokens, consentedAs, seen } = given;
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
      await this.#useLink(tx, consent);
      const giver = consentedAs ?? expectedAccount;
      await this.#refuseCrowd(tx, consent, giver);
      await this.#grants.put(tx, {
        mailboxId,
        integrationId,
        integrationVersion: version,
        account: expectedAccount,
        consentedAs,
        tokens: {
          ...tokens,
          refreshAheadMs: refreshAheadMs(tokens.expiresInMs, this.#random),
        },
      });
      await this.#cancelRevocations(tx, giver, integration);
      await this.#integrations.clearFault(integration, tx);
      await this.#hooks.onGranted(tx, { mailboxId, seen });
      if (!(await this.#consents.succeed(tx, id))) {
        throw new MailFailure('consent-invalid', 'The consent was cancelled');
      }
    });
  }

  async #useLink(tx: Tx, { linkId }: ConsentRecord): Promise<void> {
    const end = linkId && (await this.#links.use(tx, linkId));
    if (end) {
      throw new MailFailure(end, 'The link had its end during the consent');
    }
  }

  /**
   * The transaction holds the integration's version, so that of two consents
   * at the same moment the second one is counted after the first.
   */
  async #refuseCrowd(
    tx: Tx,
    { mailboxId, integrationId }: ConsentRecord,
    account: string,
  ): Promise<void> {
    const others = await this.#grants.accounts.countOthers(
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
}
