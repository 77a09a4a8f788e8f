// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import {
  DbAccountGateRow,
  dbNow,
  dbNowPlus,
  ROWS_PER_STATEMENT,
  tables,
} from '../database';

/** The proof of being in. */
export interface GateTicket {
  readonly account: string;
  readonly ticket: number;
  /** How often in a row the server has asked for patience. */
  readonly refusals: number;
}

/** How an attempt to enter ended. */
export type GateEntry =
  | { readonly kind: 'entered'; readonly ticket: GateTicket }
  /** Another connection of the account is open. */
  | { readonly kind: 'taken' }
  /** The server asked for patience. */
  | { readonly kind: 'patience'; readonly waitMs: number };

/**
 * Who is connected to which account, over all replicas. As with the leases of
 * mailboxes, the database's clock alone counts, a holder that dies is out when
 * its lease runs out, and a ticket tells a holder from the one after it.
 */
export class AccountGateStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Enters, if nobody is in and the server does not want to be left alone.
   * Otherwise it is noted that somebody waits.
   *
   * @param options.holder - names this replica; at most 64 characters
   * @param options.insists - a person asked for it: the server is not left
   *   alone any longer
   */
  async enter(
    account: string,
    options: { holder: string; durationMs: number; insists?: boolean },
  ): Promise<GateEntry> {
    const db = this.#db;
    const column = (name: keyof DbAccountGateRow) =>
      `${tables.accountGates}.${name}`;
    const entered = {
      holder: options.holder,
      lease_until: dbNowPlus(db, options.durationMs),
      entered_at: dbNow(db),
    };
    const [row]: DbAccountGateRow[] = await db(tables.accountGates)
      .insert({ account, ticket: 1, refusals: 0, ...entered })
      .onConflict('account')
      .merge({
        ...entered,
        ticket: db.raw('?? + 1', [column('ticket')]),
        wanted_at: null,
      })
      .where(free =>
        free
          .whereNull(column('lease_until'))
          .orWhere(column('lease_until'), '<', dbNow(db)),
      )
      .modify(query => {
        if (!options.insists) {
          query.andWhere(calm =>
            calm
              .whereNull(column('retry_at'))
              .orWhere(column('retry_at'), '<=', dbNow(db)),
          );
        }
      })
      .returning(['ticket', 'refusals']);
    return row
      ? {
          kind: 'entered',
          ticket: { account, ticket: row.ticket, refusals: row.refusals },
        }
      : this.#knock(account);
  }

  /**
   * Prolongs the stay of this replica in many accounts with one statement for
   * each 500 of them.
   *
   * @returns the tickets of those in which it still is, by account
   */
  async renew(
    accounts: readonly string[],
    options: { holder: string; durationMs: number },
  ): Promise<ReadonlyMap<string, number>> {
    const kept = new Map<string, number>();
    for (let at = 0; at < accounts.length; at += ROWS_PER_STATEMENT) {
      const rows = await this.#db<DbAccountGateRow>(tables.accountGates)
        .whereIn('account', accounts.slice(at, at + ROWS_PER_STATEMENT))
        .andWhere({ holder: options.holder })
        .andWhere('lease_until', '>', dbNow(this.#db))
        .update({ lease_until: dbNowPlus(this.#db, options.durationMs) } as {})
        .returning(['account', 'ticket']);
      rows.forEach(({ account, ticket }) => kept.set(account, ticket));
    }
    return kept;
  }

  /**
   * Which accounts somebody waits for, of those that this replica is in; the
   * 500 of them that are waited for longest.
   *
   * @returns tickets, by account
   */
  async listWanted(holder: string): Promise<ReadonlyMap<string, number>> {
    const rows: Array<Pick<DbAccountGateRow, 'account' | 'ticket'>> =
      await this.#db<DbAccountGateRow>(tables.accountGates)
        .where({ holder })
        .whereNotNull('wanted_at')
        .orderBy('wanted_at')
        .limit(ROWS_PER_STATEMENT)
        .select('account', 'ticket');
    return new Map(rows.map(({ account, ticket }) => [account, ticket]));
  }

  /**
   * Leaves. Does nothing where somebody else is in by now.
   *
   * @param options.calm - the server was content to the end
   */
  async leave(ticket: GateTicket, options: { calm: boolean }): Promise<void> {
    await this.#whereIn(ticket).update({
      holder: null,
      lease_until: null,
      ...(options.calm && { refusals: 0, retry_at: null }),
    });
  }

  /** Leaves, and keeps everybody out for a while; see {@link AccountGateStore.leave}. */
  async leaveAlone(ticket: GateTicket, forMs: number): Promise<void> {
    await this.#whereIn(ticket).update({
      holder: null,
      lease_until: null,
      refusals: ticket.refusals + 1,
      retry_at: dbNowPlus(this.#db, forMs),
    } as {});
  }

  /** Forgets accounts that nobody has connected to for `ageMs`. */
  async removeOld(options: { ageMs: number; limit: number }): Promise<number> {
    const old = this.#db<DbAccountGateRow>(tables.accountGates)
      .where('entered_at', '<', dbNowPlus(this.#db, -options.ageMs))
      .whereNull('holder')
      .limit(options.limit)
      .select('account');
    return this.#db<DbAccountGateRow>(tables.accountGates)
      .whereIn('account', old)
      .delete();
  }

  async #knock(account: string): Promise<GateEntry> {
    const db = this.#db;
    const [row]: Array<DbAccountGateRow & { wait: number | string | null }> =
      await db<DbAccountGateRow>(tables.accountGates)
        .where({ account })
        .update({ wanted_at: dbNow(db) } as {})
        .returning([
          'lease_until',
          db.raw('retry_at - ? as wait', [dbNow(db)]),
        ]);
    const waitMs = Number(row?.wait ?? 0);
    return waitMs > 0 ? { kind: 'patience', waitMs } : { kind: 'taken' };
  }

  #whereIn({ account, ticket }: GateTicket) {
    return this.#db<DbAccountGateRow>(tables.accountGates).where({
      account,
      ticket,
    });
  }
}
