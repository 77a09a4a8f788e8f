// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../../secrets';

/** How a consent ended; absent while it is under way. */
export type ConsentOutcome = 'succeeded' | 'failed' | 'cancelled';

/** The record of one consent. Hashes are of what only browsers hold. */
export interface ConsentRecord {
  readonly id: string;
  readonly mailboxId: string;
  readonly integrationId: string;
  /** The integration's version that it was started under. */
  readonly integrationVersion: number;
  /** Who started it: the only person who may go on with it or ask for it. */
  readonly userRef: string;
  readonly returnOrigin: string;
  /** The address whose mailbox is to be authorized. */
  readonly expectedAccount: string;
  readonly browserHash?: string;
  readonly nonceHash?: string;
  readonly expiresAt: Date;
  /** Whether no more can come of it, by the database's clock. */
  readonly expired: boolean;
  readonly consumed: boolean;
  readonly outcome?: ConsentOutcome;
  readonly failureCode?: FailureCode;
  readonly failureDetail?: string;
  /** The PKCE verifier (RFC 7636). */
  openVerifier(): Promise<Secret | undefined>;
}

/** The mailbox that a consent is for. */
export interface ConsentMailbox {
  readonly id: string;
  /** Lower-cased. */
  readonly address: string;
  readonly integrationId: string;
}
