// SPDX-License-Identifier: Apache-2.0
import { tables } from '../database';
import { Keyring, open, seal, Secret, SecretPurpose } from '../secrets';

/** A column of sealed records, one per row. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  readonly purpose: SecretPurpose;
  /** Names the record of a row; see `seal`. */
  contextOf(id: string): string;
}

/**
 * Every column that holds sealed records. The one list: stores seal by it, and
 * a change of the vault's key goes through it, so that none is forgotten.
 */
export const sealedColumns = {
  clientSecret: {
    table: tables.oauthIntegrations,
    column: 'client_secret_sealed',
    purpose: 'client-secret',
    contextOf: id => `integration:${id}:client-secret`,
  },
  nextClientSecret: {
    table: tables.oauthIntegrations,
    column: 'next_secret_sealed',
    purpose: 'client-secret',
    contextOf: id => `integration:${id}:next-client-secret`,
  },
  clientKey: {
    table: tables.oauthIntegrations,
    column: 'client_key_sealed',
    purpose: 'client-secret',
    contextOf: id => `integration:${id}:client-key`,
  },
  refreshToken: {
    table: tables.oauthGrants,
    column: 'refresh_sealed',
    purpose: 'token',
    contextOf: id => `grant:${id}:refresh`,
  },
  previousRefreshToken: {
    table: tables.oauthGrants,
    column: 'previous_refresh_sealed',
    purpose: 'token',
    contextOf: id => `grant:${id}:previous-refresh`,
  },
  accessToken: {
    table: tables.oauthGrants,
    column: 'access_sealed',
    purpose: 'token',
    contextOf: id => `grant:${id}:access`,
  },
  verifier: {
    table: tables.oauthConsents,
    column: 'verifier_sealed',
    purpose: 'verifier',
    contextOf: id => `consent:${id}:verifier`,
  },
  pendingAccessToken: {
    table: tables.oauthPendingGrants,
    column: 'access_sealed',
    purpose: 'token',
    contextOf: id => `pending:${id}:access`,
  },
  pendingRefreshToken: {
    table: tables.oauthPendingGrants,
    column: 'refresh_sealed',
    purpose: 'token',
    contextOf: id => `pending:${id}:refresh`,
  },
  claim: {
    table: tables.oauthPendingGrants,
    column: 'claim_sealed',
    purpose: 'verifier',
    contextOf: id => `pending:${id}:claim`,
  },
  revokedToken: {
    table: tables.oauthRevocations,
    column: 'token_sealed',
    purpose: 'token',
    contextOf: id => `revocation:${id}:token`,
  },
  revokingClientSecret: {
    table: tables.oauthRevocations,
    column: 'client_secret_sealed',
    purpose: 'client-secret',
    contextOf: id => `revocation:${id}:client-secret`,
  },
  revokingClientKey: {
    table: tables.oauthRevocations,
    column: 'client_key_sealed',
    purpose: 'client-secret',
    contextOf: id => `revocation:${id}:client-key`,
  },
  mailboxPassword: {
    table: tables.mailboxes,
    column: 'password_sealed',
    purpose: 'password',
    contextOf: id => `mailbox:${id}:password`,
  },
} as const satisfies Record<string, SealedColumn>;

/** Seals a secret for the row that it is about to be written to. */
export function sealFor(
  keyring: Keyring,
  { purpose, contextOf }: SealedColumn,
  id: string,
  secret: Secret,
): Promise<string> {
  return seal(keyring, { purpose, context: contextOf(id), secret });
}

/**
 * Opens the secret of a row; an empty column holds none.
 *
 * @throws MailFailure, see `open`
 */
export async function openFrom(
  keyring: Keyring,
  { purpose, contextOf }: SealedColumn,
  id: string,
  sealed: string | null,
): Promise<Secret | undefined> {
  return sealed === null
    ? undefined
    : open(keyring, { purpose, context: contextOf(id), sealed });
}
