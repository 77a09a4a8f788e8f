// SPDX-License-Identifier: Apache-2.0
import { ConsentEnd, FailureCode } from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../../secrets';
import { GrantState } from './grantState';

/** What consent gave: the right to read one mailbox, as it is stored. */
export interface GrantRecord {
  readonly id: string;
  readonly mailboxId: string;
  readonly integrationId: string;
  /** The integration's version that the grant was given under. */
  readonly integrationVersion: number;
  /** The address whose mailbox it opens. */
  readonly account: string;
  /** The account that gave access, where that is not the address itself. */
  readonly consentedAs?: string;
  /** As granted; where the provider did not say, as requested. */
  readonly scopes: readonly string[];
  readonly state: GrantState;
  /** Why it needs consent; of an active one, why the last renewal failed. */
  readonly failureCode?: FailureCode;
  /** Grows with each token stored; a renewal compares and swaps it. */
  readonly generation: number;
  /** How many renewals failed in a row. */
  readonly failedRefreshes: number;
  /** By the database's clock at the moment of reading; negative when it is over. */
  readonly accessLeftMs: number;
  /** Whether the access token is old enough to be renewed ahead. */
  readonly refreshDue: boolean;
  /** How long no renewal may be tried, after a failure; 0: at once. */
  readonly coolingMs: number;
  /** How long ago the consent was given. */
  readonly ageMs: number;
  /** @throws MailFailure where the vault cannot open it */
  openAccessToken(): Promise<Secret | undefined>;
  /** @throws MailFailure where the vault cannot open it */
  openRefreshToken(): Promise<Secret | undefined>;
  /**
   * The refresh token before this one, for a day after it was replaced.
   *
   * @throws MailFailure where the vault cannot open it
   */
  openPreviousRefreshToken(): Promise<Secret | undefined>;
}

/** What of a grant may be told to those who look for a fault. */
export type GrantFacts = Pick<
  GrantRecord,
  'scopes' | 'state' | 'failureCode' | 'consentedAs'
> & {
  /** Absent where no end is in sight. */
  readonly end?: ConsentEnd;
};

/** What a token endpoint gave, judged and complete. */
export interface TokenSet {
  readonly accessToken: Secret;
  /** Absent in a renewal that did not rotate: the former one stays. */
  readonly refreshToken?: Secret;
  readonly expiresInMs: number;
  /** How long the refresh token lives, where the reply says so. */
  readonly refreshExpiresInMs?: number;
  /** As granted; where the reply does not say, as requested. */
  readonly scopes: readonly string[];
}

/** A client at a provider, and the account that gave it access. */
export interface ClientAccount {
  readonly account: string;
  readonly clientId: string;
  readonly revocationEndpoint: string;
}
