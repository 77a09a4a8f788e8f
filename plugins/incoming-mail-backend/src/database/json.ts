// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * Reads a JSON column. What does not fit the schema was not written by this
 * version of the plugin and fails loudly.
 */
export function fromJson<T extends z.ZodType>(
  schema: T,
  value: string,
): z.output<T> {
  return schema.parse(JSON.parse(value));
}
