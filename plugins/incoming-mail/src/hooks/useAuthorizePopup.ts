// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { IncomingMailApi, incomingMailApiRef } from '../api/incomingMailApiRef';
import { Connect, runConnection } from './runConnection';
import {
  AuthorizeState,
  POPUP_NAME,
  runConsent,
  StartConsent,
} from './runConsent';

export type { AuthorizeState, StartConsent } from './runConsent';
export { POPUP_NAME } from './runConsent';

/** The authorization of a mailbox, and what can be done with it. */
export interface AuthorizePopup {
  readonly state: AuthorizeState;
  /**
   * Opens the popup and starts. Must be called in a click itself: after any
   * `await` a browser blocks the window.
   */
  authorize(start: StartConsent): void;
  /** Connects a mailbox that needs nobody's consent: without a popup. */
  connect(connect: Connect): void;
  /** Gives up, here and at the backend. */
  cancel(): void;
  /** Forgets how the last one ended. */
  reset(): void;
}

interface Running {
  controller: AbortController;
  popup: Window | undefined;
  consentId?: string;
}

/**
 * All I/O of a consent; see {@link runConsent} for what is believed. When the
 * component goes away the waiting stops, but the person may still finish in
 * the popup.
 */
export function useAuthorizePopup(): AuthorizePopup {
  const api = useApi(incomingMailApiRef);
  const [state, setState] = useState<AuthorizeState>({ status: 'idle' });
  const runningRef = useRef<Running>();

  useEffect(() => () => runningRef.current?.controller.abort(), []);

  const authorize = useCallback(
    (start: StartConsent) => {
      runningRef.current?.controller.abort();
      const running: Running = {
        controller: new AbortController(),
        popup: openPopup(),
      };
      runningRef.current = running;
      runConsent({
        api,
        popup: running.popup,
        start,
        onState: next => {
          setState(next);
          if (next.status === 'succeeded' || next.status === 'cancelled') {
            running.popup?.close();
          }
        },
        onStarted: ({ consentId }) => {
          running.consentId = consentId;
        },
        signal: running.controller.signal,
      });
    },
    [api],
  );

  const connect = useCallback((work: Connect) => {
    runningRef.current?.controller.abort();
    const controller = new AbortController();
    runningRef.current = { controller, popup: undefined };
    const { signal } = controller;
    runConnection({ connect: work, onState: setState, signal });
  }, []);

  const cancel = useCallback(() => {
    const running = runningRef.current;
    if (running) {
      runningRef.current = undefined;
      running.controller.abort();
      running.popup?.close();
      cancelAtBackend(api, running.consentId);
    }
    setState({ status: 'cancelled' });
  }, [api]);

  const reset = useCallback(() => setState({ status: 'idle' }), []);

  return useMemo(
    () => ({ state, authorize, connect, cancel, reset }),
    [state, authorize, connect, cancel, reset],
  );
}

function openPopup(): Window | undefined {
  const width = 520;
  const height = 720;
  const left = Math.max(0, window.screenX + (window.outerWidth - width) / 2);
  const top = Math.max(0, window.screenY + (window.outerHeight - height) / 2);
  const features = `popup,width=${width},height=${height},left=${left},top=${top}`;
  return window.open('about:blank', POPUP_NAME, features) ?? undefined;
}

async function cancelAtBackend(
  api: IncomingMailApi,
  consentId: string | undefined,
): Promise<void> {
  if (consentId === undefined) {
    return;
  }
  try {
    await api.call('cancelConsent', { params: { consentId } });
  } catch {
    // It ended meanwhile, or ends by itself within ten minutes. The channel's
    // state, which is read afterwards, tells which.
  }
}
