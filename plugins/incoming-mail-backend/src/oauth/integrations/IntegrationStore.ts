// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { ConflictError } from '@backstage/errors';
import {
  authorizationParameterListSchema,
  clientAuthenticationSchema,
  FailureCode,
  failureCodeSchema,
  grantTypeSchema,
  IntegrationUser,
  mailHostSchema,
  Page,
  PageQuery,
  providerIdSchema,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { z } from 'zod';
import {
  DbBoolean,
  DbInteger,
  DbIntegrationRow,
  DbMailboxRow,
  dbNow,
  fromDbTime,
  fromJson,
  inTransaction,
  isUniqueViolation,
  readDbNow,
  readPage,
  tables,
  Tx,
} from '../../database';
import { Keyring, Secret } from '../../secrets';
import { ClientKey, clientKeyOf } from '../clientKey';
import { openFrom, sealedColumns, sealFor } from '../sealedColumns';
import { ProviderCatalogue } from './ProviderCatalogue';
import {
  ClientFault,
  ClientKeyChange,
  ClientSecretChange,
  IntegrationRecord,
  IntegrationSettings,
  JudgedClientKey,
  NextClientSecret,
} from './types';

const NO_FAULT = {
  fault_code: null,
  fault_detail: null,
  fault_since: null,
} as const;

const NO_NEXT_SECRET = {
  next_secret_sealed: null,
  next_secret_updated_at: null,
  next_secret_expires_on: null,
  next_secret_accepted_at: null,
  next_secret_refused_at: null,
} as const;

// How long a refused next secret is passed over. A provider that is slow to
// learn it costs one request an hour; one that was typed wrongly no more.
const NEXT_SECRET_REST_MS = 3_600_000;

type DbTimedIntegrationRow = DbIntegrationRow & { now: DbInteger };
type DbUsedIntegrationRow = DbTimedIntegrationRow & {
  channel_count: DbInteger;
  server_count: DbInteger;
};

/** An integration and how many mailboxes use it; drafts are not counted. */
export interface UsedIntegration {
  readonly integration: IntegrationRecord;
  readonly channelCount: number;
  readonly mailServerCount: number;
}

/** The client registrations. Client secrets and keys are sealed on their way in. */
export class IntegrationStore {
  readonly #db: Knex;
  readonly #keyring: Keyring;
  readonly #providers: ProviderCatalogue;

  constructor(options: {
    db: Knex;
    keyring: Keyring;
    /** Default: none but those that come with the plugin. */
    providers?: ProviderCatalogue;
  }) {
    this.#db = options.db;
    this.#keyring = options.keyring;
    this.#providers = options.providers ?? new ProviderCatalogue();
  }

  /** Runs `work` in one transaction; see `inTransaction`. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.#db, work);
  }

  /** The database's clock. */
  async now(): Promise<Date> {
    return fromDbTime(await readDbNow(this.#db));
  }

  /** @throws ConflictError where another integration has the callback slug */
  async insert(options: {
    callbackSlug: string;
    settings: IntegrationSettings;
    clientSecret?: Secret;
    clientSecretExpiresOn?: string;
    clientKey?: JudgedClientKey;
    createdBy: string;
  }): Promise<string> {
    const { callbackSlug, settings, clientSecret, clientKey, createdBy } =
      options;
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
        client_secret_expires_on: options.clientSecretExpiresOn ?? null,
        ...(await this.#keyColumns(this.#db, id, clientKey ?? 'keep')),
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

  async find(id: string, tx?: Tx): Promise<IntegrationRecord | undefined> {
    const [row] = await this.#timedRows(tx).where({ id }).limit(1);
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

  /** Those with a client secret that ends from one day to another, both included. */
  async listExpiring(options: {
    from: string;
    to: string;
    limit: number;
  }): Promise<IntegrationRecord[]> {
    const { from, to, limit } = options;
    const rows = await this.#timedRows()
      .where(ends =>
        ends
          .whereBetween('client_secret_expires_on', [from, to])
          .orWhereBetween('next_secret_expires_on', [from, to]),
      )
      .orderBy('client_secret_expires_on')
      .limit(limit);
    return rows.map(row => this.#fromRow(row));
  }

  /**
   * Replaces the settings if nobody else did since `version` was read. What
   * the provider had against the former client is forgotten.
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
      clientSecretExpiresOn?: string;
      nextClientSecret: ClientSecretChange;
      nextClientSecretExpiresOn?: string;
      clientKey: ClientKeyChange;
    },
  ): Promise<boolean> {
    const { id, version, settings } = options;
    const { clientSecret, nextClientSecret, clientKey } = options;
    const updated = await this.#rows(tx)
      .where({ id, version })
      .update({
        ...toColumns(settings),
        ...(await this.#secretColumns(tx, id, clientSecret)),
        client_secret_expires_on: options.clientSecretExpiresOn ?? null,
        next_secret_expires_on: options.nextClientSecretExpiresOn ?? null,
        ...(await this.#nextSecretColumns(tx, id, nextClientSecret)),
        ...(await this.#keyColumns(tx, id, clientKey)),
        ...NO_FAULT,
        version: version + 1,
        updated_at: dbNow(tx),
      });
    return updated === 1;
  }

  /**
   * Has the next secret take the present one's place, if the provider accepts
   * it and nobody changed the integration since `version` was read.
   *
   * @returns whether that was so
   */
  async promoteNextSecret(
    tx: Tx,
    { id, version, nextClientSecret }: IntegrationRecord,
  ): Promise<boolean> {
    const secret = await nextClientSecret?.open();
    if (!secret) {
      return false;
    }
    const promoted = await this.#rows(tx)
      .where({ id, version })
      .whereNotNull('next_secret_accepted_at')
      .whereNull('next_secret_refused_at')
      .update({
        client_secret_sealed: await this.#seal(id, secret),
        client_secret_updated_at: tx.ref('next_secret_updated_at'),
        client_secret_expires_on: tx.ref('next_secret_expires_on'),
        ...NO_NEXT_SECRET,
        version: version + 1,
        updated_at: dbNow(tx),
      } as {});
    return promoted === 1;
  }

  /** Gives the next secret up. @returns whether it was still that version */
  async dropNextSecret(
    tx: Tx,
    { id, version }: Pick<IntegrationRecord, 'id' | 'version'>,
  ): Promise<boolean> {
    const dropped = await this.#rows(tx)
      .where({ id, version })
      .update({
        ...NO_NEXT_SECRET,
        version: version + 1,
        updated_at: dbNow(tx),
      } as {});
    return dropped === 1;
  }

  /**
   * Notes what the provider thinks of the next secret: `refused` where it was,
   * and the present one was accepted in the same moment. Changes nothing where
   * the integration was changed since it was read.
   */
  async noteNextSecret(
    { id, version }: Pick<IntegrationRecord, 'id' | 'version'>,
    verdict: 'accepted' | 'refused',
  ): Promise<void> {
    const now = dbNow(this.#db);
    await this.#rows()
      .where({ id, version })
      .whereNotNull('next_secret_sealed')
      .update(
        (verdict === 'accepted'
          ? { next_secret_accepted_at: now, next_secret_refused_at: null }
          : { next_secret_refused_at: now }) as {},
      );
  }

  /**
   * Notes that the provider refused the client as it was read. Changes nothing
   * where it was changed since, nor while the same fault goes on.
   */
  async setFault(
    { id, version }: Pick<IntegrationRecord, 'id' | 'version'>,
    fault: { code: FailureCode; detail?: string },
  ): Promise<void> {
    await this.#rows()
      .where({ id, version })
      .andWhere(other =>
        other.whereNull('fault_code').orWhereNot('fault_code', fault.code),
      )
      .update({
        fault_code: fault.code,
        fault_detail: fault.detail ?? null,
        fault_since: dbNow(this.#db),
      });
  }

  /** The provider accepted the client as it was read. */
  async clearFault(
    integration: Pick<IntegrationRecord, 'id' | 'version' | 'fault'>,
    tx?: Tx,
  ): Promise<void> {
    const { id, version, fault } = integration;
    // The usual case costs no statement.
    if (fault) {
      await this.#rows(tx).where({ id, version }).update(NO_FAULT);
    }
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

  /** The mailboxes that use it, without drafts, by address. */
  async listUsers(id: string, page: PageQuery): Promise<Page<IntegrationUser>> {
    return readPage<DbMailboxRow, IntegrationUser>(this.#users(id), {
      page,
      order: ['address', 'id'],
      direction: 'asc',
      toItem: toUser,
    });
  }

  /** The first few of them: channels by project, then mail servers by name. */
  async nameUsers(id: string, limit: number): Promise<string[]> {
    const rows: DbMailboxRow[] = await this.#users(id)
      .orderByRaw('CASE WHEN project_ref IS NULL THEN 1 ELSE 0 END')
      .orderBy(['project_ref', 'name'])
      .limit(limit);
    return rows.map(row => row.project_ref ?? row.name ?? row.address);
  }

  /**
   * Fails where a channel or a mail server still refers to it. Drafts are no
   * reason to keep it: they go as well.
   */
  async delete(tx: Tx, id: string): Promise<void> {
    await tx<DbMailboxRow>(tables.mailboxes)
      .where({ integration_id: id })
      .whereNotNull('draft_owner')
      .delete();
    await this.#rows(tx).where({ id }).delete();
  }

  #rows(db: Knex = this.#db) {
    return db<DbIntegrationRow>(tables.oauthIntegrations);
  }

  #users(id: string) {
    return this.#db(tables.mailboxes)
      .where({ integration_id: id })
      .whereNull('draft_owner');
  }

  #usedRows(): Knex.QueryBuilder<{}, DbUsedIntegrationRow[]> {
    const db = this.#db;
    const users = () =>
      db(tables.mailboxes)
        .count('*')
        .where('integration_id', db.ref(`${tables.oauthIntegrations}.id`));
    return db(tables.oauthIntegrations).select(
      '*',
      users().whereNotNull('project_ref').as('channel_count'),
      users()
        .whereNull('project_ref')
        .whereNull('draft_owner')
        .as('server_count'),
      { now: dbNow(db) },
    );
  }

  #timedRows(
    db: Knex = this.#db,
  ): Knex.QueryBuilder<{}, DbTimedIntegrationRow[]> {
    return db(tables.oauthIntegrations).select('*', { now: dbNow(db) });
  }

  async #seal(id: string, secret: Secret): Promise<string> {
    return sealFor(this.#keyring, sealedColumns.clientSecret, id, secret);
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

  async #nextSecretColumns(tx: Tx, id: string, change: ClientSecretChange) {
    if (change === 'keep') {
      return {};
    }
    return change === 'remove'
      ? NO_NEXT_SECRET
      : {
          next_secret_sealed: await sealFor(
            this.#keyring,
            sealedColumns.nextClientSecret,
            id,
            change,
          ),
          next_secret_updated_at: dbNow(tx),
          next_secret_accepted_at: null,
          next_secret_refused_at: null,
        };
  }

  async #keyColumns(db: Knex, id: string, change: ClientKeyChange) {
    if (change === 'keep') {
      return {};
    }
    if (change === 'remove') {
      return {
        client_key_sealed: null,
        client_key_updated_at: null,
        client_certificate: null,
      };
    }
    const { clientKey } = sealedColumns;
    return {
      client_key_sealed: await sealFor(
        this.#keyring,
        clientKey,
        id,
        change.privateKey,
      ),
      client_key_updated_at: dbNow(db),
      client_certificate: change.certificate ?? null,
    };
  }

  async #openClientKey(row: DbIntegrationRow): Promise<ClientKey | undefined> {
    const privateKey = await openFrom(
      this.#keyring,
      sealedColumns.clientKey,
      row.id,
      row.client_key_sealed,
    );
    return (
      privateKey &&
      clientKeyOf(fromColumns(row), {
        privateKey,
        certificate: row.client_certificate ?? undefined,
      })
    );
  }

  #fromUsedRow(row: DbUsedIntegrationRow): UsedIntegration {
    return {
      integration: this.#fromRow(row),
      channelCount: Number(row.channel_count),
      mailServerCount: Number(row.server_count),
    };
  }

  #fromRow(row: DbTimedIntegrationRow): IntegrationRecord {
    const sealed = row.client_secret_sealed;
    return {
      id: row.id,
      version: row.version,
      callbackSlug: row.callback_slug,
      settings: fromColumns(row),
      presetProvider: this.#providers.find(row.preset ?? undefined),
      hasClientSecret: sealed !== null,
      clientSecretUpdatedAt:
        row.client_secret_updated_at === null
          ? undefined
          : fromDbTime(row.client_secret_updated_at),
      clientSecretExpiresOn: row.client_secret_expires_on ?? undefined,
      nextClientSecret: this.#toNextSecret(row),
      hasClientKey: row.client_key_sealed !== null,
      clientKeyUpdatedAt:
        row.client_key_updated_at === null
          ? undefined
          : fromDbTime(row.client_key_updated_at),
      clientCertificate: row.client_certificate ?? undefined,
      fault: toFault(row),
      createdBy: row.created_by,
      createdAt: fromDbTime(row.created_at),
      updatedAt: fromDbTime(row.updated_at),
      openClientSecret: () =>
        openFrom(this.#keyring, sealedColumns.clientSecret, row.id, sealed),
      openClientKey: () => this.#openClientKey(row),
    };
  }

  #toNextSecret(row: DbTimedIntegrationRow): NextClientSecret | undefined {
    const sealed = row.next_secret_sealed;
    if (sealed === null) {
      return undefined;
    }
    const refusedAt = row.next_secret_refused_at;
    const accepted = row.next_secret_accepted_at !== null;
    const untilRefused = accepted ? 'in-use' : 'untried';
    return {
      state: refusedAt === null ? untilRefused : 'refused',
      refusedLately:
        refusedAt !== null &&
        Number(row.now) - Number(refusedAt) < NEXT_SECRET_REST_MS,
      updatedAt: fromDbTime(row.next_secret_updated_at ?? row.updated_at),
      expiresOn: row.next_secret_expires_on ?? undefined,
      open: () =>
        openFrom(this.#keyring, sealedColumns.nextClientSecret, row.id, sealed),
    };
  }
}

function toUser(row: DbMailboxRow): IntegrationUser {
  const { address } = row;
  return row.project_ref === null
    ? {
        kind: 'mail-server',
        mailServerId: row.id,
        name: row.name ?? address,
        address,
      }
    : { kind: 'channel', projectRef: row.project_ref, address };
}

function toFault(row: DbIntegrationRow): ClientFault | undefined {
  return row.fault_code === null || row.fault_since === null
    ? undefined
    : {
        code: failureCodeSchema.parse(row.fault_code),
        detail: row.fault_detail ?? undefined,
        since: fromDbTime(row.fault_since),
      };
}

function toColumns(settings: IntegrationSettings) {
  return {
    name: settings.name,
    provider: settings.provider,
    preset: settings.preset ?? null,
    grant_type: settings.grantType,
    issuer: settings.issuer ?? null,
    authorization_endpoint: settings.authorizationEndpoint,
    token_endpoint: settings.tokenEndpoint,
    revocation_endpoint: settings.revocationEndpoint ?? null,
    scopes: JSON.stringify(settings.scopes),
    client_id: settings.clientId ?? null,
    client_authentication: settings.clientAuthentication,
    client_key_id: settings.clientKeyId ?? null,
    allowed_domains: JSON.stringify(settings.allowedDomains),
    mail_hosts: JSON.stringify(settings.mailHosts),
    allow_shared_mailboxes: settings.allowSharedMailboxes ?? null,
    iss_declared: settings.issDeclared ?? null,
    allowed_tenants: toOptionalJson(settings.allowedTenants),
    authorization_parameters: toOptionalJson(settings.authorizationParameters),
    in_testing: settings.inTesting ?? null,
  };
}

function toOptionalJson(list: readonly unknown[] | undefined): string | null {
  return list?.length ? JSON.stringify(list) : null;
}

function fromColumns(row: DbIntegrationRow): IntegrationSettings {
  return {
    name: row.name,
    provider: providerIdSchema.parse(row.provider),
    preset: row.preset ?? undefined,
    grantType: grantTypeSchema.parse(row.grant_type),
    issuer: row.issuer ?? undefined,
    authorizationEndpoint: row.authorization_endpoint,
    tokenEndpoint: row.token_endpoint,
    revocationEndpoint: row.revocation_endpoint ?? undefined,
    scopes: fromJson(z.array(z.string()), row.scopes),
    clientId: row.client_id ?? undefined,
    clientAuthentication: clientAuthenticationSchema.parse(
      row.client_authentication,
    ),
    clientKeyId: row.client_key_id ?? undefined,
    allowedDomains: fromJson(z.array(z.string()), row.allowed_domains),
    mailHosts: fromJson(z.array(mailHostSchema), row.mail_hosts),
    ...(row.allow_shared_mailboxes && { allowSharedMailboxes: true }),
    issDeclared: isTrue(row.iss_declared) || undefined,
    allowedTenants:
      row.allowed_tenants === null
        ? undefined
        : fromJson(z.array(z.string()), row.allowed_tenants),
    authorizationParameters:
      row.authorization_parameters === null
        ? undefined
        : fromJson(
            authorizationParameterListSchema,
            row.authorization_parameters,
          ),
    inTesting: isTrue(row.in_testing) || undefined,
  };
}

function isTrue(value: DbBoolean | null): boolean {
  return value !== null && Boolean(value);
}
