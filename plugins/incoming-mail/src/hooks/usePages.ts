// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import type { Page } from '@postroom/plugin-incoming-mail-common';
import { appendPage, mergeFirstPage } from '../api/mergeFirstPage';
import { ActionState, useAction } from './useAction';
import { Loaded, useLoaded } from './useLoaded';

/** A list with its newest rows first, of which more can be shown. */
export interface Pages<T> {
  /** The rows shown so far. */
  readonly list: Loaded<readonly T[]>;
  /** Reads the next page; absent when all rows are shown. */
  readonly showMore?: () => void;
  readonly showingMore: ActionState<void>;
}

/** How many rows a page of a log or list has. */
export const PAGE_SIZE = 25;

/**
 * Reads a list page by page. A refresh reads the first page again and keeps
 * the pages below it open.
 */
export function usePages<T extends { id: string }>(
  readPage: (
    cursor: string | undefined,
    signal?: AbortSignal,
  ) => Promise<Page<T>>,
  key: string,
  options?: { refreshMs?: number },
): Pages<T> {
  const first = useLoaded(signal => readPage(undefined, signal), key, options);
  const [held, setHeld] = useState<{ key: string; page: Page<T> }>();
  const firstPage = first.status === 'ready' ? first.value : undefined;

  useEffect(() => {
    if (firstPage) {
      setHeld(before => ({
        key,
        page: mergeFirstPage(
          before?.key === key ? before.page : undefined,
          firstPage,
        ),
      }));
    }
  }, [key, firstPage]);

  const page = held?.key === key ? held.page : undefined;
  const [showingMore, readMore] = useAction(async (cursor: string) => {
    const next = await readPage(cursor);
    setHeld(before =>
      before?.key === key
        ? { key, page: appendPage(before.page, next) }
        : before,
    );
  });

  const cursor = page?.nextCursor;
  return {
    list: listOf(first, page),
    showMore: cursor === undefined ? undefined : () => readMore(cursor),
    showingMore,
  };
}

function listOf<T>(
  first: Loaded<Page<T>>,
  page: Page<T> | undefined,
): Loaded<readonly T[]> {
  if (first.status !== 'ready') {
    return first;
  }
  // Between the first answer and the effect that holds it.
  const items = (page ?? first.value).items;
  return { ...first, value: items };
}
