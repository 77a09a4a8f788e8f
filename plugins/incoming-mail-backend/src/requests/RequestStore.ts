// SPDX-License-Identifier: Apache-2.0
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
  forUpdate,
  fromDbTimeToIso,
  fromJson,
  insertRows,
  readPage,
  rowsByKeys,
  rowsOfRaw,
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

/** What a mail was made into: a request, or a comment on one. */
export interface MadeOfMessage {
  readonly number: number;
  readonly commentId?: string;
}

/** A request to be inserted. */
export interface NewRequest extends RequestFields, RequestMarks {
  readonly id: string;
  readonly projectRef: string;
  /** From {@link RequestStore.takeNumbers}. */
  readonly number: number;
  readonly threadId: string;
  readonly subject: string;
}

/** A comment to be inserted. */
export interface NewComment extends RequestFields {
  readonly id: string;
  readonly requestId: string;
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

  /** What mails were made into in a project, by their ids. */
  async findByMessages(
    tx: Tx,
    projectRef: string,
    messageIds: readonly string[],
  ): Promise<ReadonlyMap<string, MadeOfMessage>> {
    const requests = await rowsByKeys<
      Pick<DbRequestRow, 'message_id' | 'number'>
    >(tx, {
      table: tables.requests,
      column: 'message_id',
      keys: messageIds,
      where: { project_ref: projectRef },
      select: ['message_id', 'number'],
    });
    const comments = await this.#findCommentsByMessages(
      tx,
      projectRef,
      messageIds,
    );
    const made = new Map<string, MadeOfMessage>();
    for (const { messageId, number, commentId } of comments) {
      made.set(messageId, { number, commentId });
    }
    for (const row of requests) {
      made.set(row.message_id, { number: row.number });
    }
    return made;
  }

  async #findCommentsByMessages(
    tx: Tx,
    projectRef: string,
    messageIds: readonly string[],
  ) {
    const comments = await rowsByKeys<
      Pick<DbRequestCommentRow, 'id' | 'message_id' | 'request_id'>
    >(tx, {
      table: tables.requestComments,
      column: 'message_id',
      keys: messageIds,
      select: ['id', 'message_id', 'request_id'],
    });
    const requests = await rowsByKeys<Pick<DbRequestRow, 'id' | 'number'>>(tx, {
      table: tables.requests,
      column: 'id',
      keys: comments.map(row => row.request_id),
      where: { project_ref: projectRef },
      select: ['id', 'number'],
    });
    const numbers = new Map(requests.map(({ id, number }) => [id, number]));
    return comments.flatMap(row => {
      const number = numbers.get(row.request_id);
      return number === undefined
        ? []
        : [{ messageId: row.message_id, number, commentId: row.id }];
    });
  }

  /** The requests that conversations have in a project, by their ids. */
  async findByThreads(
    tx: Tx,
    projectRef: string,
    threadIds: readonly string[],
  ): Promise<ReadonlyMap<string, FoundRequest>> {
    const rows = await rowsByKeys<
      Pick<DbRequestRow, 'id' | 'number' | 'thread_id'>
    >(tx, {
      table: tables.requests,
      column: 'thread_id',
      keys: threadIds,
      where: { project_ref: projectRef },
      select: ['id', 'number', 'thread_id'],
    });
    return new Map(
      rows.map(({ id, number, thread_id }) => [thread_id, { id, number }]),
    );
  }

  /**
   * Takes numbers of a project for requests that are inserted in the same
   * transaction. The counter's row stays locked until it ends: numbers have no
   * gaps, and those who make requests of a project wait for each other.
   *
   * @returns the first of them
   */
  async takeNumbers(
    tx: Tx,
    projectRef: string,
    count: number,
  ): Promise<number> {
    const [row] = await tx<DbRequestCounterRow>(tables.requestCounters)
      .insert({ project_ref: projectRef, last_number: count })
      .onConflict('project_ref')
      .merge({
        last_number: tx.raw('?? + ?', [
          `${tables.requestCounters}.last_number`,
          count,
        ]),
      } as {})
      .returning('last_number');
    return row.last_number - count + 1;
  }

  async insertRequests(tx: Tx, requests: readonly NewRequest[]): Promise<void> {
    const now = dbNow(tx);
    await insertRows(
      tx,
      tables.requests,
      requests.map(request => ({
        ...toContentColumns(now, request),
        project_ref: request.projectRef,
        number: request.number,
        thread_id: request.threadId,
        subject: request.subject,
        ...toMarkColumns(request),
        last_activity_at: now,
        comment_count: 0,
      })),
    );
  }

  /** Adds comments, in their order, to requests that are there. */
  async insertComments(tx: Tx, comments: readonly NewComment[]): Promise<void> {
    if (comments.length === 0) {
      return;
    }
    const now = dbNow(tx);
    await insertRows(
      tx,
      tables.requestComments,
      comments.map(comment => ({
        ...toContentColumns(now, comment),
        request_id: comment.requestId,
      })),
    );
    await this.#countComments(tx, now, comments);
  }

  async #countComments(
    tx: Tx,
    now: Knex.Raw,
    comments: readonly NewComment[],
  ): Promise<void> {
    const counts = new Map<string, number>();
    for (const { requestId } of comments) {
      counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
    }
    const ids = [...counts.keys()];
    // In one order, so that two transactions never wait for each other.
    const locked = forUpdate(
      tx,
      tx(tables.requests).whereIn('id', ids).orderBy('id').select('id'),
    );
    const values = ids.map(() => '(?, CAST(? AS INTEGER))');
    // Both engines call the columns of VALUES column1, column2, …; knex puts a
    // query that is bound into parentheses.
    await rowsOfRaw(
      tx,
      `WITH locked AS ?
       UPDATE ${tables.requests}
       SET comment_count = comment_count + counted.column2, last_activity_at = ?
       FROM (VALUES ${values.join(', ')}) AS counted
       WHERE id = counted.column1 AND id IN (SELECT id FROM locked)`,
      [locked, now, ...[...counts].flat()],
    );
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

function toContentColumns(
  now: Knex.Raw,
  fields: RequestFields & { id: string },
) {
  return {
    id: fields.id,
    message_id: fields.messageId,
    sender_name: fields.senderName ?? null,
    sender_address: fields.senderAddress ?? null,
    text: fields.text,
    html: fields.html ?? null,
    attachments: JSON.stringify(fields.attachments),
    sent_at: fields.sentAt.getTime(),
    created_at: now,
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
