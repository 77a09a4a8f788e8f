// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  AfterStoring,
  afterStoringSchema,
  Authentication,
  ChannelState,
  FailureCode,
  MailHost,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  addLease,
  DbHandlerBindingRow,
  DbInteger,
  DbLeaseRow,
  DbMailboxRow,
  dbNow,
  fromDbTime,
  inTransaction,
  isUniqueViolation,
  removeLeases,
  revokeLease,
  scheduleWork,
  tables,
  Tx,
} from '../database';
import { HandlerBinding, Mailbox } from './types';

/** What a person decides about a mailbox. */
export interface MailboxSettings {
  readonly address: string;
  readonly server: MailHost;
  readonly folder: string;
  readonly authentication: Authentication;
  /** Absent: mark it as read. */
  readonly afterStoring?: AfterStoring;
}

/** How a visit left a mailbox. */
export interface MailboxHealth {
  readonly state: ChannelState;
  readonly failure?: { readonly code: FailureCode; readonly detail?: string };
}

const NO_FAILURE = {
  failure_code: null,
  failure_detail: null,
  failure_since: null,
};

/**
 * Mailboxes, their handler bindings and their health.
 *
 * Settings and health are written by different people at the same time: a
 * settings change compares the version; health is written by the holder of the
 * poll lease alone, which a settings change takes away.
 */
export class MailboxStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Gives a project its channel, with everything that hangs on it.
   *
   * @throws ConflictError where the project has one, also when two requests
   *   come at the same moment
   */
  async createChannel(options: {
    projectRef: string;
    settings: MailboxSettings;
    handlerId: string;
    userRef: string;
  }): Promise<Mailbox> {
    const id = randomUUID();
    try {
      await inTransaction(this.#db, async tx => {
        await tx<DbMailboxRow>(tables.mailboxes).insert({
          id,
          project_ref: options.projectRef,
          version: 1,
          ...toSettingsColumns(options.settings),
          state: 'draft' satisfies ChannelState,
          created_by: options.userRef,
          created_at: dbNow(tx),
          updated_at: dbNow(tx),
        } as {});
        await tx<DbHandlerBindingRow>(tables.handlerBindings).insert({
          id: randomUUID(),
          mailbox_id: id,
          handler_id: options.handlerId,
          position: 1,
        });
        await addLease(tx, 'poll', id);
        await addLease(tx, 'process', id);
      });
    } catch (error) {
      if (isUniqueViolation(error)) {
        throw new ConflictError(
          `The project ${options.projectRef} has a channel already`,
        );
      }
      throw error;
    }
    return this.getById(id);
  }

  /**
   * Replaces settings, in the caller's transaction. Whoever visits the mailbox
   * with the former ones can store nothing more.
   *
   * @param options.version - the version that was read
   * @param options.state - the new state where the change needs one
   * @throws ConflictError where someone else changed it in between
   */
  async update(
    tx: Tx,
    options: {
      id: string;
      version: number;
      settings: MailboxSettings;
      state?: ChannelState;
    },
  ): Promise<void> {
    const { id, version, settings, state } = options;
    const [updated] = await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id, version })
      .update({
        ...toSettingsColumns(settings),
        ...(state && { state, ...NO_FAILURE }),
        version: version + 1,
        failed_visits: 0,
        updated_at: dbNow(tx),
      } as {})
      .returning('state');
    if (!updated) {
      throw new ConflictError(
        'The channel was changed by someone else meanwhile; load it again',
      );
    }
    await revokeLease(tx, 'poll', id);
    // A draft has nothing to sign in with.
    if (updated.state !== ('draft' satisfies ChannelState)) {
      await scheduleWork(tx, 'poll', id);
    }
  }

  /** Removes a mailbox and all that hangs on it. Nothing to do is no error. */
  async delete(tx: Tx, id: string): Promise<void> {
    await removeLeases(tx, id);
    await tx<DbMailboxRow>(tables.mailboxes).where({ id }).delete();
  }

  /**
   * A consent succeeded: the mailbox is read from now on.
   *
   * @returns whose channel it is
   */
  async activate(
    tx: Tx,
    id: string,
  ): Promise<Pick<Mailbox, 'id' | 'projectRef'>> {
    const [row] = await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .update({
        state: 'active' satisfies ChannelState,
        ...NO_FAILURE,
        failed_visits: 0,
        updated_at: dbNow(tx),
      } as {})
      .returning('project_ref');
    await scheduleWork(tx, 'poll', id);
    return { id, projectRef: row?.project_ref ?? undefined };
  }

  /** Writes how a visit ended, in the transaction of its holder. */
  async recordVisit(tx: Tx, id: string, health: MailboxHealth): Promise<void> {
    const { failure } = health;
    await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .update({
        state: health.state,
        last_visit_at: dbNow(tx),
        ...(failure
          ? {
              failure_code: failure.code,
              failure_detail: failure.detail ?? null,
              // The same failure goes on; another one begins now.
              failure_since: tx.raw('CASE WHEN ?? = ? THEN ?? ELSE ? END', [
                'failure_code',
                failure.code,
                'failure_since',
                dbNow(tx),
              ]),
              failed_visits: tx.raw('?? + 1', ['failed_visits']),
            }
          : {
              ...NO_FAILURE,
              failed_visits: 0,
              last_success_at: dbNow(tx),
            }),
      } as {});
  }

  /** Reading begins now; mail that is there already is left alone. */
  async setReadingSince(tx: Tx, id: string): Promise<void> {
    await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .whereNull('reading_since')
      .update({ reading_since: dbNow(tx) } as {});
  }

  /**
   * Notes why the server did not do what is to be done with stored mail, or
   * that it did, in the transaction of the visit.
   */
  async setAfterStoringRefusal(
    tx: Tx,
    id: string,
    refusal: string | undefined,
  ): Promise<void> {
    await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .update({ after_storing_refusal: refusal ?? null });
  }

  /** Has every mailbox of an integration visited soon, because it changed. */
  async scheduleByIntegration(integrationId: string): Promise<void> {
    const rows = await this.#db<DbMailboxRow>(tables.mailboxes)
      .where({ integration_id: integrationId })
      .whereNot({ state: 'draft' satisfies ChannelState })
      .select('id');
    for (const { id } of rows) {
      await scheduleWork(this.#db, 'poll', id);
    }
  }

  /** Has a mailbox visited as soon as a replica is free. */
  async scheduleNow(id: string): Promise<void> {
    await scheduleWork(this.#db, 'poll', id);
  }

  /** When the next visit is due; undefined where none is planned. */
  async nextVisitAt(id: string): Promise<Date | undefined> {
    const row = await this.#db<DbLeaseRow>(tables.leases)
      .where({ kind: 'poll', subject_id: id })
      .first('due_at');
    return toOptionalDate(row?.due_at ?? null);
  }

  async findById(id: string): Promise<Mailbox | undefined> {
    const row = await this.#db<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .first();
    return row && fromRow(row);
  }

  /** @throws NotFoundError */
  async getById(id: string): Promise<Mailbox> {
    const mailbox = await this.findById(id);
    if (!mailbox) {
      throw new NotFoundError(`There is no mailbox ${id}`);
    }
    return mailbox;
  }

  /** The channel of a project. @throws NotFoundError */
  async getByProject(projectRef: string): Promise<Mailbox> {
    const row = await this.#db<DbMailboxRow>(tables.mailboxes)
      .where({ project_ref: projectRef })
      .first();
    if (!row) {
      throw new NotFoundError(`The project ${projectRef} has no channel`);
    }
    return fromRow(row);
  }

  /** The handlers that get a mailbox's mail, in order. */
  async listBindings(mailboxId: string): Promise<HandlerBinding[]> {
    const rows = await this.#db<DbHandlerBindingRow>(tables.handlerBindings)
      .where({ mailbox_id: mailboxId })
      .orderBy('position');
    return rows.map(row => ({
      id: row.id,
      handlerId: row.handler_id,
      settings: toStoredSettings(row.settings),
    }));
  }
}

// What is no JSON stays the text that it is, which no handler takes for its
// settings: one spoiled row must not stop the mailbox.
function toStoredSettings(text: string | null): unknown {
  try {
    return text === null ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}

function toSettingsColumns(settings: MailboxSettings) {
  const { afterStoring = { action: 'mark-read' } } = settings;
  return {
    address: settings.address,
    protocol: settings.server.protocol,
    host: settings.server.host,
    port: settings.server.port,
    security: settings.server.security,
    folder: settings.folder,
    auth_method: settings.authentication.method,
    integration_id: settings.authentication.integrationId,
    after_storing: afterStoring.action,
    after_storing_folder:
      afterStoring.action === 'move' ? afterStoring.folder : null,
    // Whatever the server refused, it is to be asked anew.
    after_storing_refusal: null,
  };
}

function fromRow(row: DbMailboxRow): Mailbox {
  return {
    id: row.id,
    projectRef: row.project_ref ?? undefined,
    version: row.version,
    address: row.address,
    server: {
      protocol: row.protocol as MailHost['protocol'],
      host: row.host,
      port: row.port,
      security: row.security as MailHost['security'],
    },
    folder: row.folder,
    authentication: { method: 'oauth', integrationId: row.integration_id! },
    afterStoring: toAfterStoring(row),
    afterStoringRefusal: row.after_storing_refusal ?? undefined,
    state: row.state as ChannelState,
    failure:
      row.failure_code === null
        ? undefined
        : {
            code: row.failure_code as FailureCode,
            detail: row.failure_detail ?? undefined,
            since: toOptionalDate(row.failure_since)?.toISOString(),
          },
    failedVisits: row.failed_visits,
    readingSince: toOptionalDate(row.reading_since),
    lastVisitAt: toOptionalDate(row.last_visit_at),
    lastSuccessAt: toOptionalDate(row.last_success_at),
    createdAt: fromDbTime(row.created_at),
    updatedAt: fromDbTime(row.updated_at),
  };
}

function toAfterStoring(row: DbMailboxRow): AfterStoring {
  return afterStoringSchema.parse({
    action: row.after_storing,
    ...(row.after_storing_folder !== null && {
      folder: row.after_storing_folder,
    }),
  });
}

function toOptionalDate(value: DbInteger | null): Date | undefined {
  return value === null ? undefined : fromDbTime(value);
}
