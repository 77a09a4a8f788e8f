// SPDX-License-Identifier: Apache-2.0
import { HandlerOutcome } from '@postroom/plugin-incoming-mail-node';
import { DbDeliveryRow, dbNow, insertRows, tables, Tx } from '../../database';

/** That a bound handler has finished a mail, and how. */
export interface Delivery {
  readonly bindingId: string;
  readonly outcome: HandlerOutcome;
}

/**
 * One row per mail and binding, written in the transaction of the handler's
 * effects: a handler that has one is not called again for that mail.
 */
export class DeliveryStore {
  /** How a binding is done with a mail; undefined where it is not. */
  async find(
    tx: Tx,
    messageId: string,
    bindingId: string,
  ): Promise<HandlerOutcome | undefined> {
    const row = await tx<DbDeliveryRow>(tables.deliveries)
      .where({ message_id: messageId, binding_id: bindingId })
      .first();
    return row && toOutcome(row);
  }

  async add(tx: Tx, messageId: string, delivery: Delivery): Promise<void> {
    await this.addAll(tx, [{ ...delivery, messageId }]);
  }

  async addAll(
    tx: Tx,
    deliveries: ReadonlyArray<Delivery & { readonly messageId: string }>,
  ): Promise<void> {
    const now = dbNow(tx);
    await insertRows(
      tx,
      tables.deliveries,
      deliveries.map(({ messageId, bindingId, outcome }) => ({
        message_id: messageId,
        binding_id: bindingId,
        outcome: outcome.kind,
        target: outcome.kind === 'ignored' ? null : outcome.target,
        reason: outcome.kind === 'ignored' ? outcome.reason : null,
        finished_at: now,
      })),
    );
  }
}

function toOutcome(row: DbDeliveryRow): HandlerOutcome {
  return row.outcome === 'created' || row.outcome === 'commented'
    ? { kind: row.outcome, target: row.target ?? '' }
    : { kind: 'ignored', reason: row.reason ?? '' };
}
