// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * Something that is true of the database at any moment, also while work is
 * under way, and whether it is.
 *
 * @public
 */
export const invariantSchema = z.object({
  /** kebab-case, and lasts: alerts may name it. */
  name: z.string(),
  /** What is to be true, in a sentence. */
  words: z.string(),
  /** How many records it is not true of; 0 is well. */
  violations: z.number().int(),
  /** Ids of such records, at most ten. */
  examples: z.array(z.string()),
});

/** See {@link invariantSchema}. @public */
export type Invariant = z.infer<typeof invariantSchema>;

/**
 * All invariants, each of which was looked at by a statement of its own.
 *
 * @public
 */
export const invariantReportSchema = z.object({
  /** Whether nothing violates any of them. */
  ok: z.boolean(),
  invariants: z.array(invariantSchema),
});

/** See {@link invariantReportSchema}. @public */
export type InvariantReport = z.infer<typeof invariantReportSchema>;
