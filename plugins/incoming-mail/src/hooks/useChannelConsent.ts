// SPDX-License-Identifier: Apache-2.0
import { useCallback } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import type { StartConsent } from './runConsent';
import type { Project } from './useProject';

/** Starts the consent of a project's channel, with the settings stored then. */
export function useChannelConsent(project: Project): StartConsent {
  const api = useApi(incomingMailApiRef);
  return useCallback(
    (body, options) =>
      api.call('startConsent', { params: project, body }, options),
    [api, project],
  );
}
