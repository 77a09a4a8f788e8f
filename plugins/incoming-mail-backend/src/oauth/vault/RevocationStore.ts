// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import {
  ClientAuthentication,
  clientAuthenticationSchema,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbRevocationRow,
  dbNow,
  dbNowPlus,
  fromJson,
  tables,
  Tx,
} from '../../database';
import { Keyring, Secret } from '../../secrets';
import { assertionSchema, ClientKey } from '../clientKey';
import { openFrom, sealedColumns, sealFor } from '../sealedColumns';
import { ClientAccount } from './types';

/** A token that the provider is still to be told to revoke. */
export interface RevocationRecord extends ClientAccount {
  readonly id: string;
  readonly clientAuthentication: ClientAuthentication;
  /** How often it was tried before. */
  readonly attempts: number;
  /** @throws MailFailure where the vault cannot open it */
  openToken(): Promise<Secret | undefined>;
  /** @throws MailFailure where the vault cannot open it */
  openClientSecret(): Promise<Secret | undefined>;
  /** @throws MailFailure where the vault cannot open it */
  openClientKey(): Promise<ClientKey | undefined>;
}

/**
 * Tokens that wait for their revocation. The only place where a token outlives
 * its grant; it holds all that is needed, since the integration may go as well.
 */
export class RevocationStore {
  readonly #db: Knex;
  readonly #keyring: Keyring;

  constructor(options: { db: Knex; keyring: Keyring }) {
    this.#db = options.db;
    this.#keyring = options.keyring;
  }

  /** Puts a token in, due at once, with the transaction that drops its grant. */
  async enqueue(
    tx: Tx,
    revocation: ClientAccount & {
      readonly clientAuthentication: ClientAuthentication;
      readonly token: Secret;
      readonly clientSecret?: Secret;
      readonly clientKey?: ClientKey;
    },
  ): Promise<void> {
    const { token, clientSecret, clientKey } = revocation;
    const { revokedToken, revokingClientSecret, revokingClientKey } =
      sealedColumns;
    const id = randomUUID();
    const keyring = this.#keyring;
    await this.#rows(tx).insert({
      id,
      account: revocation.account,
      client_id: revocation.clientId,
      revocation_endpoint: revocation.revocationEndpoint,
      client_authentication: revocation.clientAuthentication,
      token_sealed: await sealFor(keyring, revokedToken, id, token),
      client_secret_sealed: clientSecret
        ? await sealFor(keyring, revokingClientSecret, id, clientSecret)
        : null,
      client_key_sealed: clientKey
        ? await sealFor(keyring, revokingClientKey, id, clientKey.privateKey)
        : null,
      client_assertion: clientKey ? JSON.stringify(clientKey.assertion) : null,
      attempts: 0,
      due_at: dbNow(tx),
      created_at: dbNow(tx),
    });
  }

  /**
   * Takes out what waits for an account at a client: it was authorized again,
   * and at some providers revoking the former token would end the new grant.
   */
  async cancelAllOf(tx: Tx, of: ClientAccount): Promise<void> {
    await this.#rows(tx)
      .where({
        account: of.account,
        client_id: of.clientId,
        revocation_endpoint: of.revocationEndpoint,
      })
      .delete();
  }

  /** What is due, longest due first. */
  async listDue(limit: number): Promise<RevocationRecord[]> {
    const rows = await this.#rows()
      .where('due_at', '<=', dbNow(this.#db))
      .orderBy('due_at')
      .limit(limit);
    return rows.map(row => this.#fromRow(row));
  }

  /**
   * Takes on the next try, and sets when the one after it is due.
   *
   * @returns false where another replica took it on, or it was taken out
   */
  async claim(
    { id, attempts }: Pick<RevocationRecord, 'id' | 'attempts'>,
    nextInMs: number,
  ): Promise<boolean> {
    const claimed = await this.#rows()
      .where({ id, attempts })
      .update({
        attempts: attempts + 1,
        due_at: dbNowPlus(this.#db, nextInMs),
      } as {});
    return claimed === 1;
  }

  /** Sets the next try off for as long as the provider asks. */
  async postpone(id: string, inMs: number): Promise<void> {
    await this.#rows()
      .where({ id })
      .update({ due_at: dbNowPlus(this.#db, inMs) } as {});
  }

  async remove(id: string): Promise<void> {
    await this.#rows().where({ id }).delete();
  }

  /** Gives up what has waited for longer than `ageMs`; says how many. */
  async removeOld(ageMs: number): Promise<number> {
    return this.#rows()
      .where('created_at', '<', dbNowPlus(this.#db, -ageMs))
      .delete();
  }

  #rows(db: Knex = this.#db) {
    return db<DbRevocationRow>(tables.oauthRevocations);
  }

  #fromRow(row: DbRevocationRow): RevocationRecord {
    const keyring = this.#keyring;
    const { revokedToken, revokingClientSecret } = sealedColumns;
    return {
      id: row.id,
      account: row.account,
      clientId: row.client_id,
      revocationEndpoint: row.revocation_endpoint,
      clientAuthentication: clientAuthenticationSchema.parse(
        row.client_authentication,
      ),
      attempts: row.attempts,
      openToken: () =>
        openFrom(keyring, revokedToken, row.id, row.token_sealed),
      openClientSecret: () =>
        openFrom(
          keyring,
          revokingClientSecret,
          row.id,
          row.client_secret_sealed,
        ),
      openClientKey: () => this.#openClientKey(row),
    };
  }

  async #openClientKey(row: DbRevocationRow): Promise<ClientKey | undefined> {
    const privateKey = await openFrom(
      this.#keyring,
      sealedColumns.revokingClientKey,
      row.id,
      row.client_key_sealed,
    );
    return privateKey && row.client_assertion !== null
      ? {
          privateKey,
          assertion: fromJson(assertionSchema, row.client_assertion),
        }
      : undefined;
  }
}
