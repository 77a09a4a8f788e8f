// SPDX-License-Identifier: Apache-2.0
import {
  CreateIntegration,
  FailureCode,
} from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../../secrets';

/** What an administrator sets, without the client secret and what is of it. */
export type IntegrationSettings = Omit<
  CreateIntegration,
  'callbackSlug' | 'clientSecret' | 'clientSecretExpiresOn'
>;

/** What the provider has against the client itself, whichever mailbox it is for. */
export interface ClientFault {
  readonly code: FailureCode;
  /** Shortened foreign text without secrets. */
  readonly detail?: string;
  readonly since: Date;
}

/** Our client registration at a provider, as it is stored. */
export interface IntegrationRecord {
  readonly id: string;
  /** Grows by one with each change. */
  readonly version: number;
  readonly callbackSlug: string;
  readonly settings: IntegrationSettings;
  readonly hasClientSecret: boolean;
  readonly clientSecretUpdatedAt?: Date;
  /** A calendar day, `2027-01-31`. */
  readonly clientSecretExpiresOn?: string;
  /** Absent while the provider accepts the client, as far as is known. */
  readonly fault?: ClientFault;
  /** The entity ref of who registered it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** @throws MailFailure where the vault cannot open it */
  openClientSecret(): Promise<Secret | undefined>;
}

/** What becomes of the stored client secret in an update. */
export type ClientSecretChange = Secret | 'keep' | 'remove';
