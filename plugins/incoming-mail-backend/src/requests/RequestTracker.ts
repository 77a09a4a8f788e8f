// SPDX-License-Identifier: Apache-2.0
import { HandlerSettings } from '@postroom/plugin-incoming-mail-common';
import {
  HandlerContext,
  HandlerMailbox,
  HandlerOutcome,
  IncomingMessage,
  MailHandler,
} from '@postroom/plugin-incoming-mail-node';
import { toRequestFields } from './requestFields';
import { FoundRequest, RequestStore } from './RequestStore';
import {
  parseTrackerSettings,
  trackerFields,
  TrackerSettings,
} from './trackerSettings';

/**
 * What becomes of a mail.
 *
 * - `create-or-comment`: a request, or a comment on the request of its
 *   conversation.
 * - `create-only`: a request, whether or not it answers something.
 * - `comment-only`: a comment on the request of its conversation, or nothing.
 */
export type TrackerMode = 'create-or-comment' | 'create-only' | 'comment-only';

const modes = {
  'create-or-comment': {
    // Stored with every channel, since before there were others.
    id: 'request-tracker',
    title: 'Create a request, or comment on one',
    description:
      'A mail becomes a request of the project; a reply to one becomes a comment on it.',
  },
  'create-only': {
    id: 'request-creator',
    title: 'Always create a request',
    description:
      'Every mail becomes a request of the project, replies as well.',
  },
  'comment-only': {
    id: 'request-commenter',
    title: 'Only comment on requests',
    description:
      'A reply becomes a comment on the request that it answers; any other mail is ignored.',
  },
} as const;

/**
 * The built-in handlers: mail becomes requests of a project and comments on
 * them.
 *
 * They write only through the transaction they are handed, so each mail takes
 * effect exactly once. Beyond that a mail is never made into two things in one
 * project: called again for one, by whatever binding, they give the target of
 * the first time.
 */
export class RequestTracker implements MailHandler<TrackerSettings> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly fields = trackerFields;
  readonly supportsDryRun = true;
  readonly #mode: TrackerMode;
  readonly #store: RequestStore;

  constructor(store: RequestStore, mode: TrackerMode = 'create-or-comment') {
    this.id = modes[mode].id;
    this.title = modes[mode].title;
    this.description = modes[mode].description;
    this.#mode = mode;
    this.#store = store;
  }

  parseSettings(
    settings: HandlerSettings,
    mailbox: Pick<HandlerMailbox, 'projectRef'>,
  ): TrackerSettings {
    return parseTrackerSettings(settings, mailbox);
  }

  async handle(
    message: IncomingMessage,
    context: Pick<
      HandlerContext<TrackerSettings>,
      'tx' | 'thread' | 'settings'
    >,
  ): Promise<HandlerOutcome> {
    const { tx, thread, settings } = context;
    const { projectRef } = settings;
    const known = await this.#store.findByMessage(tx, projectRef, message.id);
    if (known) {
      return known.commentId === undefined
        ? { kind: 'created', target: toTarget(known) }
        : { kind: 'commented', target: toTarget(known) };
    }
    const request = await this.#store.findByThread(tx, projectRef, thread.id);
    if (request && this.#mode !== 'create-only') {
      return this.#comment(message, request, context);
    }
    if (this.#mode === 'comment-only') {
      return {
        kind: 'ignored',
        reason: 'It does not answer any request of the project',
      };
    }
    const number = await this.#store.insertRequest(tx, {
      ...toRequestFields(message),
      ...settings,
      // The first request of a conversation is the one that comments go to;
      // another one has a conversation of its own.
      threadId: request ? message.id : thread.id,
      subject: message.subject,
    });
    return { kind: 'created', target: toTarget({ number }) };
  }

  async #comment(
    message: IncomingMessage,
    request: FoundRequest,
    { tx }: Pick<HandlerContext, 'tx'>,
  ): Promise<HandlerOutcome> {
    const fields = toRequestFields(message);
    const commentId = await this.#store.insertComment(tx, request.id, fields);
    const target = toTarget({ number: request.number, commentId });
    return { kind: 'commented', target };
  }
}

/** All built-in handlers, that of project channels first. */
export function createRequestTrackers(
  store: RequestStore,
): [RequestTracker, ...RequestTracker[]] {
  return [
    new RequestTracker(store),
    new RequestTracker(store, 'create-only'),
    new RequestTracker(store, 'comment-only'),
  ];
}

function toTarget(made: { number: number; commentId?: string }): string {
  const request = `request:${made.number}`;
  return made.commentId === undefined
    ? request
    : `${request}#${made.commentId}`;
}
