// SPDX-License-Identifier: Apache-2.0
import {
  HandlerContext,
  HandlerOutcome,
  IncomingMessage,
  MailHandler,
} from '@postroom/plugin-incoming-mail-node';
import { toRequestFields } from './requestFields';
import { RequestStore } from './RequestStore';

/**
 * The built-in handler: a mail becomes a request of the mailbox's project, a
 * reply to one becomes a comment on it.
 *
 * It writes only through the transaction it is handed, so each mail takes
 * effect exactly once. Beyond that a mail is never made into two: called again
 * for one, it gives the target of the first time.
 */
export class RequestTracker implements MailHandler {
  readonly id = 'request-tracker';
  readonly title = 'Create a request, or comment on one';
  readonly #store: RequestStore;

  constructor(store: RequestStore) {
    this.#store = store;
  }

  async handle(
    message: IncomingMessage,
    context: Pick<HandlerContext, 'tx' | 'thread'>,
  ): Promise<HandlerOutcome> {
    const { tx, thread } = context;
    const { projectRef } = message;
    if (projectRef === undefined) {
      return { kind: 'ignored', reason: 'The mailbox belongs to no project' };
    }
    const known = await this.#store.findByMessage(tx, message.id);
    if (known) {
      return known.commentId === undefined
        ? { kind: 'created', target: toTarget(known) }
        : { kind: 'commented', target: toTarget(known) };
    }
    const fields = toRequestFields(message);
    const request = await this.#store.findByThread(tx, thread.id);
    if (request) {
      const commentId = await this.#store.insertComment(tx, request.id, fields);
      const target = toTarget({ number: request.number, commentId });
      return { kind: 'commented', target };
    }
    const number = await this.#store.insertRequest(tx, {
      ...fields,
      projectRef,
      threadId: thread.id,
      subject: message.subject,
    });
    return { kind: 'created', target: toTarget({ number }) };
  }
}

function toTarget(made: { number: number; commentId?: string }): string {
  const request = `request:${made.number}`;
  return made.commentId === undefined
    ? request
    : `${request}#${made.commentId}`;
}
