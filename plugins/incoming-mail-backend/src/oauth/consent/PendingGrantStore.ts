// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { z } from 'zod';
import {
  DbInteger,
  dbNow,
  dbNowPlus,
  DbPendingGrantRow,
  fromJson,
  tables,
} from '../../database';
import { Keyring, Secret } from '../../secrets';
import { openFrom, sealedColumns, sealFor } from '../sealedColumns';
import { TokenSet } from '../vault/types';

/** How long the person who started a consent has to claim it. */
const LIFE_MS = 600_000;

/** How often a code may be entered. */
export const CLAIM_TRIES = 5;

type DbTimedPendingGrantRow = DbPendingGrantRow & { now: DbInteger };

/** What waits to be claimed. */
export interface PendingGrant {
  /** Including the one that is just made. */
  readonly tries: number;
  readonly consentedAs?: string;
  /** @throws MailFailure where the vault cannot open it */
  openClaim(): Promise<Secret | undefined>;
  /** @throws MailFailure where the vault cannot open them */
  openTokens(): Promise<TokenSet | undefined>;
}

/**
 * What consents gave and nobody has claimed yet, all of it sealed, the code as
 * well: it is too short for a hash to hide it.
 */
export class PendingGrantStore {
  readonly #db: Knex;
  readonly #keyring: Keyring;

  constructor(options: { db: Knex; keyring: Keyring }) {
    this.#db = options.db;
    this.#keyring = options.keyring;
  }

  /** Keeps tokens for `LIFE_MS`. */
  async put(
    consentId: string,
    given: {
      claim: Secret;
      tokens: TokenSet;
      consentedAs?: string;
    },
  ): Promise<void> {
    const { claim, tokens } = given;
    const seal = (
      column: Parameters<typeof sealFor>[1],
      secret: Secret,
    ): Promise<string> => sealFor(this.#keyring, column, consentId, secret);
    await this.#rows().insert({
      id: consentId,
      claim_sealed: await seal(sealedColumns.claim, claim),
      tries: 0,
      access_sealed: await seal(
        sealedColumns.pendingAccessToken,
        tokens.accessToken,
      ),
      refresh_sealed:
        tokens.refreshToken === undefined
          ? null
          : await seal(sealedColumns.pendingRefreshToken, tokens.refreshToken),
      scopes: JSON.stringify(tokens.scopes),
      access_expires_at: dbNowPlus(this.#db, tokens.expiresInMs),
      consented_as: given.consentedAs ?? null,
      expires_at: dbNowPlus(this.#db, LIFE_MS),
    });
  }

  /** Whether it waits for its code, or is just being claimed. */
  async findState(
    consentId: string,
  ): Promise<'unclaimed' | 'claimed' | undefined> {
    const row = await this.#find(consentId);
    if (!row || Number(row.expires_at) <= Number(row.now)) {
      return undefined;
    }
    return row.claimed_at === null ? 'unclaimed' : 'claimed';
  }

  /**
   * Counts a try. The count stands before the code is compared, so that no
   * more than `CLAIM_TRIES` codes are, however many come at once.
   *
   * @returns undefined where there is no try left, or nothing to claim
   */
  async countTry(consentId: string): Promise<PendingGrant | undefined> {
    const counted = await this.#claimable(consentId)
      .andWhere('tries', '<', CLAIM_TRIES)
      .update({
        tries: this.#db.raw('?? + 1', ['tries']) as unknown as number,
      });
    const row = counted === 1 ? await this.#find(consentId) : undefined;
    return row && this.#fromRow(row);
  }

  /** @returns false where somebody else did, just before */
  async claim(consentId: string): Promise<boolean> {
    const claimed = await this.#claimable(consentId).update({
      claimed_at: dbNow(this.#db),
    });
    return claimed === 1;
  }

  /** Drops what was given. Nothing to drop is no error. */
  async drop(consentId: string): Promise<void> {
    await this.#rows().where({ id: consentId }).delete();
  }

  /** Drops what ran out unclaimed, at most `limit`. */
  async dropOld(limit: number): Promise<number> {
    const old = this.#rows()
      .where('expires_at', '<', dbNow(this.#db))
      .orderBy('expires_at')
      .limit(limit)
      .select('id');
    return this.#rows().whereIn('id', old).delete();
  }

  async #find(consentId: string): Promise<DbTimedPendingGrantRow | undefined> {
    const [row]: DbTimedPendingGrantRow[] = await this.#db(
      tables.oauthPendingGrants,
    )
      .where({ id: consentId })
      .select('*', { now: dbNow(this.#db) });
    return row;
  }

  #rows() {
    return this.#db<DbPendingGrantRow>(tables.oauthPendingGrants);
  }

  #claimable(consentId: string) {
    return this.#rows()
      .where({ id: consentId })
      .whereNull('claimed_at')
      .andWhere('expires_at', '>', dbNow(this.#db));
  }

  #fromRow(row: DbTimedPendingGrantRow): PendingGrant {
    const keyring = this.#keyring;
    const { claim, pendingAccessToken, pendingRefreshToken } = sealedColumns;
    return {
      tries: row.tries,
      consentedAs: row.consented_as ?? undefined,
      openClaim: () => openFrom(keyring, claim, row.id, row.claim_sealed),
      openTokens: async () => {
        const accessToken = await openFrom(
          keyring,
          pendingAccessToken,
          row.id,
          row.access_sealed,
        );
        const refreshToken = await openFrom(
          keyring,
          pendingRefreshToken,
          row.id,
          row.refresh_sealed,
        );
        return (
          accessToken && {
            accessToken,
            refreshToken,
            scopes: fromJson(z.array(z.string()), row.scopes),
            expiresInMs: Number(row.access_expires_at) - Number(row.now),
          }
        );
      },
    };
  }
}
