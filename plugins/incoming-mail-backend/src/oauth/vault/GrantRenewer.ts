// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { backoffMs, BackoffPolicy, sleep } from '../../lib';
import { Secret } from '../../secrets';
import { isReady } from '../integrations/integrationRules';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { IntegrationRecord } from '../integrations/types';
import { withClientSecrets } from '../integrations/withClientSecrets';
import { isClientFault } from '../oauthFailures';
import { TokenEndpoint } from '../tokenEndpoint';
import { looksEndedByTesting } from './consentEnds';
import { refreshAheadMs } from './grantState';
import { GrantStore, UsedToken } from './GrantStore';
import { GrantRecord, TokenSet } from './types';

// How a token is renewed
//
// 1. Among replicas, the row is claimed by compare-and-set for 30 s. Those who
//    come second poll the row until the new token stands in it.
// 2. No database connection is held while the provider is asked: a pool must
//    not hang on somebody else's server, and a transaction that is cut off
//    would lose a rotated token.
// 3. The answer is stored if the generation is still the one that was read
//    ("first good answer wins"), and only then used: a provider that rotates
//    has already forgotten the former refresh token (RFC 9700 section 4.14.2),
//    so a database that is away is asked again for a minute.
// 4. `invalid_grant` is believed only if nobody stored tokens meanwhile, before
//    and after one more try: at a rotating provider it is also what the slower
//    of two renewals gets to hear.
// 5. Then the refresh token before this one is tried, once, for a day after it
//    was replaced: a provider of many machines may not know its newest token
//    everywhere yet. Only then, because to one that rotates strictly a former
//    token is a stolen one, and ends the access (RFC 9700 section 4.14.2);
//    which by then it has ended already.
//
// An application that acts in its own name has no refresh token: its "renewal"
// is one more request like the first. Nothing of 4 is then needed, since no
// answer to it speaks of a grant.
//
// A crash between 2 and 3 loses the new refresh token. Where the provider
// rotates strictly, a new consent is needed then; nothing on our side can
// help, so that moment is kept as short as one statement.

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

/** What renewing needs. */
export interface GrantRenewerOptions {
  readonly grants: GrantStore;
  readonly integrations: IntegrationStore;
  readonly tokenEndpoint: TokenEndpoint;
  /** How to wait. Default: in real time. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** A number from 0 to below 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** Runs a renewal, made by this replica, within whatever observes it. */
  observeRenewal?(renew: () => Promise<Secret>): Promise<Secret>;
}

/** What a provider gave, and for which refresh token; an application has none. */
interface Renewal {
  readonly tokens: TokenSet;
  readonly used?: UsedToken;
}

/** Renews the tokens of grants, together with other replicas. */
export class GrantRenewer {
  readonly #grants: GrantStore;
  readonly #integrations: IntegrationStore;
  readonly #tokenEndpoint: TokenEndpoint;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #random: () => number;
  readonly #observe: (renew: () => Promise<Secret>) => Promise<Secret>;

  constructor(options: GrantRenewerOptions) {
    this.#grants = options.grants;
    this.#integrations = options.integrations;
    this.#tokenEndpoint = options.tokenEndpoint;
    this.#sleep = options.sleep ?? sleep;
    this.#random = options.random ?? Math.random;
    this.#observe = options.observeRenewal ?? (renew => renew());
  }

  /**
   * Renews a grant, or waits for whoever does. Ends within about a minute and
   * a half, and within half a minute unless the database is away.
   *
   * @returns the access token that stands in the database now
   * @throws MailFailure
   */
  async renew(seen: GrantRecord): Promise<Secret> {
    const by = randomUUID();
    for (const waitMs of pollDelays(WAIT_MS)) {
      if (await this.#grants.claimRefresh(seen, { by, leaseMs: CLAIM_MS })) {
        return this.#observe(() => this.#renewClaimed(seen, by));
      }
      const newer = await this.#newerToken(seen);
      if (newer) {
        return newer;
      }
      await this.#sleep(waitMs);
    }
    throw new MailFailure(
      'token-endpoint-unreachable',
      `Another replica is renewing the token of mailbox ${seen.mailboxId} and does not come to an end`,
    );
  }

  async #renewClaimed(grant: GrantRecord, by: string): Promise<Secret> {
    try {
      const integration = await this.#integrationOf(grant);
      const answer = await this.#ask(grant, integration);
      if (answer instanceof Secret) {
        return answer;
      }
      const token = await this.#store(grant, answer);
      await this.#integrations.clearFault(integration);
      return token;
    } catch (error) {
      if (MailFailure.is(error)) {
        // Changes nothing where the grant has ended or was renewed meanwhile.
        await this.#grants.recordFailure(grant, {
          by,
          code: error.code,
          retryInMs: this.#retryInMs(grant, error),
        });
      }
      throw error;
    }
  }

  /** New tokens from the provider, or the access token that others got meanwhile. */
  async #ask(
    grant: GrantRecord,
    integration: IntegrationRecord,
  ): Promise<Renewal | Secret> {
    if (integration.settings.grantType === 'client_credentials') {
      const tokens = await this.#request(integration, as =>
        this.#tokenEndpoint.requestForApplication(as),
      );
      return { tokens };
    }
    const refreshToken = await grant.openRefreshToken();
    if (!refreshToken) {
      throw new MailFailure(
        'consent-revoked',
        `The grant of mailbox ${grant.mailboxId} has no refresh token`,
      );
    }
    const used = { token: refreshToken, isPrevious: false };
    try {
      return await this.#refresh(integration, used);
    } catch (error) {
      if (!isRevoked(error)) {
        throw error;
      }
      return (
        (await this.#newerToken(grant)) ??
        this.#askAgain(grant, integration, used)
      );
    }
  }

  /** The second and last time that a refresh token is tried after a refusal. */
  async #askAgain(
    grant: GrantRecord,
    integration: IntegrationRecord,
    used: UsedToken,
  ): Promise<Renewal | Secret> {
    await this.#sleep(CONFIRM_AFTER_MS);
    const newer = await this.#newerToken(grant);
    if (newer) {
      return newer;
    }
    try {
      return await this.#refresh(integration, used);
    } catch (error) {
      if (!isRevoked(error)) {
        throw error;
      }
      return (
        (await this.#newerToken(grant)) ??
        (await this.#askWithPrevious(grant, integration)) ??
        this.#end(grant, integration, error)
      );
    }
  }

  /** Undefined where there is no former refresh token, or it is refused too. */
  async #askWithPrevious(
    grant: GrantRecord,
    integration: IntegrationRecord,
  ): Promise<Renewal | undefined> {
    const token = await grant.openPreviousRefreshToken();
    if (!token) {
      return undefined;
    }
    try {
      return await this.#refresh(integration, { token, isPrevious: true });
    } catch (error) {
      if (!isRevoked(error)) {
        throw error;
      }
      await this.#grants.dropPrevious(grant);
      return undefined;
    }
  }

  /**
   * Ends the grant, unless somebody stored tokens meanwhile.
   *
   * @throws MailFailure that says why it ended
   */
  async #end(
    grant: GrantRecord,
    integration: IntegrationRecord,
    refusal: MailFailure,
  ): Promise<Secret> {
    const failure = looksEndedByTesting(
      integration.settings.provider,
      grant.ageMs,
    )
      ? new MailFailure('consent-ended-in-testing', refusal.message, {
          detail: refusal.detail,
        })
      : refusal;
    if (!(await this.#grants.end(grant, 'revoked', failure.code))) {
      const stored = await this.#newerToken(grant);
      if (stored) {
        return stored;
      }
    }
    throw failure;
  }

  async #refresh(
    integration: IntegrationRecord,
    used: UsedToken,
  ): Promise<Renewal> {
    const tokens = await this.#request(integration, as =>
      this.#tokenEndpoint.refresh(as, used.token),
    );
    return { tokens, used };
  }

  /**
   * One request, or two with two client secrets. That the client is refused is
   * noted where it can be mended.
   */
  async #request(
    integration: IntegrationRecord,
    send: (as: IntegrationRecord) => Promise<TokenSet>,
  ): Promise<TokenSet> {
    try {
      return await withClientSecrets(integration, this.#integrations, send);
    } catch (error) {
      if (isClientFault(error)) {
        await this.#integrations.setFault(integration, error);
      }
      throw error;
    }
  }

  async #integrationOf(grant: GrantRecord): Promise<IntegrationRecord> {
    const integration = await this.#integrations.find(grant.integrationId);
    // Read after the integration: a change that voids no grants takes them
    // along in its own transaction, so that this one is not behind.
    const current = await this.#grants.find(grant.mailboxId);
    refuseUnlessActive(current);
    if (!integration || current.integrationVersion < integration.version) {
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
  async #store(grant: GrantRecord, { tokens, used }: Renewal): Promise<Secret> {
    const stored = {
      ...tokens,
      refreshAheadMs: refreshAheadMs(tokens.expiresInMs, this.#random),
    };
    const store = () => this.#grants.storeRefreshed(grant, stored, used);
    if (await this.#untilItSucceeds(store)) {
      return tokens.accessToken;
    }
    const newer = await this.#newerToken(grant);
    if (!newer) {
      throw new MailFailure(
        'internal-error',
        `The grant of mailbox ${grant.mailboxId} changed while it was renewed`,
      );
    }
    return newer;
  }

  async #untilItSucceeds<T>(work: () => Promise<T>): Promise<T> {
    for (const waitMs of pollDelays(STORE_FOR_MS)) {
      try {
        return await work();
      } catch {
        // Whatever the database had against it: giving up loses the token, so
        // the last try below is the one that is heard.
        await this.#sleep(waitMs);
      }
    }
    return work();
  }

  /**
   * The access token that somebody stored since `seen` was read.
   *
   * @throws MailFailure where the grant has ended, or has to cool down
   */
  async #newerToken(seen: GrantRecord): Promise<Secret | undefined> {
    const grant = await this.#grants.find(seen.mailboxId);
    refuseUnlessActive(grant);
    if (grant.id !== seen.id || grant.generation > seen.generation) {
      return grant.openAccessToken();
    }
    if (grant.coolingMs > 0) {
      throw new MailFailure(
        grant.failureCode ?? 'token-endpoint-unreachable',
        `The token of mailbox ${seen.mailboxId} could not be renewed and is tried again later`,
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

/** @throws MailFailure that says what has to be done to get an active grant */
export function refuseUnlessActive(
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

function isRevoked(error: unknown): error is MailFailure {
  return MailFailure.is(error) && error.code === 'consent-revoked';
}

/** Doubling waits that together last about `totalMs`. */
function* pollDelays(totalMs: number): Generator<number> {
  let delayMs = FIRST_POLL_MS;
  let waitedMs = 0;
  while (waitedMs < totalMs) {
    yield delayMs;
    waitedMs += delayMs;
    delayMs = Math.min(delayMs * 2, LAST_POLL_MS);
  }
}
