// SPDX-License-Identifier: Apache-2.0
import type { Page } from '@postroom/plugin-incoming-mail-common';

// A page that stays open for days starts again from the top at some point.
const MAX_SHOWN = 1_000;

/**
 * Puts a first page that was read again before what was already shown of a
 * list whose newest rows come first, so that a refresh does not close pages
 * that a person opened with *Show more*.
 *
 * Rows below the first page keep the state in which they were read.
 */
export function mergeFirstPage<T extends { id: string }>(
  shown: Page<T> | undefined,
  first: Page<T>,
): Page<T> {
  const ids = new Set(first.items.map(item => item.id));
  const older = shown?.items.filter(item => !ids.has(item.id)) ?? [];
  const touches = shown !== undefined && older.length < shown.items.length;
  if (first.nextCursor === undefined || !touches) {
    // Either this is the whole list, or so much is new that there may be rows
    // between it and what was shown.
    return first;
  }
  return older.length === 0 || older.length > MAX_SHOWN
    ? first
    : { items: [...first.items, ...older], nextCursor: shown.nextCursor };
}

/** Adds the next page below what is shown. */
export function appendPage<T extends { id: string }>(
  shown: Page<T>,
  next: Page<T>,
): Page<T> {
  const ids = new Set(shown.items.map(item => item.id));
  return {
    items: [...shown.items, ...next.items.filter(item => !ids.has(item.id))],
    nextCursor: next.nextCursor,
  };
}
