// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useState } from 'react';

const DONE_FOR_MS = 3_000;

/** How the last attempt to copy ended; forgotten after a while if it worked. */
export type CopyOutcome = 'done' | 'failed' | undefined;

/** Puts a text into the clipboard when asked. */
export function useCopy(
  text: string,
): [outcome: CopyOutcome, copy: () => Promise<void>] {
  const [outcome, setOutcome] = useState<CopyOutcome>();

  useEffect(() => {
    if (outcome !== 'done') {
      return undefined;
    }
    const timer = setTimeout(() => setOutcome(undefined), DONE_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = useCallback(async () => {
    try {
      // Absent on pages that are not served over https or from localhost.
      await navigator.clipboard.writeText(text);
      setOutcome('done');
    } catch {
      setOutcome('failed');
    }
  }, [text]);

  return [outcome, copy];
}
