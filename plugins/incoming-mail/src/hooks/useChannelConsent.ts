// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import type { Connect } from './runConnection';
import type { StartConsent } from './runConsent';
import type { Project } from './useProject';

/** How access to the mailbox of a project's channel is come by. */
export interface ChannelConsent {
  /** Starts its owner's consent, with the settings stored then. */
  readonly start: StartConsent;
  /** Connects what the application reads in its own name. */
  readonly connect: Connect;
}

/** See {@link ChannelConsent}. */
export function useChannelConsent(project: Project): ChannelConsent {
  const api = useApi(incomingMailApiRef);
  return useMemo(
    () => ({
      start: (body, options) =>
        api.call('startConsent', { params: project, body }, options),
      connect: options =>
        api.call('connectChannel', { params: project }, options),
    }),
    [api, project],
  );
}
