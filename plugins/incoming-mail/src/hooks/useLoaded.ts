// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useRef, useState } from 'react';

/** What a page knows of something that it reads from the backend. */
export type Loadable<T> =
  | { status: 'loading' }
  | { status: 'failed'; error: Error }
  | {
      status: 'ready';
      value: T;
      /** Set while the last refresh failed and `value` is from before. */
      refreshError?: Error;
    };

/** Something read from the backend, and the way to read it again. */
export type Loaded<T> = Loadable<T> & { reload: () => void };

/** How often a view that people leave open reads itself again. */
export const LIVE_REFRESH_MS = 5_000;

// A backend that is down is asked less and less often, but never given up.
const MAX_REFRESH_MS = 60_000;

/**
 * Reads something when the component appears, when `key` changes and on
 * `reload`. With `refreshMs` it is read again for as long as the page is
 * visible: one read at a time, none while hidden, further apart after
 * failures. A change of `version` reads it again as well; unlike another `key`
 * it keeps what is shown meanwhile, as a failed refresh does.
 */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  key: string,
  options: { refreshMs?: number; version?: number } = {},
): Loaded<T> {
  const { refreshMs, version } = options;
  const [held, setHeld] = useState<{ key: string; state: Loadable<T> }>();
  const [turn, setTurn] = useState(0);
  const loadRef = useRef(load);
  loadRef.current = load;

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let reading = false;
    let delayMs = refreshMs;

    function schedule() {
      if (delayMs !== undefined && !document.hidden) {
        timer = setTimeout(read, delayMs);
      }
    }
    async function read() {
      reading = true;
      clearTimeout(timer);
      try {
        const value = await loadRef.current(signal);
        if (signal.aborted) {
          return;
        }
        delayMs = refreshMs;
        setHeld({ key, state: { status: 'ready', value } });
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        delayMs = delayMs && Math.min(delayMs * 2, MAX_REFRESH_MS);
        setHeld(before => afterFailure(before, key, asError(error)));
      }
      reading = false;
      schedule();
    }
    function onVisibility() {
      clearTimeout(timer);
      if (!document.hidden && !reading && refreshMs !== undefined) {
        read();
      }
    }

    document.addEventListener('visibilitychange', onVisibility);
    read();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [key, refreshMs, version, turn]);

  const reload = useCallback(() => {
    // A failure gives way to the loading state; what is shown stays shown.
    setHeld(before => (before?.state.status === 'ready' ? before : undefined));
    setTurn(count => count + 1);
  }, []);

  const state: Loadable<T> =
    held?.key === key ? held.state : { status: 'loading' };
  return { ...state, reload };
}

function afterFailure<T>(
  before: { key: string; state: Loadable<T> } | undefined,
  key: string,
  error: Error,
): { key: string; state: Loadable<T> } {
  return before?.key === key && before.state.status === 'ready'
    ? { key, state: { ...before.state, refreshError: error } }
    : { key, state: { status: 'failed', error } };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
