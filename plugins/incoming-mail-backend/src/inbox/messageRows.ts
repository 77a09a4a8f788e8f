// SPDX-License-Identifier: Apache-2.0
import { NotFoundError } from '@backstage/errors';
import {
  FailureCode,
  MessageState,
  MessageSummary,
  traceStepSchema,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';
import {
  Db,
  DbInboxMessageRow,
  fromDbTime,
  fromDbTimeToIso,
  fromJson,
  tables,
} from '../database';
import { WaitingMessage } from './types';

/** One mail of a mailbox. @throws NotFoundError */
export async function getMessageRow(
  db: Db,
  mailboxId: string,
  messageId: string,
): Promise<DbInboxMessageRow> {
  const row = await db<DbInboxMessageRow>(tables.inboxMessages)
    .where({ mailbox_id: mailboxId, id: messageId })
    .first();
  if (!row) {
    throw new NotFoundError(`There is no mail ${messageId}`);
  }
  return row;
}

/** What handling has to know of a mail. */
export function toWaitingMessage(row: DbInboxMessageRow): WaitingMessage {
  return {
    id: row.id,
    mailboxId: row.mailbox_id,
    acceptedAt: fromDbTime(row.accepted_at),
    ...(row.received_at !== null && {
      receivedAt: fromDbTime(row.received_at),
    }),
    sizeBytes: Number(row.size_bytes),
    truncated: Boolean(row.truncated),
    imported: Boolean(row.imported),
    attempts: row.attempts,
    ...(row.thread_id !== null && { threadId: row.thread_id }),
  };
}

/** A mail as the mail log shows it. */
export function toMessageSummary(row: DbInboxMessageRow): MessageSummary {
  return {
    id: row.id,
    state: row.state as MessageState,
    acceptedAt: fromDbTimeToIso(row.accepted_at),
    sizeBytes: Number(row.size_bytes),
    truncated: Boolean(row.truncated),
    imported: Boolean(row.imported),
    subject: row.subject ?? undefined,
    from: row.sender ?? undefined,
    attempts: row.attempts,
    nextAttemptAt: fromDbTimeToIso(row.next_attempt_at),
    failure: (row.failure_code ?? undefined) as FailureCode | undefined,
    rawRemovedAt: fromDbTimeToIso(row.raw_removed_at),
    duplicateOf: row.duplicate_of ?? undefined,
    target: row.target ?? undefined,
    trace: fromJson(z.array(traceStepSchema), row.trace),
  };
}
