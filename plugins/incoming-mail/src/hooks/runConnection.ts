// SPDX-License-Identifier: Apache-2.0
import type { Connection } from '@postroom/plugin-incoming-mail-common';
import type { AuthorizeState } from './AuthorizeState';
import { failedWith } from './runConsent';

/**
 * Connects a mailbox at the backend, after whatever has to be stored before
 * it.
 */
export type Connect = (options: { signal: AbortSignal }) => Promise<Connection>;

/** What {@link runConnection} needs. */
export interface RunConnectionOptions {
  connect: Connect;
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
  const { connect, signal } = options;
  const show = (state: AuthorizeState) => {
    if (!signal.aborted) {
      options.onState(state);
    }
  };
  show({ status: 'connecting' });
  try {
    show(await connect({ signal }));
  } catch (error) {
    show(failedWith(error));
  }
}
