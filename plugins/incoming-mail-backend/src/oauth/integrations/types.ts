// SPDX-License-Identifier: Apache-2.0
import {
  CreateIntegration,
  FailureCode,
  NextSecretState,
} from '@postroom/plugin-incoming-mail-common';
import { OAuthProvider } from '@postroom/plugin-incoming-mail-node';
import { Secret } from '../../secrets';
import type { ClientKey } from '../clientKey';

/** What an administrator sets, without client secret and key and what is of them. */
export type IntegrationSettings = Omit<
  CreateIntegration,
  'callbackSlug' | 'clientSecret' | 'clientSecretExpiresOn' | 'clientKey'
>;

/** What the provider has against the client itself, whichever mailbox it is for. */
export interface ClientFault {
  readonly code: FailureCode;
  /** Shortened foreign text without secrets. */
  readonly detail?: string;
  readonly since: Date;
}

/** The client secret that is to take the present one's place. */
export interface NextClientSecret {
  readonly state: NextSecretState;
  /**
   * Whether it was refused so lately that the present one is tried first. A
   * provider may need a while until it knows a new secret everywhere.
   */
  readonly refusedLately: boolean;
  readonly updatedAt: Date;
  /** A calendar day, `2027-01-31`. */
  readonly expiresOn?: string;
  /** @throws MailFailure where the vault cannot open it */
  open(): Promise<Secret | undefined>;
}

/** Our client registration at a provider, as it is stored. */
export interface IntegrationRecord {
  readonly id: string;
  /** Grows by one with each change. */
  readonly version: number;
  readonly callbackSlug: string;
  readonly settings: IntegrationSettings;
  /** The provider of a module that it was made from, as long as that is installed. */
  readonly presetProvider?: OAuthProvider;
  readonly hasClientSecret: boolean;
  readonly clientSecretUpdatedAt?: Date;
  /** A calendar day, `2027-01-31`. */
  readonly clientSecretExpiresOn?: string;
  /** Absent unless the client secret is being changed. */
  readonly nextClientSecret?: NextClientSecret;
  readonly hasClientKey: boolean;
  readonly clientKeyUpdatedAt?: Date;
  /** Of the client's key, in PEM. */
  readonly clientCertificate?: string;
  /** Absent while the provider accepts the client, as far as is known. */
  readonly fault?: ClientFault;
  /** The entity ref of who registered it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** @throws MailFailure where the vault cannot open it */
  openClientSecret(): Promise<Secret | undefined>;
  /** @throws MailFailure where the vault cannot open it */
  openClientKey(): Promise<ClientKey | undefined>;
}

/** What becomes of the stored client secret in an update. */
export type ClientSecretChange = Secret | 'keep' | 'remove';

/** A key to be stored, judged. */
export interface JudgedClientKey {
  /** PKCS #8 in PEM. */
  readonly privateKey: Secret;
  /** X.509 in PEM. */
  readonly certificate?: string;
}

/** What becomes of the stored client key in an update. */
export type ClientKeyChange = JudgedClientKey | 'keep' | 'remove';
