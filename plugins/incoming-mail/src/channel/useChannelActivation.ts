// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import type { Activation } from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { ActionState, useAction } from '../hooks/useAction';
import type { Project } from '../hooks/useProject';

/** The first sign-in with a channel's password, after which it is read. */
export interface ChannelActivation {
  readonly state: ActionState<Activation>;
  /** Whether it ended well. */
  readonly succeeded: boolean;
  activate(): void;
  reset(): void;
}

/** See {@link ChannelActivation}. */
export function useChannelActivation(
  project: Project,
  onChanged: () => void,
): ChannelActivation {
  const api = useApi(incomingMailApiRef);
  const [state, activate, reset] = useAction(async () => {
    try {
      return await api.call('activateChannel', { params: project });
    } finally {
      // A refused password is told by the channel's state as well.
      onChanged();
    }
  });
  const succeeded = state.status === 'done' && state.value.report.ok;
  return { state, succeeded, activate, reset };
}
