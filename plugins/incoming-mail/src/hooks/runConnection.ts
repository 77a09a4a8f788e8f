// SPDX-License-Identifier: Apache-2.0
import type { IncomingMailApi } from '../api/incomingMailApiRef';
import type { AuthorizeState } from './AuthorizeState';
import { failedWith } from './runConsent';
import type { Project } from './useProject';

/** What {@link runConnection} needs. */
export interface RunConnectionOptions {
  api: IncomingMailApi;
  project: Project;
  /** What has to be saved before. */
  prepare: () => Promise<void>;
  onState: (state: AuthorizeState) => void;
  /** Stops waiting; the backend itself goes on. */
  signal: AbortSignal;
}

/**
 * Connects a mailbox that the application reads in its own name: no window,
 * nobody to wait for, and the answer is the end.
 */
export async function runConnection(
  options: RunConnectionOptions,
): Promise<void> {
  const { api, project, signal } = options;
  const show = (state: AuthorizeState) => {
    if (!signal.aborted) {
      options.onState(state);
    }
  };
  show({ status: 'connecting' });
  try {
    await options.prepare();
    show(await api.call('connectChannel', { params: project }, { signal }));
  } catch (error) {
    show(failedWith(error));
  }
}
