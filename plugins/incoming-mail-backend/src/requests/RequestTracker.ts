// SPDX-License-Identifier: Apache-2.0
import { HandlerSettings } from '@postroom/plugin-incoming-mail-common';
import {
  HandlerContext,
  HandlerMailbox,
  HandlerOutcome,
  IncomingMessage,
  MailHandler,
} from '@postroom/plugin-incoming-mail-node';
import { timeOrderedId } from '../database';
import { toRequestFields } from './requestFields';
import { FoundRequest, MadeOfMessage, RequestStore } from './RequestStore';
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
  readonly sharesTransaction = true;
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
    context: TrackerContext,
  ): Promise<HandlerOutcome> {
    const [outcome] = await this.handleTogether([{ message, context }]);
    return outcome;
  }

  async handleTogether(
    calls: readonly TrackerCall[],
  ): Promise<HandlerOutcome[]> {
    const [{ context }] = calls;
    const { tx, settings } = context;
    const { projectRef } = settings;
    const messageIds = calls.map(({ message }) => message.id);
    const threadIds = calls.map(call => call.context.thread.id);
    const made = await this.#store.findByMessages(tx, projectRef, messageIds);
    const known = await this.#store.findByThreads(tx, projectRef, threadIds);
    const plans = this.#plan(calls, { made, known });

    const created = plans.filter(plan => plan.kind === 'create');
    if (created.length > 0) {
      const first = await this.#store.takeNumbers(
        tx,
        projectRef,
        created.length,
      );
      created.forEach((plan, index) => {
        plan.request.number = first + index;
      });
    }
    await this.#store.insertRequests(
      tx,
      created.map(({ request, message, threadId }) => ({
        ...toRequestFields(message),
        ...settings,
        ...request,
        threadId,
        subject: message.subject,
      })),
    );
    await this.#store.insertComments(
      tx,
      plans
        .filter(plan => plan.kind === 'comment')
        .map(({ id, request, message }) => ({
          ...toRequestFields(message),
          id,
          requestId: request.id,
        })),
    );
    return plans.map(toOutcome);
  }

  /** Decides in the order of the calls; later ones see what earlier ones make. */
  #plan(
    calls: readonly TrackerCall[],
    {
      made,
      known,
    }: {
      made: ReadonlyMap<string, MadeOfMessage>;
      known: ReadonlyMap<string, FoundRequest>;
    },
  ): Plan[] {
    const byThread = new Map<string, FoundRequest>(known);
    return calls.map(({ message, context: { thread } }): Plan => {
      const before = made.get(message.id);
      if (before) {
        return { kind: 'known', made: before };
      }
      const request = byThread.get(thread.id);
      if (request && this.#mode !== 'create-only') {
        return { kind: 'comment', id: timeOrderedId(), request, message };
      }
      if (this.#mode === 'comment-only') {
        return { kind: 'ignore' };
      }
      const begun = { id: timeOrderedId(), number: 0 };
      if (!request) {
        byThread.set(thread.id, begun);
      }
      // The first request of a conversation is the one that comments go to;
      // another one has a conversation of its own.
      const threadId = request ? message.id : thread.id;
      return { kind: 'create', request: begun, threadId, message };
    });
  }
}

type TrackerContext = Pick<
  HandlerContext<TrackerSettings>,
  'tx' | 'thread' | 'settings'
>;

interface TrackerCall {
  readonly message: IncomingMessage;
  readonly context: TrackerContext;
}

/** What is to become of a mail. */
type Plan =
  | { readonly kind: 'known'; readonly made: MadeOfMessage }
  | { readonly kind: 'ignore' }
  | {
      readonly kind: 'comment';
      readonly id: string;
      /** Also one that is made of a mail before it. */
      readonly request: FoundRequest;
      readonly message: IncomingMessage;
    }
  | {
      readonly kind: 'create';
      /** Its number is known once all are. */
      readonly request: { readonly id: string; number: number };
      readonly threadId: string;
      readonly message: IncomingMessage;
    };

function toOutcome(plan: Plan): HandlerOutcome {
  switch (plan.kind) {
    case 'known':
      return {
        kind: plan.made.commentId === undefined ? 'created' : 'commented',
        target: toTarget(plan.made),
      };
    case 'comment': {
      const { number } = plan.request;
      return {
        kind: 'commented',
        target: toTarget({ number, commentId: plan.id }),
      };
    }
    case 'create':
      return { kind: 'created', target: toTarget(plan.request) };
    default:
      return {
        kind: 'ignored',
        reason: 'It does not answer any request of the project',
      };
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
