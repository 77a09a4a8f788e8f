// SPDX-License-Identifier: Apache-2.0
import type { Page } from '@postroom/plugin-incoming-mail-common';

/** All of a list, or as much of it as is shown at most. */
export interface EveryPage<T> {
  readonly items: readonly T[];
  /** Whether there is more than was read. */
  readonly truncated: boolean;
}

// 1,000 rows at the largest page size.
const MAX_PAGES = 10;

/**
 * Reads a list to its end, page after page, for lists that are shown whole.
 * Stops after ten pages.
 */
export async function readEveryPage<T>(
  readPage: (cursor: string | undefined) => Promise<Page<T>>,
): Promise<EveryPage<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < MAX_PAGES; count++) {
    const page = await readPage(cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) {
      return { items, truncated: false };
    }
  }
  return { items, truncated: true };
}
