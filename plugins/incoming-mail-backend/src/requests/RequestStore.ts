// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { NotFoundError } from '@backstage/errors';
import {
  attachmentSummarySchema,
  Page,
  PageQuery,
  Request,
  RequestComment,
  requestPrioritySchema,
  RequestSummary,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { z } from 'zod';
import {
  DbRequestCommentRow,
  DbRequestCounterRow,
  DbRequestRow,
  dbNow,
  fromDbTimeToIso,
  fromJson,
  readPage,
  tables,
  Tx,
} from '../database';
import { excerptOf, RequestFields, RequestMarks } from './requestFields';

// A comment may have a mebibyte of text and one of HTML.
const MAX_COMMENTS_PER_PAGE = 20;
// Of a request's text, what its excerpt is made from.
const EXCERPT_SOURCE_LENGTH = 2_000;

/** A request that a conversation has already. */
export interface FoundRequest {
  readonly id: string;
  /** Within its project. */
  readonly number: number;
}

/**
 * Requests and their comments.
 *
 * Writing happens in the transaction of the handler. Requests belong to a
 * project, not to a mailbox: they outlive the channel and the mail.
 */
export class RequestStore {
  readonly #db: Knex;

  constructor(db: Knex) {
    this.#db = db;
  }

  /** What a mail was made into in a project. */
  async findByMessage(
    tx: Tx,
    projectRef: string,
    messageId: string,
  ): Promise<{ number: number; commentId?: string } | undefined> {
    const request = await tx<DbRequestRow>(tables.requests)
      .where({ message_id: messageId, project_ref: projectRef })
      .first('number');
    if (request) {
      return { number: request.number };
    }
    const comment = await tx(tables.requestComments)
      .join(tables.requests, 'requests.id', 'request_comments.request_id')
      .where({
        'request_comments.message_id': messageId,
        'requests.project_ref': projectRef,
      })
      .first<{ number: number; id: string } | undefined>(
        'requests.number',
        'request_comments.id',
      );
    return comment && { number: comment.number, commentId: comment.id };
  }

  /** The request that a conversation has in a project. */
  async findByThread(
    tx: Tx,
    projectRef: string,
    threadId: string,
  ): Promise<FoundRequest | undefined> {
    return tx<DbRequestRow>(tables.requests)
      .where({ thread_id: threadId, project_ref: projectRef })
      .first('id', 'number');
  }

  /** @returns the request's number within its project */
  async insertRequest(
    tx: Tx,
    request: RequestFields &
      RequestMarks & {
        projectRef: string;
        threadId: string;
        subject: string;
      },
  ): Promise<number> {
    const number = await nextNumber(tx, request.projectRef);
    await tx(tables.requests).insert({
      ...toContentColumns(tx, request),
      project_ref: request.projectRef,
      number,
      thread_id: request.threadId,
      subject: request.subject,
      ...toMarkColumns(request),
      last_activity_at: dbNow(tx),
      comment_count: 0,
    });
    return number;
  }

  /** @returns the comment's id */
  async insertComment(
    tx: Tx,
    requestId: string,
    fields: RequestFields,
  ): Promise<string> {
    const columns = toContentColumns(tx, fields);
    await tx(tables.requestComments).insert({
      ...columns,
      request_id: requestId,
    });
    await tx<DbRequestRow>(tables.requests)
      .where({ id: requestId })
      .update({
        comment_count: tx.raw('?? + 1', ['comment_count']),
        last_activity_at: dbNow(tx),
      } as {});
    return columns.id;
  }

  /** The requests of a project, latest activity first. */
  async list(
    projectRef: string,
    page: PageQuery,
  ): Promise<Page<RequestSummary>> {
    const query = this.#db(tables.requests)
      .where({ project_ref: projectRef })
      .select(
        'id',
        'number',
        'subject',
        'sender_name',
        'sender_address',
        'comment_count',
        'created_at',
        'last_activity_at',
        'request_type',
        'priority',
        'labels',
        // The rest of the text stays in the database.
        this.#db.raw('substr(??, 1, ?) AS ??', [
          'text',
          EXCERPT_SOURCE_LENGTH,
          'text_start',
        ]),
      );
    return readPage<DbRequestSummaryRow, RequestSummary>(query, {
      page,
      order: ['last_activity_at', 'id'],
      direction: 'desc',
      toItem: toSummary,
    });
  }

  /** @throws NotFoundError */
  async getByNumber(projectRef: string, number: number): Promise<Request> {
    return toRequest(await this.#getRow(projectRef, number));
  }

  /** The comments on a request, oldest first. @throws NotFoundError */
  async listComments(
    projectRef: string,
    number: number,
    page: PageQuery,
  ): Promise<Page<RequestComment>> {
    const { id } = await this.#getRow(projectRef, number, 'id');
    return readPage<DbRequestCommentRow, RequestComment>(
      this.#db(tables.requestComments).where({ request_id: id }),
      {
        page: { ...page, limit: Math.min(page.limit, MAX_COMMENTS_PER_PAGE) },
        order: ['seq'],
        direction: 'asc',
        toItem: toContent,
      },
    );
  }

  async #getRow(
    projectRef: string,
    number: number,
    ...columns: (keyof DbRequestRow)[]
  ): Promise<DbRequestRow> {
    const row: DbRequestRow | undefined = await this.#db(tables.requests)
      .where({ project_ref: projectRef, number })
      .first(columns.length > 0 ? columns : '*');
    if (!row) {
      throw new NotFoundError(`There is no request ${number} in ${projectRef}`);
    }
    return row;
  }
}

type DbRequestSummaryRow = Pick<
  DbRequestRow,
  | 'id'
  | 'number'
  | 'subject'
  | 'sender_name'
  | 'sender_address'
  | 'comment_count'
  | 'created_at'
  | 'last_activity_at'
  | 'request_type'
  | 'priority'
  | 'labels'
> & { text_start: string };

// The counter's row stays locked until the transaction ends: numbers have no
// gaps, and two requests of a project are made one after the other.
async function nextNumber(tx: Tx, projectRef: string): Promise<number> {
  const [row] = await tx<DbRequestCounterRow>(tables.requestCounters)
    .insert({ project_ref: projectRef, last_number: 1 })
    .onConflict('project_ref')
    .merge({
      last_number: tx.raw('?? + 1', [`${tables.requestCounters}.last_number`]),
    } as {})
    .returning('last_number');
  return row.last_number;
}

function toContentColumns(tx: Tx, fields: RequestFields) {
  return {
    id: randomUUID(),
    message_id: fields.messageId,
    sender_name: fields.senderName ?? null,
    sender_address: fields.senderAddress ?? null,
    text: fields.text,
    html: fields.html ?? null,
    attachments: JSON.stringify(fields.attachments),
    sent_at: fields.sentAt.getTime(),
    created_at: dbNow(tx),
  };
}

function toMarkColumns(marks: RequestMarks) {
  return {
    request_type: marks.requestType ?? null,
    priority: marks.priority ?? null,
    labels: JSON.stringify(marks.labels),
  };
}

function toMarks(
  row: Pick<DbRequestRow, 'request_type' | 'priority' | 'labels'>,
) {
  return {
    requestType: row.request_type ?? undefined,
    priority:
      row.priority === null
        ? undefined
        : requestPrioritySchema.parse(row.priority),
    labels: fromJson(z.array(z.string()), row.labels ?? '[]'),
  };
}

function toSender(row: {
  sender_name: string | null;
  sender_address: string | null;
}) {
  return {
    name: row.sender_name ?? undefined,
    address: row.sender_address ?? undefined,
  };
}

function toSummary(row: DbRequestSummaryRow): RequestSummary {
  return {
    id: row.id,
    number: row.number,
    subject: row.subject,
    sender: toSender(row),
    excerpt: excerptOf(row.text_start),
    ...toMarks(row),
    commentCount: row.comment_count,
    createdAt: fromDbTimeToIso(row.created_at),
    lastActivityAt: fromDbTimeToIso(row.last_activity_at),
  };
}

function toContent(row: DbRequestRow | DbRequestCommentRow): RequestComment {
  return {
    id: row.id,
    sender: toSender(row),
    sentAt: fromDbTimeToIso(row.sent_at),
    createdAt: fromDbTimeToIso(row.created_at),
    text: row.text,
    html: row.html ?? undefined,
    attachments: fromJson(z.array(attachmentSummarySchema), row.attachments),
    messageId: row.message_id,
  };
}

function toRequest(row: DbRequestRow): Request {
  return {
    ...toContent(row),
    projectRef: row.project_ref,
    number: row.number,
    subject: row.subject,
    ...toMarks(row),
    commentCount: row.comment_count,
    lastActivityAt: fromDbTimeToIso(row.last_activity_at),
  };
}
