// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useRef, useState } from 'react';

/** How far something is that a person asked for. */
export type ActionState<R> =
  | { status: 'idle' }
  | { status: 'busy' }
  | { status: 'failed'; error: Error }
  | { status: 'done'; value: R };

/**
 * Runs `work` when asked, once at a time: a second click while it is busy does
 * nothing. `reset` forgets how the last one ended.
 */
export function useAction<A extends unknown[], R>(
  work: (...args: A) => Promise<R>,
): [
  state: ActionState<R>,
  run: (...args: A) => Promise<void>,
  reset: () => void,
] {
  const [state, setState] = useState<ActionState<R>>({ status: 'idle' });
  const workRef = useRef(work);
  workRef.current = work;
  const busyRef = useRef(false);
  const goneRef = useRef(false);

  useEffect(() => {
    goneRef.current = false;
    return () => {
      goneRef.current = true;
    };
  }, []);

  const run = useCallback(async (...args: A) => {
    if (busyRef.current) {
      return;
    }
    busyRef.current = true;
    setState({ status: 'busy' });
    const end = await settle(() => workRef.current(...args));
    busyRef.current = false;
    if (!goneRef.current) {
      setState(end);
    }
  }, []);

  const reset = useCallback(() => setState({ status: 'idle' }), []);
  return [state, run, reset];
}

async function settle<R>(work: () => Promise<R>): Promise<ActionState<R>> {
  try {
    return { status: 'done', value: await work() };
  } catch (error) {
    return {
      status: 'failed',
      error: error instanceof Error ? error : new Error(String(error)),
    };
  }
}
