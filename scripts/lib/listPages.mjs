// SPDX-License-Identifier: Apache-2.0

/**
 * All rows of a list of the plugin, over all its pages.
 *
 * @param {(path: string) => Promise<{ items: object[], nextCursor?: string }>} get
 * @param {string} path - of the list, without a query
 */
export async function listPages(get, path) {
  const items = [];
  let cursor;
  do {
    const query = new URLSearchParams({
      limit: '100',
      ...(cursor && { cursor }),
    });
    const page = await get(`${path}?${query}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}
