// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import {
  FailureCode,
  failureCodeSchema,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { z } from 'zod';
import {
  DbGrantRow,
  DbInteger,
  DbMailboxRow,
  dbNow,
  dbNowPlus,
  fromJson,
  tables,
  Tx,
} from '../../database';
import { Keyring, Secret } from '../../secrets';
import { openFrom, sealedColumns, sealFor } from '../sealedColumns';
import { GrantAccountStore } from './GrantAccountStore';
import { GrantEndStore, ofTheirMailboxes } from './GrantEndStore';
import {
  GrantEvent,
  GrantState,
  grantStateSchema,
  nextGrantState,
  statesBefore,
} from './grantState';
import { GrantRecord, TokenSet } from './types';

// Concurrency: whoever stores tokens, or takes them away, makes the generation
// grow and names the one it had read. The first good answer of a provider
// therefore wins, and a late one changes nothing. The claim
// (`refreshing_by`, `refreshing_until`) only saves requests: nothing depends
// on there being one renewal at a time.

const NO_PREVIOUS = {
  previous_refresh_sealed: null,
  previous_refresh_until: null,
} as const;

/** An ended grant holds nothing that could be used or stolen. */
const withoutTokens = {
  access_sealed: null,
  refresh_sealed: null,
  ...NO_PREVIOUS,
  refresh_ends_at: null,
  refresh_end_slides: null,
  access_expires_at: null,
  access_refresh_at: null,
  refreshing_by: null,
  refreshing_until: null,
  failed_refreshes: 0,
  next_refresh_at: null,
} as const;

// How long the refresh token before the present one is kept, for a provider
// that does not know the present one everywhere yet.
const PREVIOUS_LIFE_MS = 86_400_000;

// Two ends that a provider told count as one unless they are further apart:
// it tells what is left in whole seconds, at some time before we write it down.
const SAME_END_MS = 60_000;

type DbTimedGrantRow = DbGrantRow & { now: DbInteger };

/** A grant as somebody read it: what a change must still find. */
export type GrantVersion = Pick<GrantRecord, 'id' | 'generation'>;

/** What a grant held when it was removed. */
export interface TakenGrant {
  /** Who gave it. */
  readonly account: string;
  /** @throws MailFailure where the vault cannot open it */
  openRefreshToken(): Promise<Secret | undefined>;
}

/** Tokens, and when the access token is to be renewed ahead. */
export interface StoredTokens extends TokenSet {
  readonly refreshAheadMs: number;
}

/** The refresh token that a renewal was asked with. */
export interface UsedToken {
  readonly token: Secret;
  /** Whether it was the one before the present one. */
  readonly isPrevious: boolean;
}

/** Grants with their tokens, which are sealed on their way in. */
export class GrantStore {
  /** When they come to an end. */
  readonly ends: GrantEndStore;
  /** Whose they are. */
  readonly accounts: GrantAccountStore;
  readonly #db: Knex;
  readonly #keyring: Keyring;

  constructor(options: { db: Knex; keyring: Keyring }) {
    this.ends = new GrantEndStore(options.db);
    this.accounts = new GrantAccountStore(options.db);
    this.#db = options.db;
    this.#keyring = options.keyring;
  }

  /**
   * The grant of a mailbox. One that was given for another address or by
   * another integration than the mailbox has now is none.
   */
  async find(mailboxId: string): Promise<GrantRecord | undefined> {
    const grants = tables.oauthGrants;
    const [row]: DbTimedGrantRow[] = await ofTheirMailboxes(this.#db)
      .where(`${grants}.mailbox_id`, mailboxId)
      .limit(1)
      .select(`${grants}.*`, { now: dbNow(this.#db) });
    return row && this.#fromRow(row);
  }

  /**
   * Stores what a consent gave, in the place of whatever the mailbox had. The
   * caller's transaction holds the integration's version, so nobody else does
   * this for the same mailbox meanwhile.
   */
  async put(
    tx: Tx,
    grant: {
      mailboxId: string;
      integrationId: string;
      integrationVersion: number;
      account: string;
      /** Who gave it, where that is not the account of the mailbox. */
      consentedAs?: string;
      tokens: StoredTokens;
    },
  ): Promise<void> {
    const { mailboxId, integrationId, integrationVersion, account, tokens } =
      grant;
    const former = await this.#rows(tx)
      .where({ mailbox_id: mailboxId })
      .first('id', 'generation');
    const id = former?.id ?? randomUUID();
    const columns = {
      integration_id: integrationId,
      integration_version: integrationVersion,
      account,
      consented_as: grant.consentedAs ?? null,
      scopes: JSON.stringify(tokens.scopes),
      ...stateColumns(tx, 'active'),
      // One that the mailbox had is not this grant's.
      refresh_sealed: null,
      ...(await this.#tokenColumns(tx, id, tokens)),
      ...NO_PREVIOUS,
      refresh_ends_at: toEnd(tx, tokens),
      refresh_end_slides: null,
      generation: (former?.generation ?? 0) + 1,
    };
    if (former) {
      await this.#rows(tx).where({ id }).update(columns);
    } else {
      await this.#rows(tx).insert({
        ...columns,
        id,
        mailbox_id: mailboxId,
        created_at: dbNow(tx),
      });
    }
  }

  /**
   * Claims the renewal of a grant for `leaseMs`.
   *
   * @returns false where another has it, a failure has to cool down first, or
   *   the grant is not what was read any more
   */
  async claimRefresh(
    grant: GrantVersion,
    options: { by: string; leaseMs: number },
  ): Promise<boolean> {
    const now = () => dbNow(this.#db);
    const claimed = await this.#whereVersion(grant)
      .where({ state: 'active' })
      .andWhere(free =>
        free
          .whereNull('refreshing_until')
          .orWhere('refreshing_until', '<', now()),
      )
      .andWhere(cool =>
        cool
          .whereNull('next_refresh_at')
          .orWhere('next_refresh_at', '<=', now()),
      )
      .update({
        refreshing_by: options.by,
        refreshing_until: dbNowPlus(this.#db, options.leaseMs),
      });
    return claimed === 1;
  }

  /**
   * Stores renewed tokens. The claim is not asked for: an answer that came
   * after it ran out is as good, if it is the first.
   *
   * @param used - the refresh token that they were given for; kept for a day if
   *   another one came with them
   * @returns false where it was not the first
   */
  async storeRefreshed(
    grant: GrantVersion,
    tokens: StoredTokens,
    used?: UsedToken,
  ): Promise<boolean> {
    const stored = await this.#whereVersion(grant)
      .whereIn('state', statesBefore('refreshed'))
      .update({
        ...(await this.#tokenColumns(this.#db, grant.id, tokens)),
        ...(await this.#previousColumns(grant.id, tokens, used)),
        ...this.#endColumns(tokens),
        failure_code: null,
        generation: grant.generation + 1,
      });
    return stored === 1;
  }

  /** Drops the former refresh token: it was tried, and is not tried again. */
  async dropPrevious(grant: GrantVersion): Promise<void> {
    await this.#whereVersion(grant).update(NO_PREVIOUS);
  }

  /** Drops former refresh tokens whose day is over; says of how many grants. */
  async removeOldPrevious(limit: number): Promise<number> {
    const old = this.#rows()
      .where('previous_refresh_until', '<', dbNow(this.#db))
      .limit(limit)
      .select('id');
    return this.#rows().whereIn('id', old).update(NO_PREVIOUS);
  }

  /**
   * Gives a claim back after a failure, with the time of the next try. Where
   * an administrator changed the integration meanwhile, there is nothing to
   * wait for: the failure was the former client's.
   */
  async recordFailure(
    grant: GrantVersion & Pick<GrantRecord, 'integrationVersion'>,
    options: { by: string; code: FailureCode; retryInMs: number },
  ): Promise<void> {
    const claimed = () =>
      this.#whereVersion(grant)
        .where({ refreshing_by: options.by })
        .whereIn('state', statesBefore('refresh-failed'));
    const released = { refreshing_by: null, refreshing_until: null };
    const recorded = await claimed()
      .where({ integration_version: grant.integrationVersion })
      .update({
        ...released,
        failure_code: options.code,
        failed_refreshes: this.#db.raw('?? + 1', ['failed_refreshes']),
        next_refresh_at: dbNowPlus(this.#db, options.retryInMs),
        updated_at: dbNow(this.#db),
      });
    if (recorded === 0) {
      await claimed().update(released);
    }
  }

  /**
   * Ends a grant: only a new consent helps.
   *
   * @returns false where tokens were stored meanwhile, or somebody else ended it
   */
  async end(
    grant: GrantVersion,
    event: GrantEvent,
    code: FailureCode,
  ): Promise<boolean> {
    const ended = await this.#whereVersion(grant)
      .where({ state: 'active' })
      .update({
        ...stateColumns(this.#db, toState('active', event), code),
        ...withoutTokens,
        generation: grant.generation + 1,
      });
    return ended === 1;
  }

  /** Ends all grants of an integration whose provider or client has changed. */
  async voidAllOf(
    tx: Tx,
    integrationId: string,
    code: FailureCode,
  ): Promise<void> {
    await this.#rows(tx)
      .where({ integration_id: integrationId })
      .whereIn('state', statesBefore('integration-changed'))
      .update({
        ...stateColumns(tx, toState('active', 'integration-changed'), code),
        ...withoutTokens,
        // Whoever is renewing one of them finds that its answer is too late.
        generation: tx.raw('?? + 1', ['generation']),
      });
  }

  /**
   * Ends the grants of an integration that another account than the mailbox's
   * own gave: that is not allowed any more.
   */
  async voidSharedOf(tx: Tx, integrationId: string): Promise<void> {
    await this.#rows(tx)
      .where({ integration_id: integrationId })
      .whereNotNull('consented_as')
      .whereIn('state', statesBefore('integration-changed'))
      .update({
        ...stateColumns(
          tx,
          toState('active', 'integration-changed'),
          'integration-changed',
        ),
        ...withoutTokens,
        generation: tx.raw('?? + 1', ['generation']),
      });
  }

  /**
   * Has the grants of the integration's former version go with its new one,
   * and lets those that wait after a failure try again at once.
   */
  async carryOver(
    tx: Tx,
    integrationId: string,
    version: number,
  ): Promise<void> {
    await this.#rows(tx)
      .where({
        integration_id: integrationId,
        integration_version: version - 1,
      })
      .update({
        integration_version: version,
        failed_refreshes: 0,
        next_refresh_at: null,
      });
  }

  /** By which integration a mailbox's grant was given, if it has one. */
  async findIntegrationId(
    tx: Tx,
    mailboxId: string,
  ): Promise<string | undefined> {
    const row = await this.#rows(tx)
      .where({ mailbox_id: mailboxId })
      .first('integration_id');
    return row?.integration_id;
  }

  /**
   * Tells one consent from another: the same for as long as tokens are only
   * renewed. Undefined where the mailbox has no grant that it could be read
   * with; see {@link GrantStore.find}.
   */
  async findStamp(tx: Tx, mailboxId: string): Promise<string | undefined> {
    const grants = tables.oauthGrants;
    const row = await ofTheirMailboxes(tx)
      .where(`${grants}.mailbox_id`, mailboxId)
      .where(`${grants}.state`, 'active' satisfies GrantState)
      .first<Pick<DbGrantRow, 'id' | 'state_since'> | undefined>(
        `${grants}.id`,
        `${grants}.state_since`,
      );
    // A consent is what makes a grant active.
    return row && `${row.id} ${row.state_since}`;
  }

  /**
   * Has a grant be another mailbox's, which has none. It is sealed under its
   * own name, so it opens there as well.
   */
  async move(
    tx: Tx,
    mailboxes: { readonly from: string; readonly to: string },
  ): Promise<void> {
    await this.#rows(tx)
      .where({ mailbox_id: mailboxes.from })
      .update({ mailbox_id: mailboxes.to });
  }

  /** Whether a mailbox still has the address and the integration that a grant is for. */
  async fitsMailbox(
    tx: Tx,
    of: { mailboxId: string; integrationId: string; account: string },
  ): Promise<boolean> {
    const mailbox = await tx<DbMailboxRow>(tables.mailboxes)
      .where({
        id: of.mailboxId,
        integration_id: of.integrationId,
        address: of.account,
      })
      .first('id');
    return mailbox !== undefined;
  }

  /** Removes a mailbox's grant and gives away what it last held. */
  async take(tx: Tx, mailboxId: string): Promise<TakenGrant | undefined> {
    const grant = () => this.#rows(tx).where({ mailbox_id: mailboxId });
    // Writing locks the row: tokens that are being stored at this moment are
    // either seen here or come too late. (Not every engine tells what a DELETE
    // removed.)
    const [row] = await grant()
      .update({ updated_at: dbNow(tx) })
      .returning(['id', 'account', 'consented_as', 'refresh_sealed']);
    await grant().delete();
    return (
      row && {
        account: row.consented_as ?? row.account,
        openRefreshToken: () =>
          openFrom(
            this.#keyring,
            sealedColumns.refreshToken,
            row.id,
            row.refresh_sealed,
          ),
      }
    );
  }

  /** Forgets all that was given through an integration. */
  async deleteAllOf(tx: Tx, integrationId: string): Promise<void> {
    await this.#rows(tx).where({ integration_id: integrationId }).delete();
  }

  #rows(db: Knex = this.#db) {
    return db<DbGrantRow>(tables.oauthGrants);
  }

  #whereVersion({ id, generation }: GrantVersion) {
    return this.#rows().where({ id, generation });
  }

  /** The refresh token's column only where there is one: else the former stays. */
  async #tokenColumns(db: Knex, id: string, tokens: StoredTokens) {
    const { accessToken, refreshToken, expiresInMs } = tokens;
    const keyring = this.#keyring;
    const { accessToken: access, refreshToken: refresh } = sealedColumns;
    return {
      access_sealed: await sealFor(keyring, access, id, accessToken),
      ...(refreshToken && {
        refresh_sealed: await sealFor(keyring, refresh, id, refreshToken),
      }),
      access_expires_at: dbNowPlus(db, expiresInMs),
      access_refresh_at: dbNowPlus(db, tokens.refreshAheadMs),
      refreshing_by: null,
      refreshing_until: null,
      failed_refreshes: 0,
      next_refresh_at: null,
      refreshed_at: dbNow(db),
      updated_at: dbNow(db),
    };
  }

  /**
   * What becomes of the former refresh token: of one that was replaced, the
   * used one stays for a day; otherwise none does. Where it was the former one
   * itself that was used, and it was not replaced, both stay.
   */
  async #previousColumns(
    id: string,
    tokens: StoredTokens,
    used: UsedToken | undefined,
  ) {
    if (!tokens.refreshToken || !used) {
      return used?.isPrevious ? {} : NO_PREVIOUS;
    }
    return {
      previous_refresh_sealed: await sealFor(
        this.#keyring,
        sealedColumns.previousRefreshToken,
        id,
        used.token,
      ),
      previous_refresh_until: dbNowPlus(this.#db, PREVIOUS_LIFE_MS),
    };
  }

  /**
   * The end that the provider tells. A later one than before shows that it
   * moves with each renewal; a reply that says nothing of it leaves it to the
   * same refresh token, and takes it from another one.
   */
  #endColumns(tokens: StoredTokens) {
    const end = toEnd(this.#db, tokens);
    if (!end) {
      return tokens.refreshToken
        ? { refresh_ends_at: null, refresh_end_slides: null }
        : { refresh_end_slides: false };
    }
    return {
      refresh_ends_at: end,
      refresh_end_slides: this.#db.raw(
        'COALESCE(??, FALSE) OR (?? IS NOT NULL AND ? > ?? + ?)',
        [
          'refresh_end_slides',
          'refresh_ends_at',
          end,
          'refresh_ends_at',
          SAME_END_MS,
        ],
      ),
    };
  }

  #fromRow(row: DbTimedGrantRow): GrantRecord {
    const now = Number(row.now);
    const keyring = this.#keyring;
    const { accessToken, refreshToken, previousRefreshToken } = sealedColumns;
    return {
      id: row.id,
      mailboxId: row.mailbox_id,
      integrationId: row.integration_id,
      integrationVersion: row.integration_version,
      account: row.account,
      consentedAs: row.consented_as ?? undefined,
      scopes: fromJson(z.array(z.string()), row.scopes),
      state: grantStateSchema.parse(row.state),
      failureCode:
        row.failure_code === null
          ? undefined
          : failureCodeSchema.parse(row.failure_code),
      generation: row.generation,
      failedRefreshes: row.failed_refreshes,
      accessLeftMs: Number(row.access_expires_at ?? 0) - now,
      refreshDue: Number(row.access_refresh_at ?? 0) <= now,
      ageMs: now - Number(row.state_since),
      coolingMs: Math.max(0, Number(row.next_refresh_at ?? 0) - now),
      openAccessToken: () =>
        openFrom(keyring, accessToken, row.id, row.access_sealed),
      openRefreshToken: () =>
        openFrom(keyring, refreshToken, row.id, row.refresh_sealed),
      openPreviousRefreshToken: async () =>
        Number(row.previous_refresh_until ?? 0) > now
          ? openFrom(
              keyring,
              previousRefreshToken,
              row.id,
              row.previous_refresh_sealed,
            )
          : undefined,
    };
  }
}

function toEnd(
  db: Knex,
  { refreshExpiresInMs }: StoredTokens,
): Knex.Raw | null {
  return refreshExpiresInMs === undefined
    ? null
    : dbNowPlus(db, refreshExpiresInMs);
}

function toState(state: GrantState, event: GrantEvent): GrantState {
  const next = nextGrantState(state, event);
  if (!next) {
    throw new Error(`A grant that is ${state} cannot be ${event}`);
  }
  return next;
}

function stateColumns(db: Knex, state: GrantState, code?: FailureCode) {
  return {
    state,
    failure_code: code ?? null,
    state_since: dbNow(db),
    updated_at: dbNow(db),
  };
}
