// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { IncomingMailApi, incomingMailApiRef } from '../api/incomingMailApiRef';
import type { AuthorizeState } from './AuthorizeState';
import { findReturnedConsent, forgetReturnedConsent } from './returnedConsent';
import { Connect, runConnection } from './runConnection';
import { resumeConsent, runConsent, StartConsent } from './runConsent';

export type { AuthorizeState } from './AuthorizeState';
export type { StartConsent } from './runConsent';

/** The name of the window, so that a second click reuses the first one's. */
const POPUP_NAME = 'incoming-mail-authorize';

/** The authorization of a mailbox, and what can be done with it. */
export interface AuthorizePopup {
  readonly state: AuthorizeState;
  /**
   * Opens the popup and starts. Must be called in a click itself: after any
   * `await` a browser blocks the window.
   */
  authorize(start: StartConsent): void;
  /** Shows the backend the code that the window shows. */
  claim(code: string): void;
  /** Connects a mailbox that needs nobody's consent: without a popup. */
  connect(connect: Connect): void;
  /** Gives up, here and at the backend. */
  cancel(): void;
  /** Forgets how the last one ended. */
  reset(): void;
}

interface Running {
  controller: AbortController;
  popup?: Window;
  consentId?: string;
}

/**
 * All I/O of a consent; see `waitForConsent` for what is believed. When the
 * component goes away the waiting stops, but the person may still finish in
 * the popup. A tab that comes back from the provider goes on where it left.
 */
export function useAuthorizePopup(): AuthorizePopup {
  const api = useApi(incomingMailApiRef);
  const [returnedId] = useState(findReturnedConsent);
  const [state, setState] = useState<AuthorizeState>({ status: 'idle' });
  const runningRef = useRef<Running>();

  const begin = useCallback((popup?: Window): Running => {
    runningRef.current?.controller.abort();
    const running = { controller: new AbortController(), popup };
    runningRef.current = running;
    return running;
  }, []);

  useEffect(() => {
    if (returnedId !== undefined) {
      forgetReturnedConsent();
      const running = begin();
      running.consentId = returnedId;
      const { signal } = running.controller;
      resumeConsent({ api, consentId: returnedId, onState: setState, signal });
    }
    return () => runningRef.current?.controller.abort();
  }, [api, begin, returnedId]);

  const authorize = useCallback(
    (start: StartConsent) => {
      const running = begin(openPopup());
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
    [api, begin],
  );

  const claim = useCallback(
    (code: string) => {
      const running = runningRef.current;
      if (running?.consentId !== undefined) {
        setState({ status: 'unclaimed', claiming: true });
        claimAtBackend(api, running.consentId, code).then(next => {
          // The end itself is told by who waits for it.
          if (next && !running.controller.signal.aborted) {
            setState(next);
          }
        });
      }
    },
    [api],
  );

  const connect = useCallback(
    (work: Connect) => {
      const { signal } = begin().controller;
      runConnection({ connect: work, onState: setState, signal });
    },
    [begin],
  );

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
    () => ({ state, authorize, claim, connect, cancel, reset }),
    [state, authorize, claim, connect, cancel, reset],
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

/** @returns what to show where the code did not lead to an end */
async function claimAtBackend(
  api: IncomingMailApi,
  consentId: string,
  code: string,
): Promise<AuthorizeState | undefined> {
  try {
    const { status, triesLeft } = await api.call('claimConsent', {
      params: { consentId },
      body: { code },
    });
    return status === 'unclaimed'
      ? { status: 'unclaimed', claiming: false, triesLeft }
      : undefined;
  } catch {
    // Not such a code, or no answer: it can be entered again.
    return { status: 'unclaimed', claiming: false, triesLeft: undefined };
  }
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
