// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  AfterStoringRefusal,
  ChannelState,
  FailureCode,
  HandlerSettings,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  addLease,
  Db,
  DbHandlerBindingRow,
  DbLeaseRow,
  DbMailboxRow,
  dbNow,
  inTransaction,
  isUniqueViolation,
  LeaseKind,
  LeaseLostError,
  LeaseTicket,
  removeLeases,
  revokeLease,
  scheduleWork,
  tables,
  Tx,
  whileHeld,
} from '../database';
import { BindingStore } from './BindingStore';
import {
  fromMailboxRow,
  MailboxSettings,
  toOptionalDate,
  toSettingsColumns,
} from './mailboxRows';
import { HandlerBinding, Mailbox } from './types';

export type { MailboxSettings } from './mailboxRows';

/** How a visit left a mailbox. */
export interface MailboxHealth {
  readonly state: ChannelState;
  readonly failure?: { readonly code: FailureCode; readonly detail?: string };
  /** How many mails it left for the next visit, at most. */
  readonly leftOnServer?: number;
  /** Whether it left them as too much waits for handling. */
  readonly heldBack?: boolean;
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
    /** Of the handler. */
    handlerSettings?: HandlerSettings;
    userRef: string;
    /** What else belongs into the transaction. */
    also?(tx: Tx, id: string): Promise<void>;
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
          settings: JSON.stringify(options.handlerSettings ?? {}),
          created_at: dbNow(tx),
        } as {});
        await addLease(tx, 'poll', id);
        await addLease(tx, 'process', id);
        await options.also?.(tx, id);
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
      .returning(['state', 'paused_at']);
    if (!updated) {
      throw new ConflictError(
        'The mailbox was changed by someone else meanwhile; load it again',
      );
    }
    await revokeLease(tx, 'poll', id);
    // A draft has nothing to sign in with.
    if (isReadable(updated)) {
      await scheduleWork(tx, 'poll', id);
    }
  }

  /**
   * Proves that nobody changed the settings since `version` was read, and
   * keeps others from doing so until the transaction ends.
   *
   * @throws ConflictError
   */
  async holdVersion(tx: Tx, id: string, version: number): Promise<void> {
    const held = await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id, version })
      .update({ version });
    if (held !== 1) {
      throw new ConflictError(
        'The mailbox was changed by someone else meanwhile; load it again',
      );
    }
  }

  /**
   * Stops reading and handling. Whoever holds the mailbox's leases can commit
   * nothing once this transaction has: an effect that is just being committed
   * is waited for. Nothing to do is no error.
   *
   * @returns whether it was not paused before
   * @throws ConflictError for a draft, which is not read anyhow
   */
  async pause(tx: Tx, id: string): Promise<boolean> {
    // The leases first, in the order in which their holders lock: lease, then
    // mailbox. The other way round two transactions could wait for each other.
    await revokeLease(tx, 'poll', id);
    await revokeLease(tx, 'process', id);
    const paused = await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .whereNull('paused_at')
      .whereNot({ state: 'draft' satisfies ChannelState })
      .update({ paused_at: dbNow(tx), updated_at: dbNow(tx) } as {});
    if (paused === 0) {
      const row = await tx<DbMailboxRow>(tables.mailboxes)
        .where({ id })
        .first('paused_at');
      if (row?.paused_at === null) {
        throw new ConflictError('The mailbox is not read yet');
      }
    }
    return paused === 1;
  }

  /**
   * Goes on where reading and handling were stopped.
   *
   * @returns whether it was paused before
   */
  async resume(tx: Tx, id: string): Promise<boolean> {
    const [resumed] = await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .whereNotNull('paused_at')
      .update({ paused_at: null, updated_at: dbNow(tx) } as {})
      .returning(['state', 'paused_at']);
    if (resumed) {
      // What waits is handled, also of a mailbox that cannot be read.
      await scheduleWork(tx, 'process', id);
    }
    if (resumed && isReadable(resumed)) {
      await scheduleWork(tx, 'poll', id);
    }
    return resumed !== undefined;
  }

  /** Removes a mailbox and all that hangs on it. Nothing to do is no error. */
  async delete(tx: Tx, id: string): Promise<void> {
    await removeLeases(tx, id);
    await tx<DbMailboxRow>(tables.mailboxes).where({ id }).delete();
  }

  /**
   * A consent, or a sign-in with a new password, succeeded: the mailbox is read
   * from now on, unless it is paused. What was opened with the former one is
   * not read over any more.
   *
   * @returns the mailbox as it is now; absent where it is gone
   */
  async activate(tx: Tx, id: string): Promise<Mailbox | undefined> {
    await revokeLease(tx, 'poll', id);
    const [row] = await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .update({
        state: 'active' satisfies ChannelState,
        ...NO_FAILURE,
        failed_visits: 0,
        refused_sign_ins: null,
        updated_at: dbNow(tx),
      } as {})
      .returning('*');
    if (row && isReadable(row)) {
      await scheduleWork(tx, 'poll', id);
    }
    return row && fromMailboxRow(row);
  }

  /** Writes how a visit ended, in the transaction of its holder. */
  async recordVisit(tx: Tx, id: string, health: MailboxHealth): Promise<void> {
    await this.#visited(tx, id, health);
  }

  /**
   * The same where a holder has nothing else to write, as after most visits:
   * one statement, which is a transaction of its own.
   *
   * @throws LeaseLostError where the lease went to someone else
   */
  async recordVisitAlone(
    ticket: LeaseTicket,
    health: MailboxHealth,
  ): Promise<void> {
    const recorded = await whileHeld(
      this.#db,
      this.#visited(this.#db, ticket.subjectId, health),
      ticket,
    );
    if (recorded === 0) {
      throw new LeaseLostError(ticket);
    }
  }

  #visited(tx: Db, id: string, health: MailboxHealth) {
    const { failure } = health;
    return tx<DbMailboxRow>(tables.mailboxes)
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
              ...(failure.code === 'password-refused' && {
                refused_sign_ins: tx.raw('COALESCE(??, 0) + 1', [
                  'refused_sign_ins',
                ]),
              }),
            }
          : {
              ...NO_FAILURE,
              failed_visits: 0,
              refused_sign_ins: null,
              left_on_server: health.leftOnServer ?? null,
              held_back_at: health.heldBack
                ? tx.raw('COALESCE(??, ?)', ['held_back_at', dbNow(tx)])
                : null,
              last_success_at: dbNow(tx),
            }),
      } as {});
  }

  /**
   * Has mailboxes visited that fetch nothing because too much waits, once fewer
   * than so many mails of them do.
   */
  async scheduleRelieved(waitingBelow: number): Promise<void> {
    const isBusy = this.#db
      .select(this.#db.raw('1'))
      .from(tables.inboxMessages)
      .where('mailbox_id', this.#db.ref(`${tables.mailboxes}.id`))
      .andWhere({ state: 'stored' })
      .limit(1)
      .offset(waitingBelow - 1);
    const relieved = this.#db<DbMailboxRow>(tables.mailboxes)
      .whereNotNull('held_back_at')
      .whereNull('paused_at')
      .whereNotExists(isBusy)
      .select('id');
    await this.#db<DbLeaseRow>(tables.leases)
      .where({ kind: 'poll' satisfies LeaseKind, holder: null })
      .whereIn('subject_id', relieved)
      .andWhere('due_at', '>', dbNow(this.#db))
      .update({ due_at: dbNow(this.#db) } as {});
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
    refusal: AfterStoringRefusal | undefined,
  ): Promise<void> {
    await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .update({ after_storing_refusal: refusal ?? null });
  }

  /** The mailbox is another account's from now on: nothing of it was read. */
  async forgetReading(tx: Tx, id: string): Promise<void> {
    await tx<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .update({ reading_since: null });
  }

  /** Has every mailbox of an integration visited soon, because it changed. */
  async scheduleByIntegration(integrationId: string): Promise<void> {
    const rows = await this.#db<DbMailboxRow>(tables.mailboxes)
      .where({ integration_id: integrationId })
      .whereNot({ state: 'draft' satisfies ChannelState })
      .whereNull('paused_at')
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

  async findById(id: string, tx?: Tx): Promise<Mailbox | undefined> {
    const row = await (tx ?? this.#db)<DbMailboxRow>(tables.mailboxes)
      .where({ id })
      .first();
    return row && fromMailboxRow(row);
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
    return fromMailboxRow(row);
  }

  /** The handlers that get a mailbox's mail, in order. */
  async listBindings(mailboxId: string): Promise<HandlerBinding[]> {
    return new BindingStore(this.#db).list(mailboxId);
  }
}

function isReadable(row: Pick<DbMailboxRow, 'state' | 'paused_at'>): boolean {
  return (
    row.state !== ('draft' satisfies ChannelState) && row.paused_at === null
  );
}
