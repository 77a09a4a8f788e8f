// SPDX-License-Identifier: Apache-2.0
import { DbThreadKeyRow, insertRows, tables, Tx } from '../../database';
import { ThreadKey, ThreadKeyKind } from './threadKeys';

/**
 * Message-IDs seen in a mailbox. Used inside the transaction that handles a
 * mail, so that a conversation is known exactly when its mail counts as
 * handled.
 */
export class ThreadStore {
  /** What is known of the given hashes, of either kind. */
  async list(
    tx: Tx,
    mailboxId: string,
    hashes: readonly string[],
  ): Promise<ThreadKey[]> {
    const rows = await tx<DbThreadKeyRow>(tables.threadKeys)
      .where({ mailbox_id: mailboxId })
      .whereIn('key_hash', [...hashes])
      .select('key_hash', 'kind', 'thread_id');
    return rows.map(row => ({
      hash: row.key_hash,
      kind: row.kind as ThreadKeyKind,
      threadId: row.thread_id,
    }));
  }

  /**
   * Adds keys; one that is there already stays as it is. Where another
   * transaction is adding the same key, waits for it to end. Always in the
   * order of the hashes, so that two transactions never wait for each other.
   *
   * @returns how many were not there
   */
  async add(
    tx: Tx,
    mailboxId: string,
    keys: readonly ThreadKey[],
  ): Promise<number> {
    const added = await insertRows(
      tx,
      tables.threadKeys,
      keys
        .toSorted((a, b) => compare(a.hash, b.hash))
        .map(key => ({
          mailbox_id: mailboxId,
          key_hash: key.hash,
          kind: key.kind,
          thread_id: key.threadId,
        })),
      {
        unless: ['mailbox_id', 'key_hash', 'kind'],
        returning: 'key_hash',
      },
    );
    return added.length;
  }

  /** Moves all keys of one conversation to another. */
  async move(
    tx: Tx,
    options: { mailboxId: string; from: string; to: string },
  ): Promise<void> {
    await tx<DbThreadKeyRow>(tables.threadKeys)
      .where({ mailbox_id: options.mailboxId, thread_id: options.from })
      .update({ thread_id: options.to });
  }
}

function compare(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
