// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../../secrets';

/**
 * Who may finish a consent, besides the browser that it was started in.
 *
 * - `popup`: the person who started it, by Backstage's cookie.
 * - `cross-site`: whoever consents, but it comes to nothing before the person
 *   who started it shows the code of the popup.
 * - `link`: whoever holds the link.
 */
export type ConsentKind = 'popup' | 'cross-site' | 'link';

/** How a consent ended; absent while it is under way. */
export type ConsentOutcome = 'succeeded' | 'failed' | 'cancelled';

/** The record of one consent. Hashes are of what only browsers hold. */
export interface ConsentRecord {
  readonly id: string;
  readonly mailboxId: string;
  readonly integrationId: string;
  /** The integration's version that it was started under. */
  readonly integrationVersion: number;
  readonly kind: ConsentKind;
  /**
   * Who started it: the only person who may go on with it or ask for it. Of
   * a link's consent it is nobody: see {@link linkUserRef}.
   */
  readonly userRef: string;
  /** The link that it was started from. */
  readonly linkId?: string;
  readonly returnOrigin: string;
  /** Where the tab goes back to, where there is no popup. */
  readonly returnPath?: string;
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

/** A link as it is stored; its secret is not. */
export interface ConsentLinkRecord {
  readonly id: string;
  readonly mailboxId: string;
  readonly integrationId: string;
  /** The integration's version that it was made under. */
  readonly integrationVersion: number;
  /** The address whose owner it is for. */
  readonly address: string;
  /** Who made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly openedAt?: Date;
  /** By the database's clock. */
  readonly expired: boolean;
  readonly used: boolean;
  readonly revoked: boolean;
  /** What the mailbox is now. */
  readonly mailbox: {
    readonly address: string;
    readonly integrationId?: string;
    readonly folder: string;
    readonly projectRef?: string;
  };
}

/**
 * Who a link's consents are noted as started by. It is no entity ref, so that
 * nobody in the portal can ask for them, cancel them or be counted for them.
 */
export function linkUserRef(linkId: string): string {
  return `link:${linkId}`;
}
