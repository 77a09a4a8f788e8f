// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** The most rows that one page may have. @public */
export const MAX_PAGE_SIZE = 100;

/**
 * Query parameters of a list: `limit` rows after `cursor`, which is what the
 * page before gave and means nothing to the caller.
 *
 * @public
 */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_SIZE).default(50),
  cursor: z.string().min(1).max(500).optional(),
});

/** See {@link pageQuerySchema}. @public */
export type PageQuery = z.infer<typeof pageQuerySchema>;

/** One page of a list; `nextCursor` is absent on the last one. @public */
export type Page<T> = { items: T[]; nextCursor?: string };

/** The schema of a page of `item`. @public */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().optional(),
  });
}
