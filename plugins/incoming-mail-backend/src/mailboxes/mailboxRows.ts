// SPDX-License-Identifier: Apache-2.0
import {
  AfterStoring,
  afterStoringRefusalSchema,
  afterStoringSchema,
  channelStateSchema,
  failureCodeSchema,
  mailHostSchema,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';
import { DbInteger, DbMailboxRow, fromDbTime, fromJson } from '../database';
import { DraftFacts, Mailbox, MailboxAuthentication } from './types';

/** What a person decides about a mailbox, without its password. */
export interface MailboxSettings
  extends Pick<Mailbox, 'address' | 'server' | 'folder' | 'authentication'>,
    Partial<
      Pick<
        Mailbox,
        'name' | 'description' | 'aliases' | 'afterStoring' | 'timeoutSeconds'
      >
    > {}

const savedStateSchema = channelStateSchema.exclude(['paused']);

/** The columns of settings. Those left out have their defaults. */
export function toSettingsColumns(settings: MailboxSettings) {
  const { server, authentication, aliases = [] } = settings;
  const { afterStoring = { action: 'mark-read' } } = settings;
  const isOAuth = authentication.method === 'oauth';
  return {
    name: settings.name ?? null,
    description: settings.description ?? null,
    address: settings.address,
    protocol: server.protocol,
    host: server.host,
    port: server.port,
    security: server.security,
    folder: settings.folder,
    auth_method: authentication.method,
    integration_id: isOAuth ? authentication.integrationId : null,
    user_name: isOAuth ? null : authentication.userName ?? null,
    aliases: aliases.length > 0 ? JSON.stringify(aliases) : null,
    after_storing: afterStoring.action,
    after_storing_folder:
      afterStoring.action === 'move' ? afterStoring.folder : null,
    // Whatever the server refused, it is to be asked anew.
    after_storing_refusal: null,
    timeout_seconds: settings.timeoutSeconds ?? null,
  };
}

/** A row as the noun that everybody else knows. */
export function fromMailboxRow(row: DbMailboxRow): Mailbox {
  return {
    id: row.id,
    projectRef: row.project_ref ?? undefined,
    name: row.name ?? undefined,
    description: row.description ?? undefined,
    version: row.version,
    address: row.address,
    server: mailHostSchema.parse({
      protocol: row.protocol,
      host: row.host,
      port: row.port,
      security: row.security,
    }),
    folder: row.folder,
    authentication: toAuthentication(row),
    password:
      row.password_id === null || row.password_updated_at === null
        ? undefined
        : {
            id: row.password_id,
            updatedAt: fromDbTime(row.password_updated_at),
          },
    aliases:
      row.aliases === null ? [] : fromJson(z.array(z.string()), row.aliases),
    afterStoring: toAfterStoring(row),
    afterStoringRefusal: afterStoringRefusalSchema.safeParse(
      row.after_storing_refusal,
    ).data,
    timeoutSeconds: row.timeout_seconds ?? undefined,
    state: savedStateSchema.parse(row.state),
    failure:
      row.failure_code === null
        ? undefined
        : {
            code: failureCodeSchema.parse(row.failure_code),
            detail: row.failure_detail ?? undefined,
            since: toOptionalDate(row.failure_since)?.toISOString(),
          },
    failedVisits: row.failed_visits,
    refusedSignIns: row.refused_sign_ins ?? 0,
    pausedAt: toOptionalDate(row.paused_at),
    readingSince: toOptionalDate(row.reading_since),
    lastVisitAt: toOptionalDate(row.last_visit_at),
    lastSuccessAt: toOptionalDate(row.last_success_at),
    leftOnServer: row.left_on_server ?? undefined,
    heldBackAt: toOptionalDate(row.held_back_at),
    draft: toDraft(row),
    createdBy: row.created_by,
    createdAt: fromDbTime(row.created_at),
    updatedAt: fromDbTime(row.updated_at),
  };
}

/** An instant column that may be empty. */
export function toOptionalDate(value: DbInteger | null): Date | undefined {
  return value === null ? undefined : fromDbTime(value);
}

function toAuthentication(row: DbMailboxRow): MailboxAuthentication {
  return row.integration_id === null
    ? { method: 'password', userName: row.user_name ?? undefined }
    : { method: 'oauth', integrationId: row.integration_id };
}

function toAfterStoring(row: DbMailboxRow): AfterStoring {
  const { after_storing: action, after_storing_folder: folder } = row;
  return afterStoringSchema.parse({
    action,
    ...(folder !== null && { folder }),
  });
}

function toDraft(row: DbMailboxRow): DraftFacts | undefined {
  if (row.draft_owner === null) {
    return undefined;
  }
  return {
    owner: row.draft_owner,
    serverId: row.draft_of ?? undefined,
    serverVersion: row.draft_version ?? undefined,
    test:
      row.tested_at === null || row.tested_as === null
        ? undefined
        : { at: fromDbTime(row.tested_at), fingerprint: row.tested_as },
  };
}
