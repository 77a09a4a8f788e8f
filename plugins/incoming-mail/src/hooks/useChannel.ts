// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
import { kindOfError } from '../api/errorKind';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { Loaded, LIVE_REFRESH_MS, useLoaded } from './useLoaded';
import type { Project } from './useProject';

/**
 * A project's channel, kept up to date while the page is visible. Its value is
 * `undefined` where the project has none, which is no failure.
 */
export function useChannel(project: Project): Loaded<Channel | undefined> {
  const api = useApi(incomingMailApiRef);
  return useLoaded(
    async signal => {
      try {
        return await api.call('getChannel', { params: project }, { signal });
      } catch (error) {
        // The project itself is there: this is a tab of its page.
        if (kindOfError(error) === 'missing') {
          return undefined;
        }
        throw error;
      }
    },
    JSON.stringify(['channel', project]),
    { refreshMs: LIVE_REFRESH_MS },
  );
}
