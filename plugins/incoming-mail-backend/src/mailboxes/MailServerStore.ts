// SPDX-License-Identifier: Apache-2.0
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  ChannelState,
  Page,
  PageQuery,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  addLease,
  DbMailboxRow,
  dbNow,
  readPage,
  revokeLease,
  scheduleWork,
  tables,
  Tx,
} from '../database';
import {
  fromMailboxRow,
  MailboxSettings,
  toSettingsColumns,
} from './mailboxRows';
import { Draft } from './DraftStore';
import { Mailbox } from './types';

const NOT_A_DRAFT = {
  draft_owner: null,
  draft_of: null,
  draft_version: null,
  tested_at: null,
  tested_as: null,
} as const;

/** The mailboxes without a project, and how drafts become one of them. */
export class MailServerStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** By name. */
  async list(page: PageQuery): Promise<Page<Mailbox>> {
    return readPage<DbMailboxRow, Mailbox>(this.#servers(this.#db), {
      page,
      order: ['name', 'id'],
      direction: 'asc',
      toItem: fromMailboxRow,
    });
  }

  /** @throws NotFoundError also for what is a channel or a draft */
  async get(id: string, tx?: Tx): Promise<Mailbox> {
    const row = await this.#servers(tx ?? this.#db)
      .where({ id })
      .first();
    if (!row) {
      throw new NotFoundError(`There is no mail server ${id}`);
    }
    return fromMailboxRow(row);
  }

  /**
   * Makes a mail server of a draft: the row stays, so what hangs on it (grant,
   * password, bindings, where reading begins) need not be moved.
   *
   * @throws ConflictError where the draft was changed or is gone
   */
  async promote(tx: Tx, draft: Draft): Promise<void> {
    const { id, version, pausedAt } = draft;
    const promoted = await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id, version, draft_owner: draft.draft.owner })
      .update({
        ...NOT_A_DRAFT,
        version: 1,
        state: 'active' satisfies ChannelState,
        created_at: dbNow(tx),
        updated_at: dbNow(tx),
      } as {});
    if (promoted !== 1) {
      throw new ConflictError('The draft was changed meanwhile');
    }
    await addLease(tx, 'poll', id);
    await addLease(tx, 'process', id);
    if (!pausedAt) {
      await scheduleWork(tx, 'poll', id);
    }
  }

  /**
   * Replaces the settings of a mail server by tested ones: it is active again.
   * Whoever visits it with the former ones can store nothing more.
   *
   * @returns whether the server still had the version that was read
   */
  async replace(
    tx: Tx,
    change: {
      id: string;
      version: number;
      settings: MailboxSettings;
      paused: boolean;
    },
  ): Promise<boolean> {
    const { id, version, settings, paused } = change;
    const updated = await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id, version })
      .whereNull('draft_owner')
      .update({
        ...toSettingsColumns(settings),
        version: version + 1,
        state: 'active' satisfies ChannelState,
        failure_code: null,
        failure_detail: null,
        failure_since: null,
        failed_visits: 0,
        refused_sign_ins: null,
        paused_at: paused ? dbNow(tx) : null,
        updated_at: dbNow(tx),
      } as {});
    if (updated !== 1) {
      return false;
    }
    await revokeLease(tx, 'poll', id);
    if (paused) {
      await revokeLease(tx, 'process', id);
    } else {
      await scheduleWork(tx, 'poll', id);
      await scheduleWork(tx, 'process', id);
    }
    return true;
  }

  #servers(db: Knex) {
    return db<DbMailboxRow>(tables.mailboxes)
      .whereNull('project_ref')
      .whereNull('draft_owner');
  }
}
