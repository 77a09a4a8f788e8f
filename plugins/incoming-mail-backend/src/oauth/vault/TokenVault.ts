// SPDX-License-Identifier: Apache-2.0
import { FailureCode, failures } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Secret } from '../../secrets';
import {
  GrantRenewer,
  GrantRenewerOptions,
  refuseUnlessActive,
} from './GrantRenewer';
import { GrantStore } from './GrantStore';
import { SingleFlight, waitFor } from './singleFlight';
import { GrantRecord } from './types';

const MIN_LIFE_MS = 120_000;

/** What a caller needs a token for. */
export interface AccessTokenOptions {
  /** How long the token has to be valid at least. Default: two minutes. */
  readonly minLifeMs?: number;
  /**
   * A token that the mail server refused although it has not run out. It is
   * renewed, unless that was done since.
   */
  readonly forceRefreshOf?: Secret;
  /** Ends the waiting with the signal's reason; a renewal itself goes on. */
  readonly signal?: AbortSignal;
}

/** Gives access tokens and keeps them fresh; nobody else reads grants. */
export class TokenVault {
  readonly #grants: GrantStore;
  readonly #renewer: GrantRenewer;
  readonly #flights = new SingleFlight<Secret>();

  constructor(options: GrantRenewerOptions) {
    this.#grants = options.grants;
    this.#renewer = new GrantRenewer(options);
  }

  /**
   * An access token for a mailbox, renewed where needed. Many callers in many
   * replicas cause one request to the provider.
   *
   * @throws MailFailure `not-authorized-yet`, `consent-revoked` or
   *   `integration-changed` where a person has to authorize; `client-refused`,
   *   `integration-incomplete` or `vault-…` where an administrator has to act;
   *   `token-endpoint-unreachable`, `token-reply-unusable` or one of the
   *   network's where trying later helps
   */
  async accessToken(
    mailboxId: string,
    options: AccessTokenOptions = {},
  ): Promise<Secret> {
    const { minLifeMs = MIN_LIFE_MS, forceRefreshOf, signal } = options;
    signal?.throwIfAborted();
    const grant = await this.#grants.find(mailboxId);
    refuseUnlessActive(grant);
    const current = await usableToken(grant, minLifeMs, forceRefreshOf);
    if (current && !grant.refreshDue) {
      return current;
    }
    const renewal = this.#flights.run(mailboxId, () =>
      this.#renewer.renew(grant),
    );
    try {
      return await waitFor(renewal, signal);
    } catch (error) {
      // Renewing ahead may fail: the token that there is does for now.
      if (current && MailFailure.is(error) && passesByItself(error.code)) {
        return current;
      }
      throw error;
    }
  }

  /**
   * Resolves when no renewal is under way, so that a shutdown cuts none off
   * between the provider's answer and its storage.
   */
  async settle(): Promise<void> {
    await this.#flights.settle();
  }
}

async function usableToken(
  grant: GrantRecord,
  minLifeMs: number,
  refused: Secret | undefined,
): Promise<Secret | undefined> {
  if (grant.accessLeftMs < minLifeMs) {
    return undefined;
  }
  const token = await grant.openAccessToken();
  return token && refused?.reveal() === token.reveal() ? undefined : token;
}

function passesByItself(code: FailureCode): boolean {
  return failures[code].retry === 'backoff';
}
