// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import {
  IntegrationChoice,
  MAX_PAGE_SIZE,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { EveryPage, readEveryPage } from '../api/readEveryPage';
import { Loaded, useLoaded } from './useLoaded';
import type { Project } from './useProject';

/** The integrations that a project's channel may use. */
export function useIntegrationChoices(
  project: Project,
): Loaded<EveryPage<IntegrationChoice>> {
  const api = useApi(incomingMailApiRef);
  return useLoaded(
    signal =>
      readEveryPage(cursor =>
        api.call(
          'listIntegrationChoices',
          { params: project, query: { limit: MAX_PAGE_SIZE, cursor } },
          { signal },
        ),
      ),
    JSON.stringify(['choices', project]),
  );
}
