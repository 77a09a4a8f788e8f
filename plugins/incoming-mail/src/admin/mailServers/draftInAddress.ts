// SPDX-License-Identifier: Apache-2.0
import { useCallback } from 'react';
import { useSearchParams } from 'react-router-dom';

const DRAFT_PARAMETER = 'draft';

/** The draft that the address of the page names. */
export function useDraftId(): string | undefined {
  const [parameters] = useSearchParams();
  return parameters.get(DRAFT_PARAMETER) ?? undefined;
}

/**
 * Whether the address names this draft now: outside of rendering, for what is
 * done when an editor goes away.
 */
export function isInAddress(draftId: string): boolean {
  const parameters = new URLSearchParams(window.location.search);
  return parameters.get(DRAFT_PARAMETER) === draftId;
}

/** Has the address of the page name a draft, or none; the way back stays the same. */
export function useSetDraftId(): (draftId: string | undefined) => void {
  const [, setParameters] = useSearchParams();
  return useCallback(
    (draftId: string | undefined) =>
      setParameters(
        draftId === undefined ? {} : { [DRAFT_PARAMETER]: draftId },
        { replace: true },
      ),
    [setParameters],
  );
}

/** The path of an editor with the draft that it is to come back to. */
export function pathWithDraft(path: string, draftId: string): string {
  const [pathname] = path.split('?', 1);
  return `${pathname}?${new URLSearchParams({ [DRAFT_PARAMETER]: draftId })}`;
}
