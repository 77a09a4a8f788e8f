// SPDX-License-Identifier: Apache-2.0
import { providerIdSchema } from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import {
  DbBoolean,
  DbGrantRow,
  DbInteger,
  DbMailboxRow,
  dbNow,
  dbNowPlus,
  tables,
} from '../../database';
import {
  GrantSpan,
  predictEnd,
  PredictedEnd,
  UNUSED_AFTER_MS,
} from './consentEnds';
import { GrantState } from './grantState';

const MAX_ENDS = 1_000;

type DbGrantSpanRow = Pick<
  DbGrantRow,
  | 'integration_id'
  | 'mailbox_id'
  | 'account'
  | 'state_since'
  | 'refreshed_at'
  | 'refresh_ends_at'
  | 'refresh_end_slides'
  | 'access_refresh_at'
> &
  Pick<DbMailboxRow, 'project_ref' | 'created_by'> & {
    provider: string;
    in_testing: DbBoolean | null;
    now: DbInteger;
  };

/** A consent whose end is in sight, and whose mailbox it is for. */
export interface EndingGrant {
  readonly mailboxId: string;
  readonly integrationId: string;
  readonly account: string;
  /** Absent for a mail server. */
  readonly projectRef?: string;
  /** The entity ref of who set the mailbox up. */
  readonly createdBy: string;
  readonly end: PredictedEnd;
  /** By the database's clock, when it was read. */
  readonly now: number;
}

/** When active grants come to an end, as far as that can be foreseen. */
export class GrantEndStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /**
   * Active grants that come to an end as things stand, the first 1,000 by
   * mailbox. What only ends when it is not used is left out while it is used.
   *
   * @param integrationIds - absent: of all integrations
   */
  async list(integrationIds?: readonly string[]): Promise<EndingGrant[]> {
    const rows = await this.#spanRows()
      .where(query => {
        if (integrationIds) {
          query.whereIn(`${tables.oauthGrants}.integration_id`, integrationIds);
        }
      })
      // What `predictEnd` knows an end for, as far as rows can tell.
      .andWhere(query =>
        query
          .whereNotNull(`${tables.oauthGrants}.refresh_ends_at`)
          .orWhere(`${tables.oauthIntegrations}.in_testing`, true)
          .orWhere(
            `${tables.oauthGrants}.access_refresh_at`,
            '<',
            dbNowPlus(this.#db, -UNUSED_AFTER_MS),
          ),
      )
      .orderBy(`${tables.oauthGrants}.mailbox_id`)
      .limit(MAX_ENDS);
    return rows.flatMap(row => {
      const end = predictEnd(toSpan(row));
      return end
        ? {
            mailboxId: row.mailbox_id,
            integrationId: row.integration_id,
            account: row.account,
            projectRef: row.project_ref ?? undefined,
            createdBy: row.created_by,
            end,
            now: Number(row.now),
          }
        : [];
    });
  }

  /** When the first grant of each integration ends, where that is in sight. */
  async listFirst(
    integrationIds: readonly string[],
  ): Promise<Map<string, Date>> {
    const ends = new Map<string, Date>();
    for (const { integrationId, end } of await this.list(integrationIds)) {
      const first = ends.get(integrationId);
      if (!first || end.at < first) {
        ends.set(integrationId, end.at);
      }
    }
    return ends;
  }

  /** The end of a mailbox's grant, where it is active and one is in sight. */
  async find(mailboxId: string): Promise<PredictedEnd | undefined> {
    const [row] = await this.#spanRows()
      .where(`${tables.oauthGrants}.mailbox_id`, mailboxId)
      .limit(1);
    return row && predictEnd(toSpan(row));
  }

  #spanRows(): Knex.QueryBuilder<{}, DbGrantSpanRow[]> {
    const grants = tables.oauthGrants;
    const mailboxes = tables.mailboxes;
    const integrations = tables.oauthIntegrations;
    return (
      ofTheirMailboxes(this.#db)
        .join(integrations, `${integrations}.id`, `${grants}.integration_id`)
        .where(`${grants}.state`, 'active' satisfies GrantState)
        // It is the refresh token that ends.
        .whereNotNull(`${grants}.refresh_sealed`)
        .select(
          `${grants}.*`,
          `${mailboxes}.project_ref`,
          `${mailboxes}.created_by`,
          `${integrations}.provider`,
          `${integrations}.in_testing`,
          { now: dbNow(this.#db) },
        )
    );
  }
}

function toSpan(row: DbGrantSpanRow): GrantSpan {
  const toNumber = (value: DbInteger | null) =>
    value === null ? undefined : Number(value);
  return {
    provider: providerIdSchema.parse(row.provider),
    inTesting: row.in_testing !== null && Boolean(row.in_testing),
    consentedAt: Number(row.state_since),
    refreshedAt: toNumber(row.refreshed_at),
    renewalDueAt: toNumber(row.access_refresh_at),
    toldEndAt: toNumber(row.refresh_ends_at),
    endSlides:
      row.refresh_end_slides === null
        ? undefined
        : Boolean(row.refresh_end_slides),
    now: Number(row.now),
  };
}

/**
 * Grants joined with the mailboxes that they are for. One that was given for
 * another address, or by another integration, than its mailbox has now is not
 * among them.
 */
export function ofTheirMailboxes(db: Knex): Knex.QueryBuilder {
  const grants = tables.oauthGrants;
  const mailboxes = tables.mailboxes;
  return db(grants).join(mailboxes, join =>
    join
      .on(`${mailboxes}.id`, `${grants}.mailbox_id`)
      .andOn(`${mailboxes}.integration_id`, `${grants}.integration_id`)
      .andOn(`${mailboxes}.address`, `${grants}.account`),
  );
}
