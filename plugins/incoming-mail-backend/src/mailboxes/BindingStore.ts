// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { HandlerSettings } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { DbHandlerBindingRow, dbNow, tables, Tx } from '../database';
import { HandlerBinding } from './types';

/** A binding as a person wants it. */
export interface WantedBinding {
  readonly handlerId: string;
  readonly settings: HandlerSettings;
}

/** Which handlers get the mail of which mailbox. */
export class BindingStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** The handlers that get a mailbox's mail, in order. */
  async list(mailboxId: string, tx?: Tx): Promise<HandlerBinding[]> {
    const rows = await this.#rows(tx ?? this.#db, mailboxId).orderBy(
      'position',
    );
    return rows.map(row => ({
      id: row.id,
      handlerId: row.handler_id,
      settings: toStoredSettings(row.settings),
    }));
  }

  /**
   * Binds a mailbox to these handlers, in this order, and to no others. A
   * handler that was bound before keeps its binding, and with it the record of
   * what it is done with: no mail goes to it a second time.
   */
  async replace(
    tx: Tx,
    mailboxId: string,
    wanted: readonly WantedBinding[],
  ): Promise<void> {
    const rows = () => this.#rows(tx, mailboxId);
    const former = await this.list(mailboxId, tx);
    // Out of the way of the new positions, which are unique.
    await rows().update({ position: tx.raw('-??', ['position']) } as {});
    for (const [index, { handlerId, settings }] of wanted.entries()) {
      const at = former.findIndex(binding => binding.handlerId === handlerId);
      const columns = {
        position: index + 1,
        settings: JSON.stringify(settings),
      };
      if (at >= 0) {
        const [kept] = former.splice(at, 1);
        await rows().where({ id: kept.id }).update(columns);
      } else {
        await tx<DbHandlerBindingRow>(tables.handlerBindings).insert({
          ...columns,
          id: randomUUID(),
          mailbox_id: mailboxId,
          handler_id: handlerId,
          created_at: dbNow(tx),
        } as {});
      }
    }
    const unwanted = former.map(({ id }) => id);
    await rows().whereIn('id', unwanted).delete();
  }

  /** Changes the settings of one bound handler and leaves the others alone. */
  async changeSettings(
    tx: Tx,
    mailboxId: string,
    { handlerId, settings }: WantedBinding,
  ): Promise<void> {
    await this.#rows(tx, mailboxId)
      .where({ handler_id: handlerId })
      .update({ settings: JSON.stringify(settings) });
  }

  #rows(db: Knex, mailboxId: string) {
    return db<DbHandlerBindingRow>(tables.handlerBindings).where({
      mailbox_id: mailboxId,
    });
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
