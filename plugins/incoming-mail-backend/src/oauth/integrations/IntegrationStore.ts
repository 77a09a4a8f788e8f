// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { ConflictError } from '@backstage/errors';
import {
  clientAuthenticationSchema,
  mailHostSchema,
  Page,
  PageQuery,
  providerIdSchema,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { z } from 'zod';
import {
  DbInteger,
  DbIntegrationRow,
  DbMailboxRow,
  dbNow,
  fromDbTime,
  fromJson,
  inTransaction,
  isUniqueViolation,
  readPage,
  tables,
  Tx,
} from '../../database';
import { Keyring, open, seal, Secret } from '../../secrets';
import {
  ClientSecretChange,
  IntegrationRecord,
  IntegrationSettings,
  IntegrationUsers,
} from './types';

const MAX_NAMED_USERS = 10;

type DbUsedIntegrationRow = DbIntegrationRow & { channel_count: DbInteger };

/** An integration and how many mailboxes use it. */
export interface UsedIntegration {
  readonly integration: IntegrationRecord;
  readonly channelCount: number;
}

/** The client registrations. Client secrets are sealed on their way in. */
export class IntegrationStore {
  readonly #db: Knex;
  readonly #keyring: Keyring;

  constructor(options: { db: Knex; keyring: Keyring }) {
    this.#db = options.db;
    this.#keyring = options.keyring;
  }

  /** Runs `work` in one transaction; see `inTransaction`. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.#db, work);
  }

  /** @throws ConflictError where another integration has the callback slug */
  async insert(options: {
    callbackSlug: string;
    settings: IntegrationSettings;
    clientSecret?: Secret;
    createdBy: string;
  }): Promise<string> {
    const { callbackSlug, settings, clientSecret, createdBy } = options;
    const id = randomUUID();
    const now = dbNow(this.#db);
    const sealed = clientSecret && (await this.#seal(id, clientSecret));
    try {
      await this.#rows().insert({
        ...toColumns(settings),
        id,
        callback_slug: callbackSlug,
        version: 1,
        client_secret_sealed: sealed ?? null,
        client_secret_updated_at: sealed ? now : null,
        created_by: createdBy,
        created_at: now,
        updated_at: now,
      });
    } catch (error) {
      if (isUniqueViolation(error)) {
        throw new ConflictError(
          'Another integration already has this redirect URL; reserve a new one',
        );
      }
      throw error;
    }
    return id;
  }

  async find(id: string): Promise<IntegrationRecord | undefined> {
    const row = await this.#rows().where({ id }).first();
    return row && this.#fromRow(row);
  }

  async findUsed(id: string): Promise<UsedIntegration | undefined> {
    const [row] = await this.#usedRows().where({ id });
    return row && this.#fromUsedRow(row);
  }

  /** By name. */
  async list(page: PageQuery): Promise<Page<UsedIntegration>> {
    return readPage<DbUsedIntegrationRow, UsedIntegration>(this.#usedRows(), {
      page,
      order: ['name', 'id'],
      direction: 'asc',
      toItem: row => this.#fromUsedRow(row),
    });
  }

  /**
   * Replaces the settings if nobody else did since `version` was read.
   *
   * @returns whether it was still that version
   */
  async update(
    tx: Tx,
    options: {
      id: string;
      version: number;
      settings: IntegrationSettings;
      clientSecret: ClientSecretChange;
    },
  ): Promise<boolean> {
    const { id, version, settings, clientSecret } = options;
    const updated = await this.#rows(tx)
      .where({ id, version })
      .update({
        ...toColumns(settings),
        ...(await this.#secretColumns(tx, id, clientSecret)),
        version: version + 1,
        updated_at: dbNow(tx),
      });
    return updated === 1;
  }

  /**
   * The current version, which then stays the current one until the end of
   * the transaction: writing the row, even unchanged, locks it.
   */
  async holdVersion(tx: Tx, id: string): Promise<number | undefined> {
    const [row] = await this.#rows(tx)
      .where({ id })
      .update({ version: tx.ref('version') as unknown as number })
      .returning('version');
    return row?.version;
  }

  async usersOf(id: string): Promise<IntegrationUsers> {
    const mailboxes = () =>
      this.#db<DbMailboxRow>(tables.mailboxes).where({ integration_id: id });
    const [{ count }] = await mailboxes().count<Array<{ count: DbInteger }>>({
      count: '*',
    });
    const rows = await mailboxes()
      .whereNotNull('project_ref')
      .orderBy('project_ref')
      .limit(MAX_NAMED_USERS)
      .select('project_ref');
    return {
      count: Number(count),
      projectRefs: rows.flatMap(row => row.project_ref ?? []),
    };
  }

  /** Fails where a mailbox still refers to it. */
  async delete(tx: Tx, id: string): Promise<void> {
    await this.#rows(tx).where({ id }).delete();
  }

  #rows(db: Knex = this.#db) {
    return db<DbIntegrationRow>(tables.oauthIntegrations);
  }

  #usedRows(): Knex.QueryBuilder<{}, DbUsedIntegrationRow[]> {
    const db = this.#db;
    const channelCount = db(tables.mailboxes)
      .count('*')
      .where('integration_id', db.ref(`${tables.oauthIntegrations}.id`))
      .as('channel_count');
    return db(tables.oauthIntegrations).select('*', channelCount);
  }

  async #seal(id: string, secret: Secret): Promise<string> {
    return seal(this.#keyring, {
      purpose: 'client-secret',
      context: contextOf(id),
      secret,
    });
  }

  async #secretColumns(tx: Tx, id: string, change: ClientSecretChange) {
    if (change === 'keep') {
      return {};
    }
    if (change === 'remove') {
      return { client_secret_sealed: null, client_secret_updated_at: null };
    }
    return {
      client_secret_sealed: await this.#seal(id, change),
      client_secret_updated_at: dbNow(tx),
    };
  }

  #fromUsedRow(row: DbUsedIntegrationRow): UsedIntegration {
    return {
      integration: this.#fromRow(row),
      channelCount: Number(row.channel_count),
    };
  }

  #fromRow(row: DbIntegrationRow): IntegrationRecord {
    const sealed = row.client_secret_sealed;
    return {
      id: row.id,
      version: row.version,
      callbackSlug: row.callback_slug,
      settings: fromColumns(row),
      hasClientSecret: sealed !== null,
      clientSecretUpdatedAt:
        row.client_secret_updated_at === null
          ? undefined
          : fromDbTime(row.client_secret_updated_at),
      createdAt: fromDbTime(row.created_at),
      updatedAt: fromDbTime(row.updated_at),
      openClientSecret: async () =>
        sealed === null
          ? undefined
          : open(this.#keyring, {
              purpose: 'client-secret',
              context: contextOf(row.id),
              sealed,
            }),
    };
  }
}

function contextOf(id: string): string {
  return `integration:${id}:client-secret`;
}

function toColumns(settings: IntegrationSettings) {
  return {
    name: settings.name,
    provider: settings.provider,
    issuer: settings.issuer ?? null,
    authorization_endpoint: settings.authorizationEndpoint,
    token_endpoint: settings.tokenEndpoint,
    revocation_endpoint: settings.revocationEndpoint ?? null,
    scopes: JSON.stringify(settings.scopes),
    client_id: settings.clientId ?? null,
    client_authentication: settings.clientAuthentication,
    allowed_domains: JSON.stringify(settings.allowedDomains),
    mail_hosts: JSON.stringify(settings.mailHosts),
  };
}

function fromColumns(row: DbIntegrationRow): IntegrationSettings {
  return {
    name: row.name,
    provider: providerIdSchema.parse(row.provider),
    issuer: row.issuer ?? undefined,
    authorizationEndpoint: row.authorization_endpoint,
    tokenEndpoint: row.token_endpoint,
    revocationEndpoint: row.revocation_endpoint ?? undefined,
    scopes: fromJson(z.array(z.string()), row.scopes),
    clientId: row.client_id ?? undefined,
    clientAuthentication: clientAuthenticationSchema.parse(
      row.client_authentication,
    ),
    allowedDomains: fromJson(z.array(z.string()), row.allowed_domains),
    mailHosts: fromJson(z.array(mailHostSchema), row.mail_hosts),
  };
}
