// SPDX-License-Identifier: Apache-2.0
import { isError } from '@backstage/errors';
import {
  endpoints,
  integrationReadPermission,
  mailServerReadPermission,
  mailServerRunPermission,
  messageRunPermission,
} from '@postroom/plugin-incoming-mail-common';
import {
  Authorizer,
  MountEndpoint,
  projectRefOf,
  RunLimit,
  whoMay,
} from '../http';
import { HandlerRegistry } from './handle/HandlerRegistry';
import { MessageRuns } from './MessageRuns';

// A dry run reads a mail and calls handlers, while a transaction is open.
const DRY_RUNS_PER_MINUTE = 20;

/** What the routes need. */
export interface ProcessingRoutesOptions {
  readonly authorizer: Authorizer;
  readonly registry: HandlerRegistry;
  readonly runs: MessageRuns;
  /** @throws NotFoundError where the project has no channel */
  mailboxIdOf(projectRef: string): Promise<string>;
  /** @throws NotFoundError where there is no such mail server */
  expectMailServer(mailServerId: string): Promise<void>;
}

/** Mounts the list of handlers, and what people do with single mails. */
export function mountProcessingRoutes(
  mount: MountEndpoint,
  options: ProcessingRoutesOptions,
) {
  const { authorizer, registry, runs, mailboxIdOf, expectMailServer } = options;
  const dryRuns = new RunLimit({ max: DRY_RUNS_PER_MINUTE, windowMs: 60_000 });

  mount(endpoints.listHandlers, {
    authorize: async ({ credentials }) => {
      try {
        await authorizer.global(credentials, mailServerReadPermission);
      } catch (error) {
        if (!isError(error) || error.name !== 'NotAllowedError') {
          throw error;
        }
        await authorizer.global(credentials, integrationReadPermission);
      }
    },
    audit: { none: 'reads what is installed' },
    handle: async () => ({ items: registry.describe() }),
  });

  mount(endpoints.dryRunMessage, {
    authorize: whoMay(authorizer, messageRunPermission),
    audit: {
      event: 'message-dry-run',
      severity: 'low',
      meta: input => ({
        projectRef: projectRefOf(input.params),
        messageId: input.params.messageId,
      }),
    },
    handle: async ({ input, userRef }) => {
      dryRuns.take(userRef);
      const mailboxId = await mailboxIdOf(projectRefOf(input.params));
      return runs.dryRun(mailboxId, input.params.messageId);
    },
  });

  mount(endpoints.runMessage, {
    authorize: whoMay(authorizer, messageRunPermission),
    audit: {
      event: 'message-run',
      severity: 'medium',
      meta: input => ({
        projectRef: projectRefOf(input.params),
        messageId: input.params.messageId,
      }),
    },
    handle: async ({ input }) => {
      const mailboxId = await mailboxIdOf(projectRefOf(input.params));
      return runs.runAgain(mailboxId, input.params.messageId);
    },
  });

  mount(endpoints.dryRunMailServerMessage, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, mailServerRunPermission),
    audit: {
      event: 'message-dry-run',
      severity: 'low',
      meta: ({ params }) => ({ ...params }),
    },
    handle: async ({ input, userRef }) => {
      const { mailServerId, messageId } = input.params;
      dryRuns.take(userRef);
      await expectMailServer(mailServerId);
      return runs.dryRun(mailServerId, messageId);
    },
  });

  mount(endpoints.runMailServerMessage, {
    authorize: ({ credentials }) =>
      authorizer.global(credentials, mailServerRunPermission),
    audit: {
      event: 'message-run',
      severity: 'medium',
      meta: ({ params }) => ({ ...params }),
    },
    handle: async ({ input }) => {
      const { mailServerId, messageId } = input.params;
      await expectMailServer(mailServerId);
      return runs.runAgain(mailServerId, messageId);
    },
  });
}
