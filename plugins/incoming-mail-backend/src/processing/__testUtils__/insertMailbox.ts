// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { addLease, dbNow, inTransaction, tables } from '../../database';
import { Db } from '../../database';

/**
 * A mailbox with its lease and bindings, as far as processing needs one.
 *
 * @returns its id
 */
export async function insertMailbox(
  db: Db,
  options: {
    projectRef?: string;
    handlerIds?: readonly string[];
    /** By the id of their handler. */
    settings?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<string> {
  const id = randomUUID();
  const { projectRef, handlerIds = [], settings = {} } = options;
  await inTransaction(db, async tx => {
    await tx(tables.mailboxes).insert({
      id,
      project_ref: projectRef ?? null,
      version: 1,
      address: `${id}@example.com`,
      protocol: 'imap',
      host: 'imap.example.com',
      port: 993,
      security: 'tls',
      folder: 'INBOX',
      auth_method: 'oauth',
      state: 'active',
      created_by: 'user:default/ann',
      created_at: dbNow(tx),
      updated_at: dbNow(tx),
    });
    for (const [position, handlerId] of handlerIds.entries()) {
      await tx(tables.handlerBindings).insert({
        id: randomUUID(),
        mailbox_id: id,
        handler_id: handlerId,
        position,
        settings:
          handlerId in settings ? JSON.stringify(settings[handlerId]) : null,
      });
    }
    await addLease(tx, 'process', id);
  });
  return id;
}
