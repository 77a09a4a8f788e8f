// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import {
  FailureCode,
  failures,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Tx } from '../../database';
import { backoffMs, BackoffPolicy, sleep } from '../../lib';
import { Secret } from '../../secrets';
import { isReady } from '../integrations/integrationRules';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { IntegrationRecord } from '../integrations/types';
import { TokenEndpoint } from '../tokenEndpoint';
import { refreshAheadMs } from './grantState';
import { GrantStore } from './GrantStore';
import { SingleFlight, waitFor } from './singleFlight';
import { GrantRecord, TokenSet } from './types';

// How a token is renewed
//
// 1. In this process, all who need a token of one mailbox share one renewal.
// 2. Among replicas, the row is claimed by compare-and-set for 30 s. Those who
//    come second poll the row until the new token stands in it.
// 3. No database connection is held while the provider is asked: a pool must
//    not hang on somebody else's server, and a transaction that is cut off
//    would lose a rotated token.
// 4. The answer is stored if the generation is still the one that was read
//    ("first good answer wins"), and only then used: a provider that rotates
//    has already forgotten the former refresh token (RFC 9700 section 4.14.2),
//    so a database that is away is asked again for a minute.
// 5. `invalid_grant` is believed only if nobody stored tokens meanwhile, before
//    and after one more try: at a rotating provider it is also what the slower
//    of two renewals gets to hear.
//
// A crash between 3 and 4 loses the new refresh token. Where the provider
// rotates strictly, a new consent is needed then; nothing on our side can
// help, so that moment is kept as short as one statement.
//
// A caller's abort ends its waiting only: the renewal goes on for the others,
// and because of step 4.

const MIN_LIFE_MS = 120_000;
const CLAIM_MS = 30_000;
const WAIT_MS = 20_000;
const FIRST_POLL_MS = 100;
const LAST_POLL_MS = 1_000;
const CONFIRM_AFTER_MS = 5_000;
const STORE_FOR_MS = 60_000;

// After five failures in a row a grant asks at most about once a minute.
const BACKOFF: BackoffPolicy = {
  firstMs: 5_000,
  maxMs: 900_000,
  jitter: 0.2,
};

/** What a caller needs a token for. */
export interface AccessTokenOptions {
  /** How long the token has to be valid at least. Default: two minutes. */
  readonly minLifeMs?: number;
  /**
   * A token that the mail server refused although it has not run out. It is
   * renewed, unless that was done since.
   */
  readonly forceRefreshOf?: Secret;
  /** Ends the waiting with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Gives access tokens and keeps them fresh; nothing else reads a grant. */
export class TokenVault {
  readonly #grants: GrantStore;
  readonly #integrations: IntegrationStore;
  readonly #tokenEndpoint: TokenEndpoint;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #random: () => number;
  readonly #flights = new SingleFlight<Secret>();

  constructor(options: {
    grants: GrantStore;
    integrations: IntegrationStore;
    tokenEndpoint: TokenEndpoint;
    /** How to wait. Default: in real time. */
    sleep?: (ms: number) => Promise<void>;
    /** A number from 0 to below 1. Default: `Math.random`. */
    random?: () => number;
  }) {
    this.#grants = options.grants;
    this.#integrations = options.integrations;
    this.#tokenEndpoint = options.tokenEndpoint;
    this.#sleep = options.sleep ?? sleep;
    this.#random = options.random ?? Math.random;
  }

  /**
   * An access token for a mailbox, renewed where needed. Many callers, in many
   * replicas, cause one request to the provider.
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
    const grant = await this.#grants.find(mailboxId);
    refuseUnlessActive(grant);
    const current = await usableToken(grant, minLifeMs, forceRefreshOf);
    if (current && !grant.refreshDue) {
      return current;
    }
    const renewal = this.#flights.run(mailboxId, () => this.#renew(grant));
    try {
      return await waitFor(renewal, signal);
    } catch (error) {
      // Renewing ahead may fail: the token that there is does for now.
      if (current && MailFailure.is(error) && mayPass(error.code)) {
        return current;
      }
      throw error;
    }
  }

  /**
   * Forgets what was given for a mailbox. The tokens are not revoked at the
   * provider: at some that ends every grant of the same account and client.
   */
  async forget(mailboxId: string, tx?: Tx): Promise<void> {
    await this.#grants.delete(mailboxId, tx);
  }

  /**
   * Resolves when no renewal is under way, so that none is cut off between
   * answer and storage by a shutdown. Takes at most about a minute and a half.
   */
  async settle(): Promise<void> {
    await this.#flights.settle();
  }

  /** Claims and renews, or waits for whoever does. */
  async #renew(seen: GrantRecord): Promise<Secret> {
    const by = randomUUID();
    let pollMs = FIRST_POLL_MS;
    for (let waitedMs = 0; waitedMs < WAIT_MS; waitedMs += pollMs) {
      if (await this.#grants.claimRefresh(seen, { by, leaseMs: CLAIM_MS })) {
        return this.#renewClaimed(seen, by);
      }
      const newer = await this.#newerToken(seen);
      if (newer) {
        return newer;
      }
      await this.#sleep(pollMs);
      pollMs = Math.min(pollMs * 2, LAST_POLL_MS);
    }
    throw new MailFailure(
      'token-endpoint-unreachable',
      'Another replica is renewing the access token and does not come to an end',
    );
  }

  async #renewClaimed(grant: GrantRecord, by: string): Promise<Secret> {
    try {
      const tokens = await this.#ask(grant);
      return tokens instanceof Secret
        ? tokens
        : await this.#store(grant, tokens);
    } catch (error) {
      if (MailFailure.is(error) && failures[error.code].retry === 'backoff') {
        const { code } = error;
        await this.#grants.recordFailure(grant, {
          by,
          code,
          retryInMs: this.#retryInMs(grant, error),
        });
      }
      throw error;
    }
  }

  /** New tokens from the provider, or the access token that others got meanwhile. */
  async #ask(grant: GrantRecord): Promise<TokenSet | Secret> {
    const integration = await this.#integrationOf(grant);
    const refreshToken = await grant.openRefreshToken();
    if (!refreshToken) {
      throw new MailFailure(
        'vault-record-unreadable',
        `The grant of mailbox ${grant.mailboxId} has no refresh token`,
      );
    }
    const ask = () => this.#tokenEndpoint.refresh(integration, refreshToken);
    try {
      return await ask();
    } catch (error) {
      if (!isRevoked(error)) {
        throw error;
      }
    }
    const newer = await this.#newerToken(grant);
    if (newer) {
      return newer;
    }
    await this.#sleep(CONFIRM_AFTER_MS);
    try {
      return (await this.#newerToken(grant)) ?? (await ask());
    } catch (error) {
      if (!isRevoked(error)) {
        throw error;
      }
      const ended = await this.#grants.end(grant, 'revoked', error.code);
      const stored = ended ? undefined : await this.#newerToken(grant);
      if (stored) {
        return stored;
      }
      throw error;
    }
  }

  async #integrationOf(grant: GrantRecord): Promise<IntegrationRecord> {
    const integration = await this.#integrations.find(grant.integrationId);
    if (integration?.version !== grant.integrationVersion) {
      // A change that voids grants does so itself; this one only guards
      // against sending a token to where it was not given for.
      await this.#newerToken(grant);
      throw new MailFailure(
        'integration-changed',
        `The integration of mailbox ${grant.mailboxId} has changed`,
      );
    }
    if (!isReady(integration)) {
      throw new MailFailure(
        'integration-incomplete',
        `The integration ${integration.id} has no client ID or client secret`,
      );
    }
    return integration;
  }

  /** Keeps trying: the provider may already have forgotten the former token. */
  async #store(grant: GrantRecord, tokens: TokenSet): Promise<Secret> {
    const stored = {
      ...tokens,
      refreshAheadMs: refreshAheadMs(tokens.expiresInMs, this.#random),
    };
    let pollMs = FIRST_POLL_MS;
    for (let waitedMs = 0; ; waitedMs += pollMs) {
      try {
        if (await this.#grants.storeRefreshed(grant, stored)) {
          return tokens.accessToken;
        }
        break;
      } catch (error) {
        if (waitedMs >= STORE_FOR_MS) {
          throw error;
        }
      }
      await this.#sleep(pollMs);
      pollMs = Math.min(pollMs * 2, LAST_POLL_MS);
    }
    const newer = await this.#newerToken(grant);
    if (!newer) {
      throw new MailFailure(
        'token-endpoint-unreachable',
        `The grant of mailbox ${grant.mailboxId} changed while it was renewed`,
      );
    }
    return newer;
  }

  /**
   * The access token that somebody stored since `seen` was read.
   *
   * @throws MailFailure where the grant ended, or has to cool down, meanwhile
   */
  async #newerToken(seen: GrantRecord): Promise<Secret | undefined> {
    const grant = await this.#grants.find(seen.mailboxId);
    refuseUnlessActive(grant);
    if (grant.generation > seen.generation) {
      return grant.openAccessToken();
    }
    if (grant.coolingMs > 0) {
      throw new MailFailure(
        grant.failureCode ?? 'token-endpoint-unreachable',
        `The access token of mailbox ${seen.mailboxId} could not be renewed and is tried again later`,
        { retryAfterMs: grant.coolingMs },
      );
    }
    return undefined;
  }

  #retryInMs(grant: GrantRecord, failure: MailFailure): number {
    return Math.max(
      failure.retryAfterMs ?? 0,
      backoffMs(grant.failedRefreshes + 1, BACKOFF, this.#random),
    );
  }
}

function refuseUnlessActive(
  grant: GrantRecord | undefined,
): asserts grant is GrantRecord {
  if (!grant) {
    throw new MailFailure(
      'not-authorized-yet',
      'Nobody has authorized the mailbox',
    );
  }
  if (grant.state !== 'active') {
    throw new MailFailure(
      grant.failureCode ?? 'consent-revoked',
      `The grant of mailbox ${grant.mailboxId} has ended`,
    );
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

function isRevoked(error: unknown): error is MailFailure {
  return MailFailure.is(error) && error.code === 'consent-revoked';
}

/** Whether a failed renewal says nothing against the token that there is. */
function mayPass(code: FailureCode): boolean {
  return failures[code].retry === 'backoff';
}
