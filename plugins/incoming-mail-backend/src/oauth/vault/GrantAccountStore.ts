// SPDX-License-Identifier: Apache-2.0
import { Knex } from 'knex';
import { DbGrantRow, DbInteger, tables, Tx } from '../../database';
import { GrantState } from './grantState';
import { ClientAccount } from './types';

// Whose grant the provider counts: of a shared mailbox, whoever gave access.
const GIVER = 'COALESCE(consented_as, account)';

type DbCrowdRow = Pick<DbGrantRow, 'integration_id' | 'account'> & {
  count: DbInteger;
};

/** Whose grants are in use, and by how many mailboxes. */
export class GrantAccountStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * How many mailboxes, other than the one given, use an account through an
   * integration.
   */
  async countOthers(
    of: { integrationId: string; account: string; mailboxId: string },
    tx?: Tx,
  ): Promise<number> {
    const [{ count }] = await this.#activeRows(tx)
      .where({ integration_id: of.integrationId })
      .whereRaw(`${GIVER} = ?`, [of.account])
      .whereNot({ mailbox_id: of.mailboxId })
      .count<Array<{ count: DbInteger }>>({ count: '*' });
    return Number(count);
  }

  /**
   * Of each integration the account that most mailboxes use, where these are
   * at least `from`.
   */
  async listCrowds(
    integrationIds: readonly string[],
    from: number,
  ): Promise<Map<string, { account: string; grants: number }>> {
    const rows: DbCrowdRow[] = await this.#activeRows()
      .whereIn('integration_id', integrationIds)
      .groupByRaw(`integration_id, ${GIVER}`)
      .havingRaw('count(*) >= ?', [from])
      .orderByRaw(`count(*), ${GIVER}`)
      .select('integration_id', {
        account: this.#db.raw(GIVER),
        count: this.#db.raw('count(*)'),
      });
    // Of several of one integration, the last one has the most.
    return new Map(
      rows.map(({ integration_id: id, account, count }) => [
        id,
        { account, grants: Number(count) },
      ]),
    );
  }

  /**
   * Whether any mailbox is read with what the account gave the same client, be
   * that registered here once or twice.
   */
  async isHeld(of: ClientAccount, tx?: Tx): Promise<boolean> {
    const grants = tables.oauthGrants;
    const integrations = tables.oauthIntegrations;
    const held = await (tx ?? this.#db)(grants)
      .join(integrations, `${integrations}.id`, `${grants}.integration_id`)
      .where({
        [`${grants}.state`]: 'active' satisfies GrantState,
        [`${integrations}.client_id`]: of.clientId,
        [`${integrations}.revocation_endpoint`]: of.revocationEndpoint,
      })
      .whereRaw('coalesce(??, ??) = ?', [
        `${grants}.consented_as`,
        `${grants}.account`,
        of.account,
      ])
      .first(`${grants}.id`);
    return held !== undefined;
  }

  #activeRows(db: Knex = this.#db) {
    return db<DbGrantRow>(tables.oauthGrants).where({
      state: 'active' satisfies GrantState,
    });
  }
}
