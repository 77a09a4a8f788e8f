// SPDX-License-Identifier: Apache-2.0
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../../secrets';

/** What an administrator sets, without the client secret. */
export type IntegrationSettings = Omit<
  CreateIntegration,
  'callbackSlug' | 'clientSecret'
>;

/** Our client registration at a provider, as it is stored. */
export interface IntegrationRecord {
  readonly id: string;
  /** Grows by one with each change. */
  readonly version: number;
  readonly callbackSlug: string;
  readonly settings: IntegrationSettings;
  readonly hasClientSecret: boolean;
  readonly clientSecretUpdatedAt?: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** @throws MailFailure where the vault cannot open it */
  openClientSecret(): Promise<Secret | undefined>;
}

/** Who uses an integration. */
export interface IntegrationUsers {
  readonly count: number;
  /** The first few of them; mail servers have no project and are not named. */
  readonly projectRefs: readonly string[];
}

/** What becomes of the stored client secret in an update. */
export type ClientSecretChange = Secret | 'keep' | 'remove';
