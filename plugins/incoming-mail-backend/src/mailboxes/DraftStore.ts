// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '@backstage/errors';
import { MAX_DRAFTS } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbInteger,
  DbMailboxRow,
  dbNow,
  dbNowPlus,
  readDbNow,
  tables,
  Tx,
} from '../database';
import {
  fromMailboxRow,
  MailboxSettings,
  toSettingsColumns,
} from './mailboxRows';
import { DraftFacts, Mailbox } from './types';

/** How long a draft is there. */
export const DRAFT_LIFE_MS = 86_400_000;

/** A mailbox that is a draft. */
export type Draft = Mailbox & { readonly draft: DraftFacts };

/**
 * Settings of mail servers that are not saved yet. A draft is a mailbox that
 * has an owner and no lease: consents, grants, passwords and tests work with
 * it as with any other, and nothing ever reads it.
 */
export class DraftStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Opens a draft. Two that are opened at the same moment may both be let in:
   * the limit bounds what one person can pile up, and need not be exact.
   *
   * @throws ConflictError where the person has too many
   */
  async insert(
    tx: Tx,
    draft: {
      owner: string;
      settings: MailboxSettings;
      paused: boolean;
      of?: Pick<Mailbox, 'id' | 'version'>;
    },
  ): Promise<string> {
    const { owner, settings, paused, of } = draft;
    const [{ count }] = await this.#open(tx, owner).count<
      Array<{ count: DbInteger }>
    >({ count: '*' });
    if (Number(count) >= MAX_DRAFTS) {
      throw new ConflictError(
        `You have ${MAX_DRAFTS} drafts open; save or drop one first`,
      );
    }
    const id = randomUUID();
    await this.#rows(tx).insert({
      ...toSettingsColumns(settings),
      id,
      version: 1,
      state: 'draft',
      paused_at: paused ? dbNow(tx) : null,
      draft_owner: owner,
      draft_of: of?.id ?? null,
      draft_version: of?.version ?? null,
      created_by: owner,
      created_at: dbNow(tx),
      updated_at: dbNow(tx),
    } as {});
    return id;
  }

  /** @throws NotFoundError also where it is another person's, or too old */
  async get(id: string, owner: string, tx?: Tx): Promise<Draft> {
    const row = await this.#open(tx ?? this.#db, owner)
      .where({ id })
      .first();
    const mailbox = row && fromMailboxRow(row);
    if (!mailbox?.draft) {
      throw new NotFoundError(`There is no draft ${id}`);
    }
    return { ...mailbox, draft: mailbox.draft };
  }

  /**
   * Replaces the settings.
   *
   * @throws ConflictError where it was changed since `version` was read
   */
  async update(
    tx: Tx,
    change: {
      id: string;
      version: number;
      settings: MailboxSettings;
      paused: boolean;
    },
  ): Promise<void> {
    const { id, version, settings, paused } = change;
    const updated = await this.#rows(tx)
      .where({ id, version })
      .whereNotNull('draft_owner')
      .update({
        ...toSettingsColumns(settings),
        version: version + 1,
        paused_at: paused ? dbNow(tx) : null,
        updated_at: dbNow(tx),
      } as {});
    if (updated !== 1) {
      throw new ConflictError('The draft was changed meanwhile; load it again');
    }
  }

  /**
   * Remembers that a test of exactly this passed.
   *
   * @returns false where the draft was changed during the test
   */
  async setTested(
    tx: Tx,
    draft: Pick<Mailbox, 'id' | 'version'>,
    fingerprint: string,
  ): Promise<boolean> {
    const { id, version } = draft;
    const updated = await this.#rows(tx)
      .where({ id, version })
      .whereNotNull('draft_owner')
      .update({ tested_at: dbNow(tx), tested_as: fingerprint } as {});
    return updated === 1;
  }

  /** How long ago a draft's test passed, in milliseconds, by the database's clock. */
  async testAgeMs(tx: Tx, draft: Draft): Promise<number | undefined> {
    const { test } = draft.draft;
    return test && (await readDbNow(tx)) - test.at.getTime();
  }

  /** Does nothing where it is gone. Its grant has to be forgotten before. */
  async delete(tx: Tx, id: string): Promise<void> {
    await this.#rows(tx).where({ id }).whereNotNull('draft_owner').delete();
  }

  /** The drafts of a mail server, for those who remove it. */
  async listOf(tx: Tx, serverId: string): Promise<string[]> {
    const rows = await this.#rows(tx)
      .where({ draft_of: serverId })
      .select('id');
    return rows.map(({ id }) => id);
  }

  /** Drafts that are older than `ageMs`, at most `limit`. */
  async listOld(options: { ageMs: number; limit: number }): Promise<string[]> {
    const rows = await this.#rows()
      .whereNotNull('draft_owner')
      .andWhere('created_at', '<', dbNowPlus(this.#db, -options.ageMs))
      .orderBy('created_at')
      .limit(options.limit)
      .select('id');
    return rows.map(({ id }) => id);
  }

  #open(db: Knex, owner: string) {
    return this.#rows(db)
      .where({ draft_owner: owner })
      .andWhere('created_at', '>', dbNowPlus(db, -DRAFT_LIFE_MS));
  }

  #rows(db: Knex = this.#db) {
    return db<DbMailboxRow>(tables.mailboxes);
  }
}
