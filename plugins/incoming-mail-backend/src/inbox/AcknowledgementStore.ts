// SPDX-License-Identifier: Apache-2.0
import { MessageState } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbAcknowledgementRow,
  insertRows,
  ROWS_PER_STATEMENT,
  tables,
  Tx,
} from '../database';
import { isUid } from './dedupeKey';

const DELETABLE = ['done', 'ignored', 'duplicate'] satisfies MessageState[];

/** What servers are still to be told of mails that are ours. */
export class AcknowledgementStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** Notes mails under a cursor, in the transaction that accepts them. */
  async insert(
    tx: Tx,
    cursorId: string,
    mails: ReadonlyArray<{ id: string; sourceKey: string }>,
  ): Promise<void> {
    const rows = mails.map(({ id, sourceKey }) => ({
      message_id: id,
      cursor_id: cursorId,
      uid: isUid(sourceKey) ? Number(sourceKey) : 0,
      source_key: sourceKey,
    }));
    for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
      const some = rows.slice(at, at + ROWS_PER_STATEMENT);
      await insertRows(tx, tables.acknowledgements, some);
    }
  }

  /**
   * Source keys under a cursor that the server is still to be told of; of IMAP
   * in the order of their UIDs.
   *
   * @param options.deletable - only of mails that may be deleted there: those
   *   that are processed and that we have whole. What is held or quarantined
   *   may still be wanted
   */
  async list(
    cursorId: string,
    options: { limit: number; deletable: boolean },
  ): Promise<string[]> {
    const rows: Array<Pick<DbAcknowledgementRow, 'uid' | 'source_key'>> =
      await this.#db(`${tables.acknowledgements} as a`)
        .where('a.cursor_id', cursorId)
        .modify(query => {
          if (options.deletable) {
            query
              .join(`${tables.inboxMessages} as m`, 'm.id', 'a.message_id')
              .whereIn('m.state', DELETABLE)
              .andWhere('m.truncated', false);
          }
        })
        .orderBy(['a.uid', 'a.message_id'])
        .limit(options.limit)
        .select('a.uid', 'a.source_key');
    // The former version named a mail by its UID alone.
    return rows.map(row => row.source_key ?? `${row.uid}`);
  }

  /** The server has been told, or is not to be told any more. */
  async remove(cursorId: string, sourceKeys: readonly string[]): Promise<void> {
    for (let at = 0; at < sourceKeys.length; at += ROWS_PER_STATEMENT) {
      const some = sourceKeys.slice(at, at + ROWS_PER_STATEMENT);
      const uids = some.filter(isUid).map(Number);
      await this.#db<DbAcknowledgementRow>(tables.acknowledgements)
        .where({ cursor_id: cursorId })
        .andWhere(named =>
          named
            .whereIn('source_key', some)
            .orWhere(former =>
              former.whereNull('source_key').whereIn('uid', uids),
            ),
        )
        .delete();
    }
  }

  /**
   * Tells the server nothing of mails under cursors that are no longer current:
   * their names may mean other mails by now.
   */
  async forget(tx: Tx, cursorIds: readonly string[]): Promise<void> {
    await tx<DbAcknowledgementRow>(tables.acknowledgements)
      .whereIn('cursor_id', [...cursorIds])
      .delete();
  }
}
