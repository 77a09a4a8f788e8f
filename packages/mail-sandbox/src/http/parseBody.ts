// SPDX-License-Identifier: Apache-2.0
import type { Response } from 'express';
import { z } from 'zod';

/**
 * Checks a body or a query.
 *
 * @returns `undefined` if it is wrong; then 400 is answered already.
 */
export function parseBody<T>(
  schema: z.ZodType<T>,
  body: unknown,
  res: Response,
): T | undefined {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  res.status(400).json({ error: z.prettifyError(parsed.error) });
  return undefined;
}
