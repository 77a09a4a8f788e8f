// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import {
  HandlerDescription,
  IntegrationChoice,
  MAX_PAGE_SIZE,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { readEveryPage } from '../../api/readEveryPage';
import { Loaded, useLoaded } from '../../hooks/useLoaded';

/** What a mail server may choose from. */
export interface MailServerChoices {
  readonly integrations: readonly IntegrationChoice[];
  readonly handlers: readonly HandlerDescription[];
}

/** Reads what a mail server may choose from. */
export function useMailServerChoices(): Loaded<MailServerChoices> {
  const api = useApi(incomingMailApiRef);
  return useLoaded(async signal => {
    const [integrations, handlers] = await Promise.all([
      readEveryPage(cursor =>
        api.call(
          'listMailServerIntegrations',
          { query: { limit: MAX_PAGE_SIZE, cursor } },
          { signal },
        ),
      ),
      api.call('listHandlers', {}, { signal }),
    ]);
    return { integrations: integrations.items, handlers: handlers.items };
  }, 'mail-server-choices');
}
