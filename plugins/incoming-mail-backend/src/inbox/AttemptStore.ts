// SPDX-License-Identifier: Apache-2.0
import { NotFoundError } from '@backstage/errors';
import { Knex } from 'knex';
import {
  DbInboxMessageRow,
  dbNow,
  dbNowPlus,
  holdLease,
  inTransaction,
  LeaseLostError,
  LeaseTicket,
  rowsOfRaw,
  tables,
  Tx,
  whileHeld,
} from '../database';
import { MessageEnd, MessagePostponement } from './types';

/**
 * Attempts at waiting mails, from their beginning to what they lead to: the
 * mail's end, or another attempt.
 */
export class AttemptStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Counts an attempt before it begins, so that a mail that kills the process
   * is counted too. Committed on its own.
   *
   * @returns which attempt it is, from 1
   * @throws LeaseLostError where another replica took over
   */
  async start(ticket: LeaseTicket, messageId: string): Promise<number> {
    return inTransaction(this.#db, async tx => {
      await holdLease(tx, ticket);
      const [row] = await whereStored(tx, messageId)
        .update({ attempts: tx.raw('?? + 1', ['attempts']) } as {})
        .returning('attempts');
      if (!row) {
        throw new LeaseLostError(ticket);
      }
      return row.attempts;
    });
  }

  /**
   * Counts an attempt at each of several mails; see
   * {@link AttemptStore.start}.
   *
   * @returns which attempt it is, by the mail's id
   */
  async startAll(
    ticket: LeaseTicket,
    messageIds: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    // One statement, which is a transaction of its own.
    const rows = await whileHeld(
      this.#db,
      this.#db<DbInboxMessageRow>(tables.inboxMessages)
        .whereIn('id', [...messageIds])
        .andWhere({ state: 'stored' })
        .update({ attempts: this.#db.raw('?? + 1', ['attempts']) } as {})
        .returning(['id', 'attempts']),
      ticket,
    );
    if (rows.length !== messageIds.length) {
      throw new LeaseLostError(ticket);
    }
    return new Map(rows.map(row => [row.id, row.attempts]));
  }

  /**
   * Takes attempts back that were begun and given up before their end: neither
   * the mails nor their handlers are to blame. Those that ended stay counted.
   *
   * @throws LeaseLostError where another replica took over; they then count
   */
  async takeBack(
    ticket: LeaseTicket,
    messageIds: readonly string[],
  ): Promise<void> {
    await inTransaction(this.#db, async tx => {
      await holdLease(tx, ticket);
      await tx<DbInboxMessageRow>(tables.inboxMessages)
        .whereIn('id', [...messageIds])
        .andWhere({ state: 'stored' })
        .andWhere('attempts', '>', 0)
        .update({ attempts: tx.raw('?? - 1', ['attempts']) } as {});
    });
  }

  /**
   * Ends a mail, in the transaction of what became of it. Expects it to be
   * `stored`: a mail ends once.
   *
   * @throws NotFoundError where it is not, or was removed with its mailbox;
   *   the transaction must then not commit
   */
  async finish(tx: Tx, messageId: string, end: MessageEnd): Promise<void> {
    const finished = await whereStored(tx, messageId).update({
      state: end.state,
      subject: end.head.subject ?? null,
      sender: end.head.sender ?? null,
      target: end.target ?? null,
      failure_code: end.failure ?? null,
      trace: JSON.stringify(end.trace),
      next_attempt_at: null,
      finished_at: dbNow(tx),
    } as {});
    expectOne(finished, messageId);
  }

  /**
   * Ends several mails and remembers their conversations, in the transaction of
   * what became of them; see {@link AttemptStore.finish}.
   *
   * @throws NotFoundError where one of them is not `stored`
   */
  async finishAll(
    tx: Tx,
    ends: ReadonlyArray<
      MessageEnd & { readonly id: string; readonly threadId?: string }
    >,
  ): Promise<void> {
    const rows = ends.map(end => [
      end.id,
      end.state,
      end.head.subject ?? null,
      end.head.sender ?? null,
      end.target ?? null,
      end.failure ?? null,
      end.threadId ?? null,
      JSON.stringify(end.trace),
    ]);
    const values = rows.map(row => `(${row.map(() => '?').join(', ')})`);
    // Both engines call the columns of VALUES column1, column2, ….
    const finished = await rowsOfRaw(
      tx,
      `UPDATE ${tables.inboxMessages}
       SET state = ends.column2, subject = ends.column3, sender = ends.column4,
         target = ends.column5, failure_code = ends.column6,
         thread_id = ends.column7, trace = ends.column8,
         next_attempt_at = NULL, finished_at = ?
       FROM (VALUES ${values.join(', ')}) AS ends
       WHERE id = ends.column1 AND ${tables.inboxMessages}.state = 'stored'
       RETURNING id`,
      [dbNow(tx), ...rows.flat()],
    );
    if (finished.length !== ends.length) {
      throw new NotFoundError('One of the mails does not wait any more');
    }
  }

  /** Has a mail wait for its next attempt; see {@link AttemptStore.finish}. */
  async postpone(
    tx: Tx,
    messageId: string,
    postponement: MessagePostponement,
  ): Promise<void> {
    const postponed = await whereStored(tx, messageId).update({
      subject: postponement.head.subject ?? null,
      sender: postponement.head.sender ?? null,
      failure_code: postponement.failure,
      trace: JSON.stringify(postponement.trace),
      next_attempt_at: dbNowPlus(tx, postponement.dueInMs),
    } as {});
    expectOne(postponed, messageId);
  }

  /** Remembers the conversation of a mail, so that it is the same at the next attempt. */
  async setThread(tx: Tx, messageId: string, threadId: string): Promise<void> {
    const changed = await whereStored(tx, messageId).update({
      thread_id: threadId,
    });
    expectOne(changed, messageId);
  }
}

function whereStored(tx: Tx, messageId: string) {
  return tx<DbInboxMessageRow>(tables.inboxMessages).where({
    id: messageId,
    state: 'stored',
  });
}

function expectOne(changed: number, messageId: string) {
  if (changed !== 1) {
    throw new NotFoundError(`The mail ${messageId} does not wait any more`);
  }
}
