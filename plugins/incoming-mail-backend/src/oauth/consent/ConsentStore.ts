// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import {
  FailureCode,
  failureCodeSchema,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { z } from 'zod';
import {
  DbConsentLinkRow,
  DbConsentRow,
  DbInteger,
  DbMailboxRow,
  dbNow,
  dbNowPlus,
  fromDbTime,
  holdName,
  inTransaction,
  tables,
  Tx,
} from '../../database';
import { hashToken, Keyring, Secret } from '../../secrets';
import { openFrom, sealedColumns, sealFor } from '../sealedColumns';
import { ConsentKind, ConsentMailbox, ConsentRecord } from './types';

// The life of a consent
//
// created ─ start ─► started ─ consume ─► consumed ─ end ─► ended
//
// Each step is one UPDATE that names the step before, so each happens once
// however often its URL is called. `end` is possible from everywhere, which
// is cancelling, or a callback that is refused; what has ended stays ended.

// How long the popup may take to begin, and the person to consent.
const TICKET_LIFE_MS = 120_000;
const LIFE_MS = 600_000;

// A consent that is consumed in its last second still has to be completed:
// token request and sign-in are bounded well below this.
const COMPLETION_MS = 120_000;

const outcomeSchema = z.enum(['succeeded', 'failed', 'cancelled']);
const kindSchema = z.enum(['popup', 'cross-site', 'link']);

type DbTimedConsentRow = DbConsentRow & { now: DbInteger };

/** What the start of the popup adds to a consent. */
export interface ConsentStart {
  readonly state: string;
  readonly browserToken: string;
  readonly verifier: Secret;
  readonly nonce?: string;
}

/** Why a consent came to nothing. */
export interface ConsentFailure {
  readonly code: FailureCode;
  readonly detail?: string;
}

/** What came of making a consent. */
export type CreatedConsent =
  | {
      readonly kind: 'created';
      readonly id: string;
      readonly expiresAt: Date;
    }
  | { readonly kind: 'too-many'; readonly open: number };

/** Consents under way. Of what a browser holds only hashes are stored. */
export class ConsentStore {
  readonly #db: Knex;
  readonly #keyring: Keyring;

  constructor(options: { db: Knex; keyring: Keyring }) {
    this.#db = options.db;
    this.#keyring = options.keyring;
  }

  /** Runs `work` in one transaction; see `inTransaction`. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.#db, work);
  }

  /**
   * Makes a consent, unless the person has `maxOpen` of other mailboxes under
   * way. Another one of the same mailbox ends: its popup was closed, or is the
   * one that is used again. Of starts of one person at the same moment, each
   * counts those before it.
   */
  async create(options: {
    mailbox: ConsentMailbox;
    integrationVersion: number;
    /** Default: `popup`. */
    kind?: ConsentKind;
    userRef: string;
    linkId?: string;
    ticket: string;
    returnOrigin: string;
    returnPath?: string;
    maxOpen: number;
  }): Promise<CreatedConsent> {
    const { mailbox, integrationVersion, userRef, ticket } = options;
    const id = randomUUID();
    return this.transaction(async tx => {
      await holdName(tx, `incoming-mail consents of ${userRef}`);
      const open = await this.#countOpen(tx, userRef, mailbox.id);
      if (open >= options.maxOpen) {
        return { kind: 'too-many', open };
      }
      await this.#rows(tx)
        .where({ mailbox_id: mailbox.id, user_ref: userRef })
        .whereNull('consumed_at')
        .whereNull('finished_at')
        .update({ outcome: 'cancelled', finished_at: dbNow(tx) });
      const [row] = await this.#rows(tx)
        .insert({
          id,
          mailbox_id: mailbox.id,
          integration_id: mailbox.integrationId,
          integration_version: integrationVersion,
          user_ref: userRef,
          ticket_hash: hashToken(ticket),
          ticket_expires_at: dbNowPlus(tx, TICKET_LIFE_MS),
          kind: options.kind ?? 'popup',
          link_id: options.linkId ?? null,
          return_origin: options.returnOrigin,
          return_path: options.returnPath ?? null,
          expected_account: mailbox.address,
          created_at: dbNow(tx),
          expires_at: dbNowPlus(tx, LIFE_MS),
        })
        .returning('expires_at');
      return { kind: 'created', id, expiresAt: fromDbTime(row.expires_at) };
    });
  }

  /** How many consents were started for a mailbox, by anyone, in `withinMs`. */
  async countRecent(mailboxId: string, withinMs: number): Promise<number> {
    const [{ count }] = await this.#rows()
      .where({ mailbox_id: mailboxId })
      .andWhere('created_at', '>', dbNowPlus(this.#db, -withinMs))
      .count<Array<{ count: DbInteger }>>({ count: '*' });
    return Number(count);
  }

  /** Whether somebody is about to authorize the account for the client. */
  async isUnderWay(of: {
    account: string;
    clientId: string;
  }): Promise<boolean> {
    const consents = tables.oauthConsents;
    const integrations = tables.oauthIntegrations;
    const open = await this.#db(consents)
      .join(integrations, `${integrations}.id`, `${consents}.integration_id`)
      .where({ [`${integrations}.client_id`]: of.clientId })
      // The account that gives access to a shared mailbox is not known before.
      .andWhere(whose =>
        whose
          .where({ [`${consents}.expected_account`]: of.account })
          .orWhere({ [`${integrations}.allow_shared_mailboxes`]: true }),
      )
      .whereNull(`${consents}.finished_at`)
      // Consumed in its last second, it is still being completed.
      .andWhere(
        `${consents}.expires_at`,
        '>',
        dbNowPlus(this.#db, -COMPLETION_MS),
      )
      .first(`${consents}.id`);
    return open !== undefined;
  }

  async find(id: string): Promise<ConsentRecord | undefined> {
    return this.#findWhere({ id });
  }

  /** By the ticket of its start URL, whether or not that still works. */
  async findByTicket(ticket: string): Promise<ConsentRecord | undefined> {
    return this.#findWhere({ ticket_hash: hashToken(ticket) });
  }

  /** By the state parameter that a provider sent back. */
  async findByState(state: string): Promise<ConsentRecord | undefined> {
    return this.#findWhere({ state_hash: hashToken(state) });
  }

  /**
   * Uses up the ticket.
   *
   * @returns false where it was used before or has run out
   */
  async start(id: string, start: ConsentStart): Promise<boolean> {
    const started = await this.#rows()
      .where({ id })
      .whereNull('started_at')
      .whereNull('finished_at')
      .andWhere('ticket_expires_at', '>', dbNow(this.#db))
      .update({
        started_at: dbNow(this.#db),
        state_hash: hashToken(start.state),
        browser_hash: hashToken(start.browserToken),
        nonce_hash: start.nonce === undefined ? null : hashToken(start.nonce),
        verifier_sealed: await sealFor(
          this.#keyring,
          sealedColumns.verifier,
          id,
          start.verifier,
        ),
      });
    return started === 1;
  }

  /**
   * Uses up the consent, before the provider is asked for tokens.
   *
   * @returns false where it was used before, has ended or has run out
   */
  async consume(id: string): Promise<boolean> {
    const consumed = await this.#rows()
      .where({ id })
      .whereNotNull('started_at')
      .whereNull('consumed_at')
      .whereNull('finished_at')
      .andWhere('expires_at', '>', dbNow(this.#db))
      .update({ consumed_at: dbNow(this.#db) });
    return consumed === 1;
  }

  /** @returns false where it had ended already */
  async succeed(tx: Tx, id: string): Promise<boolean> {
    const ended = await this.#open(id, tx).update({
      outcome: 'succeeded',
      verifier_sealed: null,
      finished_at: dbNow(tx),
    });
    return ended === 1;
  }

  /** @returns false where it had ended already */
  async fail(id: string, failure: ConsentFailure): Promise<boolean> {
    const ended = await this.#open(id).update(this.#failed(failure));
    return ended === 1;
  }

  /**
   * Ends a consent whose callback is refused. A callback that comes a second
   * time does not disturb the first.
   */
  async refuse(id: string, failure: ConsentFailure): Promise<void> {
    await this.#open(id).whereNull('consumed_at').update(this.#failed(failure));
  }

  /** Does nothing where it has ended already. */
  async cancel(id: string): Promise<void> {
    await this.#open(id).update({
      outcome: 'cancelled',
      verifier_sealed: null,
      finished_at: dbNow(this.#db),
    });
  }

  /** Has consents under way, and links to new ones, go with the new version. */
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
      .whereNull('finished_at')
      .update({ integration_version: version });
    await tx<DbConsentLinkRow>(tables.oauthConsentLinks)
      .where({
        integration_id: integrationId,
        integration_version: version - 1,
      })
      .update({ integration_version: version });
  }

  /**
   * What a consent now says of the integration's version, if its mailbox still
   * has the address and the integration that it was started for.
   */
  async findVersion(tx: Tx, id: string): Promise<number | undefined> {
    const consents = tables.oauthConsents;
    const mailboxes = tables.mailboxes;
    const row = await tx<DbConsentRow>(consents)
      .join<DbMailboxRow>(mailboxes, join =>
        join
          .on(`${mailboxes}.id`, `${consents}.mailbox_id`)
          .andOn(`${mailboxes}.integration_id`, `${consents}.integration_id`)
          .andOn(`${mailboxes}.address`, `${consents}.expected_account`),
      )
      .where(`${consents}.id`, id)
      .first<Pick<DbConsentRow, 'integration_version'>>(
        `${consents}.integration_version`,
      );
    return row?.integration_version;
  }

  /** Removes consents that expired longer ago than `ageMs`; at most `limit`. */
  async removeOld(options: { ageMs: number; limit: number }): Promise<number> {
    const old = this.#rows()
      .where('expires_at', '<', dbNowPlus(this.#db, -options.ageMs))
      .orderBy('expires_at')
      .limit(options.limit)
      .select('id');
    return this.#rows().whereIn('id', old).delete();
  }

  /** How many consents of other mailboxes a person has under way. */
  async #countOpen(
    tx: Tx,
    userRef: string,
    exceptMailboxId: string,
  ): Promise<number> {
    const [{ count }] = await this.#rows(tx)
      .where({ user_ref: userRef })
      .whereNot({ mailbox_id: exceptMailboxId })
      .whereNull('finished_at')
      .andWhere('expires_at', '>', dbNow(tx))
      .count<Array<{ count: DbInteger }>>({ count: '*' });
    return Number(count);
  }

  #rows(db: Knex = this.#db) {
    return db<DbConsentRow>(tables.oauthConsents);
  }

  #open(id: string, db?: Knex) {
    return this.#rows(db).where({ id }).whereNull('finished_at');
  }

  #failed(failure: ConsentFailure) {
    return {
      outcome: 'failed',
      failure_code: failure.code,
      failure_detail: failure.detail ?? null,
      verifier_sealed: null,
      finished_at: dbNow(this.#db),
    };
  }

  async #findWhere(
    where: Partial<DbConsentRow>,
  ): Promise<ConsentRecord | undefined> {
    const [row]: DbTimedConsentRow[] = await this.#db(tables.oauthConsents)
      .where(where)
      .limit(1)
      .select('*', { now: dbNow(this.#db) });
    return row && this.#fromRow(row);
  }

  #fromRow(row: DbTimedConsentRow): ConsentRecord {
    const sealed = row.verifier_sealed;
    return {
      id: row.id,
      mailboxId: row.mailbox_id,
      integrationId: row.integration_id,
      integrationVersion: row.integration_version,
      kind: row.kind === null ? 'popup' : kindSchema.parse(row.kind),
      userRef: row.user_ref,
      linkId: row.link_id ?? undefined,
      returnOrigin: row.return_origin,
      returnPath: row.return_path ?? undefined,
      expectedAccount: row.expected_account,
      browserHash: row.browser_hash ?? undefined,
      nonceHash: row.nonce_hash ?? undefined,
      expiresAt: fromDbTime(row.expires_at),
      expired: Number(row.now) >= endOf(row),
      consumed: row.consumed_at !== null,
      outcome:
        row.outcome === null ? undefined : outcomeSchema.parse(row.outcome),
      failureCode:
        row.failure_code === null
          ? undefined
          : failureCodeSchema.parse(row.failure_code),
      failureDetail: row.failure_detail ?? undefined,
      openVerifier: () =>
        openFrom(this.#keyring, sealedColumns.verifier, row.id, sealed),
    };
  }
}

/** When nothing more can come of a consent that has not ended. */
function endOf(row: DbConsentRow): number {
  return row.consumed_at === null
    ? Number(row.expires_at)
    : Number(row.consumed_at) + COMPLETION_MS;
}
