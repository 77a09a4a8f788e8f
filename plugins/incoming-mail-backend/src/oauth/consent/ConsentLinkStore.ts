// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Knex } from 'knex';
import {
  DbConsentLinkRow,
  DbInteger,
  dbNow,
  dbNowPlus,
  fromDbTime,
  tables,
  Tx,
} from '../../database';
import { hashToken } from '../../secrets';
import { ConsentLinkRecord, ConsentMailbox } from './types';

// The life of a link
//
// open ─ use ─► used        in the transaction that stores what was given
//      └ revoke ─► revoked
//
// Both are one UPDATE that names the state before. Running out is no step: a
// link that has run out begins no consent; one that was begun may be finished.

type DbLinkOfMailboxRow = DbConsentLinkRow & {
  now: DbInteger;
  mailbox_address: string;
  mailbox_integration_id: string | null;
  mailbox_folder: string;
  mailbox_project_ref: string | null;
};

/** Links for owners of mailboxes. Of their secrets only hashes are stored. */
export class ConsentLinkStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** @returns the link's id */
  async insert(options: {
    mailbox: ConsentMailbox;
    integrationVersion: number;
    secret: string;
    createdBy: string;
    lifeMs: number;
  }): Promise<string> {
    const { mailbox, integrationVersion, secret, createdBy, lifeMs } = options;
    const id = randomUUID();
    await this.#rows().insert({
      id,
      mailbox_id: mailbox.id,
      integration_id: mailbox.integrationId,
      integration_version: integrationVersion,
      address: mailbox.address,
      secret_hash: hashToken(secret),
      created_by: createdBy,
      created_at: dbNow(this.#db),
      expires_at: dbNowPlus(this.#db, lifeMs),
    });
    return id;
  }

  async find(id: string): Promise<ConsentLinkRecord | undefined> {
    return this.#findWhere('id', id);
  }

  /** Whatever has become of it. */
  async findBySecret(secret: string): Promise<ConsentLinkRecord | undefined> {
    return this.#findWhere('secret_hash', hashToken(secret));
  }

  /** The links of a mailbox that can still be used, the newest first. */
  async listOpen(
    mailboxId: string,
    limit: number,
  ): Promise<ConsentLinkRecord[]> {
    const rows = await this.#joined()
      .where({ mailbox_id: mailboxId })
      .whereNull('used_at')
      .whereNull('revoked_at')
      .andWhere('expires_at', '>', dbNow(this.#db))
      .orderBy([{ column: 'links.created_at', order: 'desc' }, 'links.id'])
      .limit(limit);
    return rows.map(fromRow);
  }

  /** @returns whether it was the first time */
  async noteOpened(id: string): Promise<boolean> {
    const noted = await this.#rows()
      .where({ id })
      .whereNull('opened_at')
      .update({ opened_at: dbNow(this.#db) });
    return noted === 1;
  }

  /**
   * Uses a link up, with what was given by it.
   *
   * @returns why that is not possible any more
   */
  async use(
    tx: Tx,
    id: string,
  ): Promise<'link-used' | 'link-revoked' | undefined> {
    const used = await this.#open(id, tx).update({ used_at: dbNow(tx) });
    if (used === 1) {
      return undefined;
    }
    const row = await this.#rows(tx).where({ id }).first('used_at');
    return row && row.used_at !== null ? 'link-used' : 'link-revoked';
  }

  /** @returns false where there is no such link, or it has had its end */
  async revoke(of: { id: string; mailboxId: string }): Promise<boolean> {
    const revoked = await this.#open(of.id)
      .where({ mailbox_id: of.mailboxId })
      .update({ revoked_at: dbNow(this.#db) });
    return revoked === 1;
  }

  /** Removes links that ran out longer ago than `ageMs`; at most `limit`. */
  async removeOld(options: { ageMs: number; limit: number }): Promise<number> {
    const old = this.#rows()
      .where('expires_at', '<', dbNowPlus(this.#db, -options.ageMs))
      .orderBy('expires_at')
      .limit(options.limit)
      .select('id');
    return this.#rows().whereIn('id', old).delete();
  }

  #rows(db: Knex = this.#db) {
    return db<DbConsentLinkRow>(tables.oauthConsentLinks);
  }

  #open(id: string, db?: Knex) {
    return this.#rows(db)
      .where({ id })
      .whereNull('used_at')
      .whereNull('revoked_at');
  }

  async #findWhere(
    column: 'id' | 'secret_hash',
    value: string,
  ): Promise<ConsentLinkRecord | undefined> {
    const [row] = await this.#joined()
      .where({ [`links.${column}`]: value })
      .limit(1);
    return row && fromRow(row);
  }

  #joined(): Knex.QueryBuilder<{}, DbLinkOfMailboxRow[]> {
    return this.#db({ links: tables.oauthConsentLinks })
      .join({ mailboxes: tables.mailboxes }, 'mailboxes.id', 'links.mailbox_id')
      .select('links.*', {
        now: dbNow(this.#db),
        mailbox_address: 'mailboxes.address',
        mailbox_integration_id: 'mailboxes.integration_id',
        mailbox_folder: 'mailboxes.folder',
        mailbox_project_ref: 'mailboxes.project_ref',
      });
  }
}

function fromRow(row: DbLinkOfMailboxRow): ConsentLinkRecord {
  return {
    id: row.id,
    mailboxId: row.mailbox_id,
    integrationId: row.integration_id,
    integrationVersion: row.integration_version,
    address: row.address,
    createdBy: row.created_by,
    createdAt: fromDbTime(row.created_at),
    expiresAt: fromDbTime(row.expires_at),
    openedAt: row.opened_at === null ? undefined : fromDbTime(row.opened_at),
    expired: Number(row.now) >= Number(row.expires_at),
    used: row.used_at !== null,
    revoked: row.revoked_at !== null,
    mailbox: {
      address: row.mailbox_address,
      integrationId: row.mailbox_integration_id ?? undefined,
      folder: row.mailbox_folder,
      projectRef: row.mailbox_project_ref ?? undefined,
    },
  };
}
