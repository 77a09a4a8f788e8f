// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { DbInteger, inTransaction } from '../../database';
import { kidOf, sealedPrefixOf } from '../../secrets';
import { SealedColumn, sealedColumns } from '../sealedColumns';

/** A sealed record as it was read: what a change must still find. */
export interface SealedRecord {
  readonly id: string;
  readonly sealed: string;
}

type DbSealedRow = { id: string; sealed: string };

const PAGE = 500;

/**
 * The sealed records of all tables, for changing the vault's key. Nothing here
 * opens one. Records are told apart by how they begin (`sealedPrefixOf`), so
 * the database finds the few that matter among many.
 */
export class SealedRecordStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** Records of a column that none of the keys sealed, by id, after `afterId`. */
  async listNotSealedWith(
    column: SealedColumn,
    kids: readonly string[],
    page: { afterId: string; limit: number },
  ): Promise<SealedRecord[]> {
    const query = this.#db<Record<string, string>>(column.table)
      .whereNotNull(column.column)
      .andWhere('id', '>', page.afterId)
      .orderBy('id')
      .limit(page.limit)
      .select<DbSealedRow[]>('id', { sealed: column.column });
    for (const kid of kids) {
      const prefix = sealedPrefixOf(kid);
      query.whereRaw('substr(??, 1, ?) <> ?', [
        column.column,
        prefix.length,
        prefix,
      ]);
    }
    return query;
  }

  /**
   * Replaces records in one transaction, each only if it is still the one that
   * was read: tokens that a renewal stored meanwhile stay.
   *
   * @returns how many were replaced
   */
  async replace(
    column: SealedColumn,
    changes: ReadonlyArray<SealedRecord & { readonly resealed: string }>,
  ): Promise<number> {
    return inTransaction(this.#db, async tx => {
      let replaced = 0;
      for (const { id, sealed, resealed } of changes) {
        replaced += await tx(column.table)
          .where({ id, [column.column]: sealed })
          .update({ [column.column]: resealed });
      }
      return replaced;
    });
  }

  /**
   * How many records are sealed with which key: those given, in their order
   * and also where there are none, then all others that occur.
   */
  async countByKid(kids: readonly string[]): Promise<Map<string, number>> {
    const counts = new Map(kids.map(kid => [kid, 0]));
    const add = (kid: string, count: number) =>
      counts.set(kid, (counts.get(kid) ?? 0) + count);
    for (const column of Object.values(sealedColumns)) {
      for (const kid of kids) {
        add(kid, await this.#countSealedWith(column, kid));
      }
      for await (const { sealed } of this.#others(column, kids)) {
        const kid = kidOf(sealed);
        if (kid !== undefined) {
          add(kid, 1);
        }
      }
    }
    return counts;
  }

  async #countSealedWith(column: SealedColumn, kid: string): Promise<number> {
    const prefix = sealedPrefixOf(kid);
    const [{ count }] = await this.#db(column.table)
      .whereRaw('substr(??, 1, ?) = ?', [column.column, prefix.length, prefix])
      .count<Array<{ count: DbInteger }>>({ count: '*' });
    return Number(count);
  }

  async *#others(
    column: SealedColumn,
    kids: readonly string[],
  ): AsyncGenerator<SealedRecord> {
    let afterId = '';
    for (;;) {
      const page = await this.listNotSealedWith(column, kids, {
        afterId,
        limit: PAGE,
      });
      yield* page;
      if (page.length < PAGE) {
        return;
      }
      afterId = page[page.length - 1].id;
    }
  }
}
